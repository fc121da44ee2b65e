"""VOL020, VOL021: references that do not fit into their raster."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import LARGER_THAN_FIELD, TINY_REFERENCE
from volest.audit.measures import ScanMeasures
from volest.datasets.soundness import larger_than_field
from volest.records.findings import Finding

LEAST_SHARE = 1 / 2000
"""Of the field of view: a ball that is 1/10 of the raster wide fills 1/1900 of it."""


def check_reference_size(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each reference larger than its field of view, or lost in it."""
    for scan in measures:
        facts, volume_ml = scan.facts, scan.scan.volume_ml
        if facts is None:
            continue
        share = volume_ml / facts.field_of_view_ml
        fault = larger_than_field(volume_ml, facts.field_of_view_ml, facts.shape, facts.spacing_mm)
        if fault:
            unit = " A label in mm^3 would be 1000 times too large." if share < 1000 else ""
            yield LARGER_THAN_FIELD.finding(
                f"Its {fault.sentence}.{unit}", [scan.scan], {"share_of_field_of_view": share}, fault.remedy
            )
        elif share < LEAST_SHARE:
            yield TINY_REFERENCE.finding(
                f"Its volume_ml {volume_ml:g} is 1/{1 / share:.0f} of the field of view, {facts.field_of_view_ml:.4g} "
                "mL. A label in litres would be 1000 times too small.",
                [scan.scan],
                {"share_of_field_of_view": share},
            )
