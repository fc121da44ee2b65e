"""VOL022: references that their mask contradicts."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import MASK_DISAGREES
from volest.audit.measures import ScanMeasures
from volest.datasets.mask_volume import agrees
from volest.records.findings import Finding

NEAR_FACTOR = 0.10
"""How near a ratio must come to a known factor to be named after its mistake."""

MISTAKES = (
    (1e6, "the reference is in mm^3 and the spacing in cm, or one of both was converted twice"),
    (1000.0, "the reference is in mm^3, or the spacing is in cm where mm are written"),
    (64.0, "each spacing is 4 times too small"),
    (8.0, "each spacing is half of what it should be"),
    (4.0, "the spacing of two axes is half of what it should be"),
    (2.0, "the spacing of one axis is half of what it should be"),
    (1 / 2, "the spacing of one axis is doubled"),
    (1 / 4, "the spacing of two axes is doubled"),
    (1 / 8, "each spacing is doubled"),
    (1 / 64, "each spacing is 4 times too large"),
    (1 / 1000, "the reference is in litres, or the unit of the spacing says cm over numbers in mm"),
    (1e-6, "the unit of the spacing is off by a factor of 100"),
)
"""Reference over mask, and what makes it so: an error of the spacing enters the volume cubed."""


def check_reference_mask(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each reference that is not its mask's volume, with the likely mistake where the factor tells it.

    The reference may be that of one label of several, as `volest index --mask-label` measures it.
    """
    for scan in measures:
        mask, volume_ml = scan.mask, scan.scan.volume_ml
        if mask is None or mask.volume_ml <= 0:
            continue
        if any(agrees(volume_ml, mask_ml) for mask_ml in (mask.volume_ml, *mask.labels_ml.values())):
            continue
        ratio = volume_ml / mask.volume_ml
        mistake = likely_mistake(ratio)
        yield MASK_DISAGREES.finding(
            f"Its reference is {volume_ml:g} mL, its mask {mask.volume_ml:.4g} mL: a factor of {ratio:.4g}."
            + (f" Likely {mistake}." if mistake else ""),
            [scan.scan],
            {"reference_ml": volume_ml, "mask_ml": mask.volume_ml, "factor": ratio},
        )


def likely_mistake(ratio: float) -> str | None:
    """What turns a volume into `ratio` times itself, where that is known."""
    near = [words for factor, words in MISTAKES if abs(ratio / factor - 1) <= NEAR_FACTOR]
    return near[0] if near else None
