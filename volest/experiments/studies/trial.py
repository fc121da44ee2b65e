"""Arms x folds x seeds: each a training through the machinery of any fold, finished ones left as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from volest.experiments.fold import finish_fold
from volest.experiments.preparation import PreparedRun
from volest.progress import Muted, Progress
from volest.records.predictions import Prediction

Label = str | int | float


@dataclass(frozen=True)
class Trial:
    """One training of a study.

    Attributes:
        labels: what tells it from the others, such as {"fraction": 0.5, "fold": 2, "repeat": 0}.
        run: its run directory with configuration, scans and folds.
        fold: that is held out in this run.
    """

    labels: Mapping[str, Label]
    run: PreparedRun
    fold: int


@dataclass(frozen=True)
class Result:
    """What a trial said of its held-out scans."""

    labels: Mapping[str, Label]
    held_out: Sequence[Prediction]


def run_trials(trials: Sequence[Trial], progress: Progress) -> list[Result]:
    """Train whatever is not finished yet, interrupted trials from their checkpoints; in the given order.

    Raises:
        TrainingError, ModelError, ScanError, ConfigError: as of a fold.
    """
    results = []
    for number, trial in enumerate(trials, start=1):
        if not trial.run.directory.fold(trial.fold).is_finished:
            named = ", ".join(f"{name} {value}" for name, value in trial.labels.items())
            progress.tell(f"trial {number} of {len(trials)}: {named}")
        results.append(Result(trial.labels, finish_fold(trial.run, trial.fold, Muted(progress))))
    return results
