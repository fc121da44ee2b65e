"""What the trials of a study say: each arm with its error, paired with another by patient."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.comparison import compare
from volest.evaluation.holm import holm_of_known
from volest.evaluation.sample import Sample
from volest.experiments.doctor.step_memory import step_bytes
from volest.experiments.failure import FAILURES
from volest.experiments.fold import fold_grid
from volest.experiments.preparation import PreparedRun
from volest.experiments.studies.answer import answer_of_steps, usual_answer
from volest.experiments.studies.definition import PREVIOUS, Study, Subject
from volest.experiments.studies.skill import mean_predictor, skill_note, want_of_skill
from volest.experiments.studies.trial import Result, Trial
from volest.inference.model_file import without_sources
from volest.models.registry import build_network
from volest.records.evaluation import Comparison
from volest.records.history import read_history
from volest.records.study import UNKNOWN, ArmSummary, StudyRecord
from volest.training.pretraining import build_pretrainable


def judge(
    study: Study, whole: PreparedRun, trials: Sequence[Trial], results: Sequence[Result], rng: np.random.Generator
) -> StudyRecord:
    """The record of a study: arms in their order, compared as the study asks for."""
    of_arm = {arm.name: [r for r in results if r.labels["arm"] == arm.name] for arm in study.arms}
    run_of = {str(trial.labels["arm"]): trial.run for trial in trials}
    samples = {name: sample for name, own in of_arm.items() if (sample := mean_errors(own)).n_scans}
    arms = [
        _summary(arm.name, arm.settings, of_arm[arm.name], samples.get(arm.name), run_of[arm.name], study.subject, rng)
        for arm in study.arms
    ]
    arms = _compared(arms, samples, study.against, rng)
    conclude = study.conclude or (answer_of_steps if study.against == PREVIOUS else usual_answer)
    everyone, mean = list(samples.values()), mean_predictor(whole, sorted({trial.fold for trial in trials}))
    doubt = ""
    if study.subject == "network":  # what a frozen encoder knows of the volume is another question
        doubt = want_of_skill(samples, mean, np.random.default_rng(whole.config.seed))
    return StudyRecord(
        name=study.name,
        question=study.question,
        answer=doubt + conclude(arms),
        arms=tuple(arms),
        scans=max((sample.n_scans for sample in everyone), default=0),
        patients=max((sample.n_patients for sample in everyone), default=0),
        seeds=study.seeds,
        folds=len({trial.fold for trial in trials}),
        notes=(*study.notes, *_notes(study, results), skill_note(mean)),
        curves=tuple(study.curves),
    )


def mean_errors(results: Sequence[Result]) -> Sample:
    """Each scan with its mean absolute error over the seeds, in place of the error of one prediction."""
    errors_ml: dict[str, list[float]] = {}
    known = {p.scan_id: p for result in results for p in result.held_out}
    for result in results:
        for p in result.held_out:
            errors_ml.setdefault(p.scan_id, []).append(abs(p.predicted_ml - p.reference_ml))
    scans = sorted(errors_ml)
    reference_ml = np.array([known[scan].reference_ml for scan in scans], dtype=float)
    means_ml = np.array([np.mean(errors_ml[scan]) for scan in scans], dtype=float)
    return Sample(tuple(scans), tuple(known[scan].patient_id for scan in scans), reference_ml + means_ml, reference_ml)


def paired(sample: Sample, against: Sample, rng: np.random.Generator) -> Comparison | None:
    """MAE of `sample` minus that of `against` on the same scans, with its interval over patients; None without such."""
    if not set(sample.scan_ids) & set(against.scan_ids):  # each failed in the folds that the other has ended
        return None
    return compare(sample, {"other": against}, rng)[0]


def _summary(
    name: str,
    settings: Mapping[str, object],
    results: Sequence[Result],
    sample: Sample | None,
    run: PreparedRun,
    subject: Subject,
    rng: np.random.Generator,
) -> ArmSummary:
    ended = [result for result in results if not result.failure]
    mae_ml = UNKNOWN
    if sample is not None:
        errors_ml = np.abs(sample.error_ml)
        mae_ml = Bootstrap(sample, rng).figure(lambda draws: draws.average(errors_ml))
    train_mae_ml, val_mae_ml = _end(ended, "train_mae_ml"), _end(ended, "val_mae_ml")
    return ArmSummary(
        name=name,
        settings={key: str(value) for key, value in settings.items()},
        trials=len(ended),
        failures=tuple(result.failure for result in results if result.failure),
        mae_ml=mae_ml,
        seed_sd_ml=_sd_of_seeds(ended),
        train_mae_ml=train_mae_ml,
        gap_ml=None if train_mae_ml is None or val_mae_ml is None else val_mae_ml - train_mae_ml,
        noise_scale=_noise_scale(ended),
        steps=_total(ended, "steps"),
        seconds=_total(ended, "seconds"),
        memory_bytes=_memory(run, subject),
    )


def _sd_of_seeds(results: Sequence[Result]) -> float | None:
    seeds = sorted({result.labels["seed"] for result in results})
    maes = [
        float(np.mean(np.abs(mean_errors([r for r in results if r.labels["seed"] == seed]).error_ml))) for seed in seeds
    ]
    return float(np.std(maes, ddof=1)) if len(maes) > 1 else None


def _end(results: Sequence[Result], name: str) -> float | None:
    """Mean over the trials of a column of their curves, after the last epoch; None where none has it."""
    finite = [float(column.iloc[-1]) for column in _columns(results, name) if np.isfinite(column.iloc[-1])]
    return float(np.mean(finite)) if finite else None


def _noise_scale(results: Sequence[Result]) -> float | None:
    """Median over the trials after the last epoch; undefined ones, gradients lost in noise, are large."""
    ends = [float(column.iloc[-1]) for column in _columns(results, "gradient_noise_scale")]
    median = float(np.median(np.nan_to_num(ends, nan=np.inf, posinf=np.inf))) if ends else np.inf
    return median if np.isfinite(median) else None


def _total(results: Sequence[Result], name: str) -> float | None:
    """Of one training, mean over the trials, of a column that has a part of it in every epoch."""
    sums = [float(column.sum()) for column in _columns(results, name) if column.notna().all()]
    return float(np.mean(sums)) if sums else None


def _columns(results: Sequence[Result], name: str) -> list[pd.Series]:
    histories = [read_history(result.history) for result in results if result.history is not None]
    return [history[name] for history in histories if name in history]


def _memory(run: PreparedRun, subject: Subject) -> float | None:
    """Of one step, counted without computing it; None for networks that cannot be counted so."""
    config, shape = run.config, fold_grid(run, 0).shape
    bare = config.model_copy(update={"model": without_sources(config.model)})
    try:
        network, batch_size = (
            (build_network(bare.model, shape), config.training.batch_size)
            if subject == "network"
            else (build_pretrainable(bare, shape), config.pretrain.batch_size)
        )
        return float(step_bytes(network, (batch_size, 1, *shape), is_mixed=False))
    except FAILURES:  # an arm that cannot be built has failed already
        return None


def _compared(
    arms: Sequence[ArmSummary], samples: Mapping[str, Sample], against: str, rng: np.random.Generator
) -> list[ArmSummary]:
    """The arms with their change against another, tests corrected for their number."""
    compared, base = [], None if against == PREVIOUS else against
    for arm in arms:
        if arm.name in samples and base in samples and arm.name != base:
            assert base is not None
            arm = replace(arm, against=base)
            if change := paired(samples[arm.name], samples[base], rng):
                arm = replace(arm, change_ml=change.mae_difference_ml, p=change.p)
        if against == PREVIOUS and arm.name in samples:
            base = arm.name
        compared.append(arm)
    corrected = holm_of_known([arm.p for arm in compared])
    return [replace(arm, p=p) for arm, p in zip(compared, corrected, strict=True)]


def _notes(study: Study, results: Sequence[Result]) -> list[str]:
    failed = sum(bool(result.failure) for result in results)
    how = (
        "to the one before it" if study.against == PREVIOUS else f"to {study.against}"
    ) + ", scan by scan and patient by patient"
    notes = [
        f"{len(results) - failed} trainings, the same folds and {study.seeds} "
        f"{'seed' if study.seeds == 1 else 'seeds'} for every arm. Each arm is compared {how}: intervals are "
        "bootstrapped over patients, p is Wilcoxon's over patients with Holm's correction for the number of arms.",
    ]
    if study.seeds == 1:
        notes.append("One seed: what another one would have given is in no interval.")
    if failed:
        notes.append(
            f"{failed} trainings failed; their reasons stand in results.csv, and another call tries them again."
        )
    return notes
