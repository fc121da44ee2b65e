"""Would more patients help? Trainings on growing parts of the patients of each fold, judged on the same scans."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from volest.config import Config
from volest.config.schema import RunConfig, TrainingConfig
from volest.errors import ConfigError
from volest.evaluation.patients_needed import LEVEL, Outlook, SizedErrors, intervals_ml, outlook
from volest.experiments.preparation import PreparedRun, derive_run, prepare_run
from volest.experiments.studies.page import PAGE, RESULTS, StudyPage, write_page, write_results
from volest.experiments.studies.trial import Result, Trial, run_trials
from volest.progress import Progress
from volest.records.folds import Folds
from volest.records.predictions import Prediction

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
    """The answer, and where it lies."""

    outlook: Outlook
    page: StudyPage
    directory: Path


def study_train_fraction(
    config: Config, plan: TrainFractionPlan, directory: Path, progress: Progress
) -> TrainFractionStudy:
    """Run the trials below `directory` and write its table and page; a second call goes on where the first ended.

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
    results = run_trials(trials, progress)
    write_results(results, directory / RESULTS)
    errors = sized_errors(results)
    target_ml = plan.target_ml or ASKED * float(errors.mae_ml[-1])
    rng = np.random.default_rng([config.seed, 0])
    answer = outlook(errors, target_ml, rng)
    page = _page(answer, errors, results, plan, np.random.default_rng([config.seed, 1]))
    write_page(page, directory / PAGE)
    return TrainFractionStudy(answer, page, directory)


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
    training = equally_many_steps(config.training, len(whole.manifest.of(chosen)), len(whole.manifest.of(everyone)))
    path = directory / f"fraction_{fraction:g}" / f"fold_{fold}_repeat_{repeat}"
    own = _writing_to(path, config.model_copy(update={"seed": config.seed + repeat}), training)
    labels = {
        "fraction": fraction,
        "fold": fold,
        "repeat": repeat,
        "training_patients": len(chosen),
        "training_scans": len(whole.manifest.of(chosen)),
        "epochs": training.epochs,
    }
    return Trial(labels, derive_run(whole, own, folds), HELD_OUT)


def equally_many_steps(training: TrainingConfig, scans: int, of_scans: int) -> TrainingConfig:
    """More epochs for fewer scans: fewer steps would make small parts look worse than few patients do."""

    def steps(count: int) -> int:
        batch_size = min(training.batch_size, count)
        rest = count % batch_size
        return count // batch_size + (rest > 0 and not (batch_size > 1 and rest == 1))

    ratio = steps(of_scans) / steps(scans)
    epochs = max(1, round(training.epochs * ratio))
    return training.model_copy(update={"epochs": epochs, "warmup_epochs": training.warmup_epochs * ratio})


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


def _page(
    answer: Outlook, errors: SizedErrors, results: Sequence[Result], plan: TrainFractionPlan, rng: np.random.Generator
) -> StudyPage:
    rows = [
        (f"{size:.1f}", f"{mae_ml:.2f}", f"{low:.2f} to {high:.2f}")
        for size, mae_ml, (low, high) in zip(errors.sizes, errors.mae_ml, intervals_ml(errors.drawn(rng)), strict=True)
    ]
    notes = [
        f"{len(results)} trainings: {len(set(plan.fractions))} fractions of the training patients, "
        f"{len({result.labels['fold'] for result in results})} folds, {plan.repeats} repeats; larger parts hold the "
        "smaller ones, and all trials of a fold judge the same held-out scans.",
        "Fewer scans were trained for more epochs, so that all trials take the same number of steps.",
        f"Intervals are bootstrapped over {errors.n_patients} held-out patients. What chance chose for the smaller "
        "parts is in none of them; more repeats even it out.",
        "More patients means patients like these: of the same devices, indications and range of volumes.",
    ]
    columns = ("training patients", "MAE (mL)", f"{LEVEL:.0%} interval (mL)")
    return StudyPage("Error by number of training patients", answer.sentence, columns, rows, notes)
