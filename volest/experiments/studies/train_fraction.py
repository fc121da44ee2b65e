"""Would more patients help? Trainings on growing parts of the patients of each fold, judged on the same scans."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from volest.config import Config
from volest.config.schema import RunConfig, TrainingConfig
from volest.errors import ConfigError, RunError
from volest.evaluation.patients_needed import Outlook, SizedErrors, intervals_ml, outlook
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.preparation import PreparedRun, derive_run, prepare_run
from volest.experiments.studies.execution import write_results
from volest.experiments.studies.steps import equally_many_steps
from volest.experiments.studies.trial import Result, Trial, run_trials
from volest.progress import Progress
from volest.records.evaluation import Figure
from volest.records.folds import Folds
from volest.records.predictions import Prediction
from volest.records.study import RESULTS, ArmSummary, StudyRecord, write_study
from volest.wording import counted

FRACTIONS = (0.25, 0.5, 0.75, 1.0)
ASKED = 0.9
"""Of the present error, that the answer is about unless told otherwise."""

HELD_OUT, TRAINING = 0, 1
"""Parts of the folds of one trial; the patients that it does without are locked away."""


@dataclass(frozen=True)
class TrainFractionPlan:
    """What is tried.

    Attributes:
        fractions: of the training patients of a fold, in (0, 1].
        folds: held out one after the other; all where empty.
        repeats: other random parts and first weights, each.
        target_ml: mean error that the answer is about; None for `ASKED` of the present one.
    """

    fractions: tuple[float, ...] = FRACTIONS
    folds: tuple[int, ...] = ()
    repeats: int = 1
    target_ml: float | None = None

    def require_sound(self) -> None:
        """Raise ConfigError unless all can be done."""
        wrong = [fraction for fraction in self.fractions if not 0 < fraction <= 1]
        if wrong or len(set(self.fractions)) < 2:
            raise ConfigError(
                f"fractions {', '.join(f'{f:g}' for f in self.fractions) or 'none'}: expected at least two different "
                "ones above 0 and up to 1, such as 0.25 0.5 0.75 1."
            )
        if self.repeats < 1 or (self.target_ml is not None and self.target_ml <= 0):
            raise ConfigError("expected at least one repeat, and a target above 0 mL.")


@dataclass(frozen=True)
class TrainFractionStudy:
    """The answer, and the record that holds it."""

    outlook: Outlook
    record: StudyRecord


def study_train_fraction(
    config: Config,
    plan: TrainFractionPlan,
    directory: Path,
    progress: Progress,
    jobs: int = 1,
    cluster: Cluster | None = None,
) -> TrainFractionStudy:
    """Run the trials below `directory` and write its records; a second call goes on where the first ended.

    Raises:
        ConfigError: a plan that cannot be done.
        FoldError, RunError, ManifestError, ScanError, TrainingError: as of the folds.
    """
    plan.require_sound()
    whole = prepare_run(_writing_to(directory / "whole", config, config.training), progress)
    folds = plan.folds or tuple(range(whole.folds.count))
    for fold in folds:
        whole.folds.require(fold)
    trials = [
        _trial(whole, fraction, fold, repeat, directory)
        for fraction in sorted(set(plan.fractions), reverse=True)  # the longest first: it fails first where one fails
        for repeat in range(plan.repeats)
        for fold in folds
    ]
    everything = run_trials(trials, progress, jobs, cluster.at(directory) if cluster else None)
    write_results(everything, directory / RESULTS)
    results, dropped = whole_rounds(everything)
    if not results:
        raise RunError(
            f"no fold was trained with every fraction, so that nothing can be compared: {dropped[0]}. Every reason "
            f"stands in {directory / RESULTS}; the same command tries what failed again."
        )
    errors = sized_errors(results)
    target_ml = plan.target_ml or ASKED * float(errors.mae_ml[-1])
    rng = np.random.default_rng([config.seed, 0])
    answer = outlook(errors, target_ml, rng)
    record = _record(answer, errors, results, dropped, plan, np.random.default_rng([config.seed, 1]))
    write_study(record, directory)
    return TrainFractionStudy(answer, record)


def whole_rounds(results: Sequence[Result]) -> tuple[list[Result], list[str]]:
    """The trials of the folds and repeats of which every fraction was trained to its end; what is left out, and why."""
    failed = {_round_of(result): result for result in results if result.failure}
    left_out = [
        f"fold {fold}, repeat {repeat}, as the training with {result.labels['fraction']:g} of the patients failed: "
        f"{result.failure.rstrip('.')}"
        for (fold, repeat), result in failed.items()
    ]
    return [result for result in results if _round_of(result) not in failed], left_out


def _round_of(result: Result) -> tuple[object, object]:
    return result.labels["fold"], result.labels["repeat"]


def _writing_to(path: Path, config: Config, training: TrainingConfig) -> Config:
    return config.model_copy(update={"run": RunConfig(directory=path), "training": training})


def nested_patients(patients: Sequence[str], fraction: float, rng: np.random.Generator) -> set[str]:
    """A random part, the same `rng` giving parts that hold one another; at least two patients.

    The order of `patients` changes nothing.
    """
    ranked = rng.permutation(sorted(patients)).tolist()
    return set(ranked[: max(2, round(fraction * len(ranked)))])


def _trial(whole: PreparedRun, fraction: float, fold: int, repeat: int, directory: Path) -> Trial:
    config, everyone = whole.config, whole.folds.training(fold)
    chosen = nested_patients(sorted(everyone), fraction, np.random.default_rng([config.seed, repeat, fold]))
    held_out = whole.folds.held_out(fold)
    part = {patient: HELD_OUT if patient in held_out else TRAINING for patient in held_out | chosen}
    folds = Folds({patient: part.get(patient) for patient in whole.folds.of_patient})
    scans, of_scans = len(whole.manifest.of(chosen)), len(whole.manifest.of(everyone))
    fitting = config.training.model_copy(update={"batch_size": min(config.training.batch_size, scans)})
    training = equally_many_steps(fitting, scans, config.training, of_scans)
    path = directory / f"fraction_{fraction:g}" / f"fold_{fold}_repeat_{repeat}"
    own = _writing_to(path, config.model_copy(update={"seed": config.seed + repeat}), training)
    labels = {
        "fraction": fraction,
        "fold": fold,
        "repeat": repeat,
        "training_patients": len(chosen),
        "training_scans": scans,
        "epochs": training.epochs,
    }
    return Trial(labels, derive_run(whole, own, folds, elsewhere="--out DIR"), HELD_OUT)


def sized_errors(results: Sequence[Result]) -> SizedErrors:
    """Absolute errors by patient and fraction, summed over scans and repeats."""
    fractions = sorted({float(result.labels["fraction"]) for result in results})
    patients = sorted({p.patient_id for result in results for p in result.held_out})
    sums_ml, scans = np.zeros((len(patients), len(fractions))), np.zeros((len(patients), len(fractions)))
    sizes: dict[float, list[float]] = defaultdict(list)
    for result in results:
        fraction = float(result.labels["fraction"])
        sizes[fraction].append(float(result.labels["training_patients"]))
        for p in result.held_out:
            place = patients.index(p.patient_id), fractions.index(fraction)
            sums_ml[place] += _error_ml(p)
            scans[place] += 1
    return SizedErrors(np.array([np.mean(sizes[fraction]) for fraction in fractions]), sums_ml, scans)


def _error_ml(prediction: Prediction) -> float:
    return abs(prediction.predicted_ml - prediction.reference_ml)


def _record(
    answer: Outlook,
    errors: SizedErrors,
    results: Sequence[Result],
    dropped: Sequence[str],
    plan: TrainFractionPlan,
    rng: np.random.Generator,
) -> StudyRecord:
    told = zip(errors.sizes, errors.mae_ml, intervals_ml(errors.drawn(rng)), strict=True)
    arms = [
        ArmSummary(f"{round(size, 1):g} training patients", {}, 0, (), Figure.of(mae_ml, low, high))
        for size, mae_ml, (low, high) in told
    ]
    folds = len({result.labels["fold"] for result in results})
    notes = (
        f"{len(results)} trainings: {len(set(plan.fractions))} fractions of the training patients, "
        f"{counted(folds, 'fold')}, {counted(plan.repeats, 'repeat')}; larger parts hold the smaller ones, and all "
        "trials of a fold judge the same held-out scans. With five folds a quarter, a half, three quarters and all are "
        "20, 40, 60 and 80% of the patients.",
        "Fewer scans were trained for more epochs, so that all trials take the same number of steps.",
        f"Intervals are bootstrapped over {errors.n_patients} held-out patients. What chance chose for the smaller "
        "parts is in none of them; more repeats even it out.",
        "More patients means patients like these: of the same devices, indications and range of volumes.",
        *(f"Left out at every fraction: {what}." for what in dropped),
    )
    return StudyRecord(
        name="train-fraction",
        question="Would more patients help?",
        answer=answer.sentence,
        arms=tuple(arms),
        scans=len({p.scan_id for result in results for p in result.held_out}),
        patients=errors.n_patients,
        seeds=plan.repeats,
        folds=folds,
        notes=notes,
    )
