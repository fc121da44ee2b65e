"""One scan explained: two maps, where they lie, and what happens when the structure is hidden."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from volest.explanation.codes import hiding_findings, structure_findings, sum_findings, zone_findings
from volest.explanation.contribution import ContributionMap, integrated_contributions, occluded_contributions, voxel_ml
from volest.explanation.hiding import HidingTest, Region, hiding_test
from volest.explanation.told_volume import require_told
from volest.explanation.zones import ZoneShare, hot_region, share_of_mass, zones_of
from volest.geometry import CUBIC_MM_PER_ML
from volest.images.image import Image
from volest.inference.ensemble import Ensemble
from volest.progress import Progress, Silent
from volest.records.estimates import Estimate
from volest.records.findings import Finding, worst_first

MASK, HOT_REGION = "the mask", "the hottest region of the map"

DILATION_VOXELS = 2
"""Of the network's grid: so far around a mask the map still counts as on the structure, whose wall is part of it."""


@dataclass(frozen=True)
class Explanation:
    """What a volume rests on.

    Attributes:
        image: the scan.
        estimate: as `volest predict` gives it.
        integrated: integrated gradients, which add up to the difference from an empty scan.
        occluded: what is lost by hiding a window.
        zones: share of `integrated` by zone.
        region: the structure, or what is taken for it.
        named: what `region` is.
        mass_in_structure: share of `integrated` inside the mask dilated by two voxels of the grid; None without a mask.
        mass_in_structure_occluded: the same of `occluded`.
        hiding: volumes with something hidden.
    """

    image: Image
    estimate: Estimate
    integrated: ContributionMap
    occluded: ContributionMap
    zones: Mapping[str, ZoneShare]
    region: Region
    named: str
    mass_in_structure: float | None
    mass_in_structure_occluded: float | None
    hiding: HidingTest
    findings: tuple[Finding, ...]


def explain(
    ensemble: Ensemble, image: Image, mask: Region | None = None, progress: Progress | None = None
) -> Explanation:
    """Explain the volume that a run tells of a scan.

    Args:
        ensemble: networks of the run; their maps are averaged.
        image: a scan that was read and audited.
        mask: (i, j, k), where the structure lies; None takes as much of the hottest voxels as the run tells there is.
        progress: told of each network.

    Raises:
        ScanError: the run tells no volume above zero of the scan, or none of it with something hidden.
    """
    progress = progress or Silent()
    estimate = ensemble.estimate(image)
    require_told(estimate.volume_ml, "the scan", at_least_ml=0.0)
    integrated = integrated_contributions(ensemble.models, image, progress)
    region = hot_region(integrated.density, estimate.volume_ml) if mask is None else mask
    named = HOT_REGION if mask is None else MASK
    occluded = occluded_contributions(ensemble.models, image, progress)
    mass, mass_occluded = (
        None if mask is None else mass_around(made.density, mask, _step_mm(ensemble, image))
        for made in (integrated, occluded)
    )
    zones = share_of_mass(integrated.density, zones_of(image))
    hiding = hiding_test(ensemble, image, region, estimate.volume_ml)
    found = [
        *hiding_findings(hiding, named),
        *zone_findings(zones),
        *sum_findings(integrated),
        *(() if mass is None else structure_findings(mass)),
    ]
    return Explanation(
        image=image,
        estimate=estimate,
        integrated=integrated,
        occluded=occluded,
        zones=zones,
        region=region,
        named=named,
        mass_in_structure=mass,
        mass_in_structure_occluded=mass_occluded,
        hiding=hiding,
        findings=tuple(worst_first(found)),
    )


def mass_around(density: Image, mask: Region, step_mm: float) -> float:
    """Share of the absolute values of a map in a mask and up to two steps of `step_mm` around it."""
    distance_mm = ndimage.distance_transform_edt(~mask, sampling=density.spacing_mm)
    mass = np.abs(density.voxels)
    inside = mass[distance_mm <= DILATION_VOXELS * step_mm]
    return float(inside.sum(dtype=np.float64)) / (float(mass.sum(dtype=np.float64)) or 1.0)


def _step_mm(ensemble: Ensemble, image: Image) -> float:
    """Edge of a cube as large as a voxel of the first network's grid."""
    return float(np.cbrt(voxel_ml(ensemble.models[0].record.grid, image) * CUBIC_MM_PER_ML))
