"""All checks over all measures."""

from collections.abc import Sequence

import numpy as np

from volest.audit.checks.axes import check_axes
from volest.audit.checks.copies import check_copies
from volest.audit.checks.device_levels import check_device_levels
from volest.audit.checks.effective_size import check_effective_size
from volest.audit.checks.field_of_view import check_field_of_view
from volest.audit.checks.grey_levels import check_grey_levels
from volest.audit.checks.masks import check_masks
from volest.audit.checks.near_copies import check_near_copies
from volest.audit.checks.patient_count import check_patient_count
from volest.audit.checks.patient_field import check_patient_fields
from volest.audit.checks.reference_mask import check_reference_mask
from volest.audit.checks.reference_outlier import check_reference_outliers
from volest.audit.checks.reference_size import check_reference_size
from volest.audit.checks.shortcuts import check_shortcuts
from volest.audit.checks.unreadable import check_files
from volest.audit.measures import ScanMeasures
from volest.records.findings import Finding, worst_first

CHECKS = (
    check_files,
    check_field_of_view,
    check_axes,
    check_reference_size,
    check_reference_mask,
    check_reference_outliers,
    check_masks,
    check_copies,
    check_near_copies,
    check_patient_fields,
    check_grey_levels,
    check_effective_size,
)
"""Those that need the measures alone."""


def audit_measures(measures: Sequence[ScanMeasures], folds: int, rng: np.random.Generator) -> list[Finding]:
    """Every finding, worst first.

    Args:
        measures: of all scans, in the order of the manifest.
        folds: that the configuration asks for.
        rng: draws the permutations.
    """
    found = [finding for check in CHECKS for finding in check(measures)]
    found += check_device_levels(measures, rng)
    found += check_shortcuts(measures, rng)
    found += check_patient_count(measures, folds)
    return worst_first(found)
