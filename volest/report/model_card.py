"""A model card (Mitchell et al. 2019, FAccT 220): what the networks are for, and what they are not for."""

from volest import __version__
from volest.records.findings import Severity
from volest.report.figure_text import interval, value, with_interval
from volest.report.figures import millilitres
from volest.report.reading import ReportedRun
from volest.wording import counted, scans_of_patients

SPREAD = "The spread over folds is no interval: folds share most of their scans. "


def model_card(run: ReportedRun) -> list[tuple[str, str]]:
    """Heading and text, in the order of a card; `[[...]]` is what the author must fill in."""
    return [
        ("Model", _model(run)),
        ("Input", _input(run)),
        ("Output", "A volume in mL, its spread over the folds, and flags where a scan is unlike the training scans."),
        ("Intended use", "[[Structure, patients, user, and decision that it serves.]] Research; no medical device."),
        ("Not for", _not_for(run)),
        ("Training data", _training_data(run)),
        ("Performance", _performance(run)),
        ("Known faults", _faults(run)),
        ("Uncertainty", _uncertainty(run)),
        ("Ethics", "[[Approval, consent, who may see these pictures and ids.]]"),
        ("Contact", "[[Name, address.]]"),
    ]  # fmt: skip


def _model(run: ReportedRun) -> str:
    config, folds = run.records.config, len(run.records.models)
    kind = f"{config.model.name}, {counted(config.model.members, 'member')} a fold" if config else "unknown network"
    version = (run.environment.get("versions") or {}).get("volest") or __version__
    seed = config.seed if config else "unknown"
    return f"{counted(folds, 'fold')} of {kind}; run {run.name!r}, volest {version}, seed {seed}."


def _input(run: ReportedRun) -> str:
    models = list(run.records.models.values())
    told = "One greyscale 3D ultrasound raster with its spacing"
    if not models:
        return f"{told}."
    low = min(model.trained_on.spacing_mm[0] for model in models)
    high = max(model.trained_on.spacing_mm[1] for model in models)
    return (
        f"{told}; trained on spacings of {low:.3g} mm."
        if low == high
        else f"{told}; trained on {low:.3g} to {high:.3g} mm."
    )


def _not_for(run: ReportedRun) -> str:
    models = list(run.records.models.values())
    if not models:
        return "Anything unlike its training scans."
    low = min(model.trained_on.volume_ml[0] for model in models)
    high = max(model.trained_on.volume_ml[1] for model in models)
    return (
        f"Volumes outside {millilitres(low)} to {millilitres(high)} mL, other structures, other scanners or probes "
        "than the training scans, and any clinical decision without a second measurement."
    )


def _training_data(run: ReportedRun) -> str:
    scans = list(run.records.scans.values())
    patients = len({scan.patient_id for scan in scans})
    return f"{scans_of_patients(len(scans), patients)}. [[Source, dates, ages, sexes, diagnoses.]]"


def _performance(run: ReportedRun) -> str:
    if run.evaluation is None:
        return "Not judged."
    s = run.evaluation.overall
    return (
        f"Held out by patient: mean absolute error {with_interval(s.mae_ml, 1, ' mL')}, "
        f"{value(s.mape_percent, 1, '%')}; limits of agreement {value(s.limits_ml.lower)} to "
        f"{value(s.limits_ml.upper, 1, ' mL')}; calibration slope {value(s.calibration_slope, 2)} "
        f"({interval(s.calibration_slope, 2)})."
    )


def _uncertainty(run: ReportedRun) -> str:
    intervals = run.evaluation.intervals if run.evaluation else None
    if intervals is None:
        return f"{SPREAD}The limits of agreement tell how far single predictions lie off."
    held, expected = intervals.overall.held_percent, intervals.overall.expected_percent
    return (
        f"{SPREAD}Intervals of {100 * intervals.level:.6g}% from the errors of other patients held "
        f"{value(held, 0, '%')} of the held-out scans (chance: {interval(expected, 0)}%), "
        f"{value(intervals.overall.width_ml, 1, ' mL')} wide on average."
    )


def _faults(run: ReportedRun) -> str:
    wrong = [f"{f.code}: {f.sentence}" for f in run.diagnosis.findings if f.severity is not Severity.NOTE]
    return " ".join(wrong[:6]) or "None that the diagnosis knows of."
