"""VOL060 to VOL066: images that show nothing, or not all of it."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import CLIPPED, CONSTANT, EMPTY, FEW_LEVELS, INVERTED, NOT_FINITE, SATURATED
from volest.audit.intensity import IntensityMeasures
from volest.audit.measures import ScanMeasures
from volest.datasets.soundness import constant, not_finite
from volest.records.findings import Finding
from volest.records.manifest import Scan

MOST_HOLLOW = 0.5
"""Share of the scanned field that may be black: fluid is, tissue is not."""

MOST_SATURATED = 0.05
"""Share of the scanned field that may have the brightest value: walls met head-on do."""

LIGHT_BACKGROUND = 0.75
"""Where the background lies between darkest and brightest value, for the image to be inverted."""

LEAST_BACKGROUND = 0.2
"""Share of the faces of the raster that must have one value for it to be a background."""

LEAST_SEEN = 0.05
"""Share of the raster that must show something."""

FEWEST_LEVELS = 9
"""Grey levels: a mask has two, a label map few."""


def check_grey_levels(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each image that is constant, no number, inverted, empty, clipped, saturated, or a mask."""
    for scan in measures:
        if scan.intensity is not None:
            yield from _check_image(scan.scan, scan.intensity)


def _check_image(scan: Scan, grey: IntensityMeasures) -> Iterator[Finding]:
    if fault := not_finite(grey.odd_voxels, grey.voxels):
        yield NOT_FINITE.finding(f"{fault.sentence}.", [scan], {"odd_voxels": grey.odd_voxels})
    if grey.odd_voxels == grey.voxels:
        return
    if fault := constant(grey.low, grey.high):
        yield CONSTANT.finding(f"{fault.sentence.replace('every', 'Every', 1)}.", [scan])
    elif grey.levels < FEWEST_LEVELS:
        yield FEW_LEVELS.finding(f"It holds {grey.levels} grey levels.", [scan], {"levels": grey.levels})
    elif _is_inverted(grey):
        sentence = f"What surrounds the scanned field is {grey.background:g}, between {grey.low:g} and {grey.high:g}."
        yield INVERTED.finding(sentence, [scan], {"background": grey.background})
    else:
        yield from _check_window(scan, grey)


def _check_window(scan: Scan, grey: IntensityMeasures) -> Iterator[Finding]:
    if grey.fan_hollow > MOST_HOLLOW:
        sentence = f"{grey.fan_hollow:.0%} of the scanned field is black."
        yield CLIPPED.finding(sentence, [scan], {"black_share": grey.fan_hollow})
    elif 1 - grey.outside < LEAST_SEEN:  # a field full of holes is seen, though little of it is left
        sentence = f"{grey.outside:.1%} of its voxels are {grey.background:g}."
        yield EMPTY.finding(sentence, [scan], {"empty_share": grey.outside})
    if grey.fan_at_high > MOST_SATURATED:
        sentence = f"{grey.fan_at_high:.0%} of the scanned field has the brightest value, {grey.high:g}."
        yield SATURATED.finding(sentence, [scan], {"saturated_share": grey.fan_at_high})


def _is_inverted(grey: IntensityMeasures) -> bool:
    lightness = (grey.background - grey.low) / (grey.high - grey.low)
    return lightness > LIGHT_BACKGROUND and grey.background_share > LEAST_BACKGROUND
