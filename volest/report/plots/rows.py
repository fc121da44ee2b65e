"""Figures with a name on each row: patients, bands of volume, baselines, folds."""

from collections.abc import Mapping, Sequence

from volest.records.evaluation import Band, Comparison, Figure, Summary
from volest.records.study import ArmSummary
from volest.report.figure_text import value
from volest.report.judged_scan import JudgedScan
from volest.report.plots.drawing import shortened
from volest.report.plots.plot import LONGEST_NAME, Axis, Line, Mark, Plot, Points, Whisker

MOST_PATIENTS = 20
"""With the largest mean absolute error; the others stand in the table of all scans."""

ROW_PX = 22

ARM_NAME = 40
"""Characters of the name of an arm of a study."""

BASELINES: Mapping[str, str] = {
    "mean": "mean of training",
    "header": "header alone",
    "thumbnail": "thumbnail, ridge",
    "covariates": "covariates alone",
    "previous_scan": "previous scan",
}


def patients_plot(scans: Sequence[JudgedScan]) -> Plot:
    """Errors of the patients that were predicted worst, a dot a scan."""
    places: dict[str, list[int]] = {}
    for place, scan in enumerate(scans):
        places.setdefault(scan.patient_id, []).append(place)
    mean_ml = {patient: sum(abs(scans[n].error_ml) for n in own) / len(own) for patient, own in places.items()}
    worst = sorted(mean_ml, key=lambda patient: -mean_ml[patient])[:MOST_PATIENTS]
    shown = [(row, place) for row, patient in enumerate(worst) for place in places[patient]]
    x = Axis.over("predicted − reference (mL)", [*(scans[place].error_ml for _, place in shown), 0.0])
    one_sided = sum(1 for p in worst if len(places[p]) > 1 and len({scans[n].error_ml > 0 for n in places[p]}) == 1)
    several = sum(1 for p in worst if len(places[p]) > 1)
    sides = f" Of {several} with several scans, {one_sided} err to one side in all of them." if several else ""
    count = (
        f"the {len(worst)} patients of {len(places)} with the largest errors"
        if len(worst) < len(places)
        else "all patients"
    )
    off = f"Worst: {worst[0]}, off by {mean_ml[worst[0]]:.1f} mL on average."
    return Plot(
        name="error_by_patient",
        title="Error by patient",
        message=f"Each dot is a scan, {count} in order. {off}{sides}",
        x=x,
        y=Axis.named(worst),
        marks=(
            Line((0, 0), (-0.5, len(worst) - 0.5), "zero"),
            Points(
                [scans[n].error_ml for _, n in shown], [float(row) for row, _ in shown], "scan", [n for _, n in shown]
            ),
        ),
        height=70 + 18 * len(worst),
        left=named_room(worst),
    )


def bands_plot(bands: Sequence[Band]) -> Plot:
    """Mean absolute error of each band of volume."""
    rows = [(f"{band.label}", band.mape_percent, "network") for band in bands]
    told = "; ".join(f"{band.label}: {value(band.mape_percent, 1, '%')}" for band in bands)
    return _intervals(
        "error_by_volume", "Error by volume", f"Mean absolute error in per cent of the reference. {told}.", rows,
        "mean absolute error (% of the reference)",
    )  # fmt: skip


def baselines_plot(summary: Summary, comparisons: Sequence[Comparison]) -> Plot:
    """The networks and what needs no network, on the same scans."""
    rows = [("networks", summary.mae_ml, "network")]
    rows += [(BASELINES.get(c.against, c.against), c.against_mae_ml, "other") for c in comparisons]
    told = "; ".join(f"{name} {value(figure, 1, ' mL')}" for name, figure, _ in rows)
    return _intervals(
        "baselines", "Beside the baselines", f"Mean absolute error: {told}.", rows, "mean absolute error (mL)"
    )


def arms_plot(arms: Sequence[ArmSummary]) -> Plot:
    """Mean absolute error of each arm of a study; those that are compared to none stand out in grey."""
    rows = [(arm.name, arm.mae_ml, "network" if arm.against or not _compares(arms) else "other") for arm in arms]
    known = [arm for arm in arms if arm.mae_ml.value is not None]
    best = min(known, key=lambda arm: arm.mae_ml.value or 0.0, default=None)
    told = f" Smallest: {best.name}, {value(best.mae_ml, 1, ' mL')}." if best else ""
    return _intervals(
        "arms", "Error of each arm", f"Mean absolute error out of fold, with its interval over patients.{told}", rows,
        "mean absolute error (mL)", longest_name=ARM_NAME,
    )  # fmt: skip


def changes_plot(arms: Sequence[ArmSummary]) -> Plot:
    """What each arm of a study changes, against the arm it is compared to."""
    rows = [(arm.name, arm.change_ml, "network") for arm in arms if arm.change_ml.value is not None]
    others = sorted({arm.against for arm in arms if arm.against})
    to = others[0] if len(others) == 1 else "the arm before it"
    return _intervals(
        "changes", "Change of the error", f"Error minus that of {to}, the same scans in pairs; left of zero is better.",
        rows, "change of the mean absolute error (mL)", zero=True, longest_name=ARM_NAME,
    )  # fmt: skip


def _compares(arms: Sequence[ArmSummary]) -> bool:
    return any(arm.against for arm in arms)


def folds_plot(volumes_ml: Mapping[str, Sequence[float]]) -> Plot:
    """Reference volumes of each part, a dot a scan."""
    names = list(volumes_ml)
    every = [ml for held in volumes_ml.values() for ml in held]
    rows = [float(row) for row, name in enumerate(names) for _ in volumes_ml[name]]
    return Plot(
        name="folds",
        title="Volumes held out by each fold",
        message=f"Reference volumes of {len(every)} scans in {len(names)} parts; good folds cover the same range.",
        x=Axis.over("reference (mL)", every),
        y=Axis.named(names),
        marks=(Points(every, rows, "scan"),),
        height=70 + ROW_PX * len(names),
        left=named_room(names),
    )


def _intervals(
    name: str,
    title: str,
    message: str,
    rows: Sequence[tuple[str, Figure, str]],
    label: str,
    zero: bool = False,
    longest_name: int = LONGEST_NAME,
) -> Plot:
    left = named_room([row for row, _, _ in rows], longest_name)
    known = [(row, figure, look) for row, (_, figure, look) in enumerate(rows) if figure.value is not None]
    edges = [edge for _, figure, _ in known for edge in (figure.low, figure.value, figure.high) if edge is not None]
    marks: list[Mark] = [Line((0, 0), (-0.5, len(rows) - 0.5), "zero")] if zero else []
    for row, figure, look in known:
        if figure.low is not None and figure.high is not None:
            marks.append(Whisker(figure.low, figure.high, float(row), look))
        assert figure.value is not None
        marks.append(Points((figure.value,), (float(row),), look))
    return Plot(
        name=name,
        title=title,
        message=message,
        x=Axis.over(label, edges, from_zero=True),
        y=Axis.named([row for row, _, _ in rows]),
        marks=tuple(marks),
        width=max(460, left + 300),
        height=70 + 30 * len(rows),
        left=left,
        longest_name=longest_name,
    )


def named_room(names: Sequence[str], longest: int = LONGEST_NAME) -> int:
    """Pixels for the longest name."""
    return 20 + round(6.6 * max(len(shortened(name, longest)) for name in names))
