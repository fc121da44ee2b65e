"""VOL301 to VOL307: what an explanation may warn of; `docs/findings.md` holds the same table."""

from collections.abc import Iterator, Mapping

from volest.explanation.contribution import ContributionMap
from volest.explanation.hiding import HidingTest
from volest.explanation.zones import BORDER, FAN_EDGE, MARKS, ZoneShare
from volest.records.findings import Finding, Severity

STILL_MEASURED = 0.5
"""Part of the volume that may be left where the structure is hidden, unless it is a volume too small to be told."""

SMALLEST_TOLD = 1.25
"""Networks seldom tell less than the smallest volume they were trained on, times this."""

MOST_CHANGE_ELSEWHERE = 0.10
"""Part of the volume by which hiding as much elsewhere may change it."""

LEAST_MASS_IN_STRUCTURE = 0.5
"""Of the map, where a mask tells the structure."""

MOST_EXCESS, MOST_ON_MARKS = 0.25, 0.05
"""Part of the map that a zone may have beyond an even map."""

MOST_MISSING = 0.05
"""Of the volume, or of what is due: by so much the sum of a map may be off."""

_ZONE_CODES = {
    MARKS: ("VOL303", MOST_ON_MARKS, "Crop the scans to the fan, or blank text and marks, and train again."),
    BORDER: (
        "VOL304",
        MOST_EXCESS,
        "See whether the structure is cut off there; else train with augmentation.translation.",
    ),
    FAN_EDGE: (
        "VOL305",
        MOST_EXCESS,
        "See whether the structure is cut off there; else train with augmentation.fan_crop.",
    ),
}


def hiding_findings(test: HidingTest, region: str) -> Iterator[Finding]:
    """What is odd about the volumes with something hidden.

    Args:
        test: the volumes.
        region: what was hidden, in words.
    """
    figures = {"predicted_ml": test.predicted_ml, "hidden_ml": test.without_region_ml, "region_ml": test.region_ml}
    if test.without_region_ml > max(STILL_MEASURED * test.predicted_ml, SMALLEST_TOLD * test.smallest_ml):
        yield _warning(
            "VOL301",
            f"With {region} painted over, the run still tells {test.without_region_ml:.1f} mL, "
            f"{1 - test.fall:.0%} of the {test.predicted_ml:.1f} mL before: it measures something else as well.",
            "Look at the map for what is left; do not use the number.",
            figures,
        )
    change = test.change_elsewhere
    if change is not None and change > MOST_CHANGE_ELSEWHERE:
        yield _warning(
            "VOL302",
            f"Hiding as much tissue elsewhere changes the volume by {change:.0%}: what surrounds the structure counts.",
            "Read the volume with care; more scans, or more augmentation, make networks depend less on surroundings.",
            {**figures, "hidden_elsewhere_ml": test.without_other_ml or 0.0},
        )


def zone_findings(shares: Mapping[str, ZoneShare]) -> Iterator[Finding]:
    """Zones where no structure is measured and yet the map has its mass."""
    for zone, (code, most, remedy) in _ZONE_CODES.items():
        share = shares[zone]
        if share.excess >= most:
            yield _warning(
                code,
                f"{share.mass:.0%} of the map lies at the {zone}, where an even map would have {share.even:.0%}: "
                "the network looks elsewhere than at a structure in the middle of the scan.",
                remedy,
                {"mass": share.mass, "even": share.even},
            )


def structure_findings(mass: float) -> Iterator[Finding]:
    """A map that lies beside the mask; `mass` is the part of it inside."""
    if mass < LEAST_MASS_IN_STRUCTURE:
        yield _warning(
            "VOL306",
            f"Only {mass:.0%} of the map lies inside the mask and next to it: the network looks elsewhere.",
            "See that the mask belongs to this scan and this structure; then see on the map what the network uses.",
            {"mass": mass},
        )


def sum_findings(told: ContributionMap) -> Iterator[Finding]:
    """A map of integrated gradients that does not add up to what it should."""
    due_ml = told.due_ml
    if due_ml is None or abs(told.sum_ml - due_ml) <= MOST_MISSING * max(abs(due_ml), told.predicted_ml):
        return
    yield _warning(
        "VOL307",
        f"The map adds {told.sum_ml:+.1f} mL where {due_ml:+.1f} mL are due: the network jumps on the way from the "
        "empty scan to this one, or a part of the map falls beside the raster.",
        "Read the map for where the network looks, not for how much a part adds; the occlusion has no such jump.",
        {"sum_ml": told.sum_ml, "due_ml": due_ml},
    )


def _warning(code: str, sentence: str, remedy: str, figures: Mapping[str, float | str]) -> Finding:
    return Finding(code, Severity.WARNING, sentence, remedy, figures=dict(figures))
