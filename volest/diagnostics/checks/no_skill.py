"""VOL104: no better than a baseline that needs no network, scan against scan."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import patient_interval
from volest.diagnostics.remedies import learn_more, regularise
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number
from volest.evaluation.metrics import r2
from volest.records.findings import Severity
from volest.wording import counted

FAULT = Fault("VOL104", "no skill beyond a baseline", (Severity.ERROR, Severity.WARNING))

WORDS: Mapping[str, str] = {
    "mean": "the mean of the training patients",
    "header": "spacing and shape alone",
    "thumbnail": "kernel ridge on 12x12x12 thumbnails",
    "covariates": "the covariates alone",
    "previous_scan": "the patient's previous scan plus average growth",
}

REMEDIES: Mapping[str, str] = {
    "header": "Find out what spacing betrays (`volest check` tells): networks may read it instead of the anatomy.",
    "covariates": "Report both; look whether covariates and network together do better, which one of them cannot.",
    "previous_scan": "Report both; the networks earn their keep on first scans, and where the course is unknown. Where "
    "an earlier volume is known, `volest predict --earlier TABLE` weighs it with what they see; `volest cv` prepares "
    "that where the run has no follow_up.json yet, without training anything.",
}
"""Where the baseline itself has skill, and losing to it is more than having learnt too little."""

KNOWS_LABELS = "previous_scan"
"""The baseline that is told a reference of the held-out patient: losing to it is a fact, but no fault of a network."""

Millilitres = Float[np.ndarray, " scan"]


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """One verdict for each baseline; the mean is always there, as references and folds are all it needs."""
    if run.held_out.empty or (run.held_out["fold"].nunique() < 2 and run.baselines is None):
        yield FAULT.not_applicable("predictions of at least two folds are needed to know what a baseline would say")
        return
    for name, predicted_ml in _baselines(run).items():
        yield _compared(name, predicted_ml, run, thresholds, rng)
    if run.baselines is None:
        figures = run.metrics.baselines if run.metrics else {}
        known = ", ".join(f"{name} {number(of.mae_ml)} mL" for name, of in figures.items() if name != "mean")
        known = f"; metrics.json has their errors without pairs: {known}" if known else ""
        reason = "baselines.csv is not there, which `volest cv` writes when it is run again without training anything"
        yield FAULT.not_applicable(f"{reason}{known}")


def _baselines(run: RunRecords) -> dict[str, Millilitres]:
    """Predictions of each, NaN where it has none, in the order of the held-out scans."""
    if run.baselines is None or run.baselines.empty:
        return {"mean": _means_ml(run.held_out)}
    table = run.baselines.drop_duplicates("scan_id").set_index("scan_id").reindex(run.held_out["scan_id"])
    names = [name for name in table.columns if name != "fold"]
    told = {name: table[name].to_numpy(dtype=float) for name in names}
    return told if "mean" in told else {"mean": _means_ml(run.held_out), **told}


def _means_ml(held_out: pd.DataFrame) -> Millilitres:
    """For each scan the mean over patients of all other folds of each patient's mean."""
    means = held_out.groupby("patient_id").agg(reference_ml=("reference_ml", "mean"), fold=("fold", "first"))
    of_fold = {fold: means.loc[means["fold"] != fold, "reference_ml"].mean() for fold in held_out["fold"].unique()}
    return held_out["fold"].map(of_fold).to_numpy(dtype=float)


def _compared(
    name: str, predicted_ml: Millilitres, run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator
) -> Verdict:
    kept = np.isfinite(predicted_ml) & (_has_previous(run) if name == "previous_scan" else True)
    scans, words = run.held_out[kept], WORDS.get(name, f"baseline {name!r}")
    if scans.empty:
        return FAULT.not_applicable(f"{words}: no scan has a prediction of it")
    network_ml = scans["error_ml"].abs().to_numpy()
    baseline_ml = np.abs(predicted_ml[kept] - scans["reference_ml"].to_numpy())
    difference_ml = network_ml - baseline_ml
    interval = patient_interval(scans, lambda draws: draws.average(difference_ml), thresholds, rng)
    told = f"mean error {number(network_ml.mean())} mL against {number(baseline_ml.mean())} mL"
    if interval is None:
        few = f"{scans['patient_id'].nunique()} patients are too few for an interval"
        return FAULT.not_applicable(f"{told} of {words}: {few}")
    told += f"; difference {number(difference_ml.mean())} mL, {thresholds.confidence:.0%} interval {interval}"
    if interval.high < 0:
        return FAULT.passed(f"better than {words}: {told}")
    worse = interval.low > 0
    over = counted(scans["patient_id"].nunique(), "patient")
    if not kept.all():  # fewer scans than in the tables of baselines, so that figures differ from theirs
        which = "follow another" if name == KNOWS_LABELS else "have it"
        over = f"the {counted(len(scans), 'scan')} that {which}, of {over}"
    is_error = name == "mean" or (worse and name != KNOWS_LABELS)
    return FAULT.found(
        Severity.ERROR if is_error else Severity.WARNING,
        f"The networks are {'worse' if worse else 'not shown to be better'} than {words}: {told}, over {over}.",
        _remedy(name, predicted_ml[kept], scans["reference_ml"].to_numpy(), run, thresholds),
        {
            "baseline": name,
            "mae_ml": float(network_ml.mean()),
            "baseline_mae_ml": float(baseline_ml.mean()),
            "difference_low_ml": interval.low,
            "difference_high_ml": interval.high,
        },
    )


def _remedy(
    name: str, predicted_ml: Millilitres, reference_ml: Millilitres, run: RunRecords, thresholds: DiagnosisConfig
) -> str:
    """That of the baseline where it is better than a mean; one that is not betrays nothing."""
    skilled = name != "mean" and r2(predicted_ml, reference_ml) > 0
    if not skilled:
        return learn_more(run, thresholds)
    if name == "thumbnail":
        return learn_more(run, thresholds, f"{regularise(run.config)} A finer grid shows what a thumbnail lacks.")
    return REMEDIES.get(name, "Find out what the baseline sees that the networks do not.")


def _has_previous(run: RunRecords) -> np.ndarray:
    """Scans of a patient with an earlier day; all, where the days are unknown."""
    days = [scan.acquired_on if (scan := run.scans.get(name)) else None for name in run.held_out["scan_id"]]
    if not any(days):
        return np.ones(len(days), dtype=bool)
    table = pd.DataFrame({"patient_id": run.held_out["patient_id"].to_numpy(), "day": pd.to_datetime(pd.Series(days))})
    return (table["day"] > table.groupby("patient_id")["day"].transform("min")).to_numpy()
