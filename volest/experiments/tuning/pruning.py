"""When a configuration is given up: its curves, read as the folds write them, against those of the others."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean
from typing import Literal

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner, SuccessiveHalvingPruner

from volest.experiments.preparation import PreparedRun
from volest.progress import Progress, Step
from volest.records.history import read_history

PrunerName = Literal["asha", "hyperband", "none"]

WHOLE = 100
"""Steps of a trial, per cent of all epochs of all its folds: trials of other epochs can be compared."""

FIRST = 10
"""Per cent before the first comparison; with a keep of a third further ones follow at 30 and 90."""

KEEP = 3


def build_pruner(name: PrunerName) -> BasePruner:
    """ASHA (Li et al. 2020) keeps the better third at each comparison; Hyperband (Li et al. 2018) varies the first."""
    if name == "asha":
        return SuccessiveHalvingPruner(min_resource=FIRST, reduction_factor=KEEP)
    if name == "hyperband":
        return HyperbandPruner(min_resource=FIRST, max_resource=WHOLE, reduction_factor=KEEP)
    return NopPruner()


class WatchedFolds:
    """Passes the tasks of a trial on, and reports its curves to the search whenever they have grown.

    What is reported at a step is the mean over the folds that ended and the one that is in training, whose held-out
    error of that epoch counts.

    Args:
        progress: told of the tasks.
        run: of the trial.
        trial: told of the curves.
        goes_on: whether it is trained to its end however it fares, as what all others are compared to.
    """

    def __init__(self, progress: Progress, run: PreparedRun, trial: optuna.Trial, goes_on: bool = False) -> None:
        self.progress, self.run, self.trial = progress, run, trial
        self.goes_on = goes_on
        self.folds = run.folds.count
        self.share_percent = 0
        self.last_mae_ml: float | None = None
        self._seen_ns = 0

    @contextmanager
    def task(self, title: str, total: int, done: int = 0) -> Iterator[Step]:
        """The task of the other, watched; what a trial calls its folds are inner ones."""
        with self.progress.task(f"inner {title}" if title.startswith("fold ") else title, total, done) as step:

            def watched(note: str = "") -> None:
                step(note)
                self.look()

            yield watched

    def tell(self, sentence: str) -> None:
        """Nobody hears it."""

    def look(self) -> None:
        """Report what the curves have gained.

        Raises:
            optuna.TrialPruned: the trial is given up.
        """
        histories = [path for fold in range(self.folds) if (path := self.run.directory.fold(fold).history).exists()]
        written_ns = max((path.stat().st_mtime_ns for path in histories), default=0)
        if written_ns == self._seen_ns:  # asked after every batch, and the curves grow after every epoch
            return
        self._seen_ns = written_ns
        ended_ml: list[float] = []
        for fold in range(len(histories)):
            history_ml = read_history(self.run.directory.fold(fold).history)["val_mae_ml"].tolist()
            for epoch, mae_ml in enumerate(history_ml, start=1):
                share = (fold + epoch / self.run.config.training.epochs) / self.folds
                self._report(math.ceil(WHOLE * share - 1e-9), fmean([*ended_ml, mae_ml]))
            ended_ml.append(history_ml[-1])

    def _report(self, share_percent: int, mae_ml: float) -> None:
        if share_percent <= self.share_percent:
            return
        self.share_percent, self.last_mae_ml = share_percent, mae_ml
        self.trial.report(mae_ml, share_percent)
        is_hopeless = share_percent < WHOLE and self.trial.should_prune()  # asked of all, as others are judged by it
        if is_hopeless and not self.goes_on:
            raise optuna.TrialPruned
