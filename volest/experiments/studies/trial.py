"""Arms x folds x seeds: each a training through the machinery of any fold, finished ones left as they are."""

import multiprocessing
import os
import queue
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

import torch

from volest.errors import OccupiedError, RunError, VolestError
from volest.experiments.cluster.piece import Crew, Piece
from volest.experiments.failure import FAILURES, reason_of
from volest.experiments.fold import finish_fold
from volest.experiments.preparation import PreparedRun
from volest.experiments.studies.autoencoder import finish_autoencoder
from volest.experiments.studies.definition import Subject
from volest.progress import Muted, Progress, Silent
from volest.records import atomic
from volest.records.predictions import Prediction, read_predictions
from volest.records.reconstructions import ScanReconstruction, read_reconstructions
from volest.records.run import FoldDirectory

Label = str | int | float

KILLED = "its process was ended from outside, as systems do when memory runs out"


@dataclass(frozen=True)
class Trial:
    """One training of a study.

    Attributes:
        labels: what tells it from the others, such as {"arm": "huber", "seed": 0, "fold": 2}.
        run: its run directory with configuration, scans and folds.
        fold: that is held out in this run.
        subject: what is trained.
    """

    labels: Mapping[str, Label]
    run: PreparedRun
    fold: int
    subject: Subject = "network"

    @property
    def directory(self) -> FoldDirectory:
        """What it leaves behind."""
        return self.run.directory.fold(self.fold)

    @property
    def is_finished(self) -> bool:
        """Whether it was trained and judged to its end."""
        return self.directory.is_finished if self.subject == "network" else self.directory.is_probed

    @property
    def failure(self) -> Path:
        """Why it did not end, where it did not; beside its run, which may not have begun."""
        path = self.run.directory.path
        return path.with_name(f"{path.name}_fold_{self.fold}_failed.txt")

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.labels.items())


@dataclass(frozen=True)
class Result:
    """What a trial said of its held-out scans, or why it said nothing.

    Attributes:
        history: its curves; None where it has not ended, and in tests.
        reconstructions: of an autoencoder.
    """

    labels: Mapping[str, Label]
    held_out: Sequence[Prediction]
    failure: str = ""
    history: Path | None = None
    reconstructions: Sequence[ScanReconstruction] = ()


def run_trials(trials: Sequence[Trial], progress: Progress, jobs: int = 1, crew: Crew | None = None) -> list[Result]:
    """Train whatever is not finished yet, interrupted trials from their checkpoints; in the given order.

    A trial that diverges or runs out of memory is recorded with its reason, and the others go on; it is tried again
    the next time.

    Args:
        trials: of all arms.
        progress: told how it goes.
        jobs: trials at a time, each in a process of its own; with several GPUs they take turns.
        crew: trains them elsewhere; `jobs` then means nothing.

    Raises:
        RunError: every trial failed; the commonest reason is told.
    """
    left = [trial for trial in trials if not trial.is_finished]
    if crew is not None:
        crew([_piece(trial) for trial in left], progress)
    elif jobs > 1:
        _run_beside_each_other(left, progress, jobs)
    else:
        for number, trial in enumerate(left, start=1):
            progress.tell(f"trial {number} of {len(left)} that are left: {trial}")
            _attempt(trial, Muted(progress))
    results = [_result(trial) for trial in trials]
    if reasons := Counter(result.failure for result in results if result.failure):
        reason, count = reasons.most_common(1)[0]
        progress.tell(f"{sum(reasons.values())} of {len(trials)} trials failed, {count} of them with: {reason}")
        if sum(reasons.values()) == len(trials):
            raise RunError(f"all {len(trials)} trials of the study failed, {count} of them with: {reason}")
    return results


def _piece(trial: Trial) -> Piece:
    trial.failure.unlink(missing_ok=True)
    return Piece(
        str(trial),
        partial(_attempt, trial, is_elsewhere=True),
        has_arrived=lambda: trial.is_finished or trial.failure.exists(),
        give_up=partial(atomic.write_text, trial.failure),
    )


def _result(trial: Trial) -> Result:
    directory = trial.directory
    if not trial.is_finished:
        return Result(trial.labels, (), trial.failure.read_text("utf-8") if trial.failure.exists() else KILLED)
    if trial.subject == "network":
        return Result(trial.labels, read_predictions(directory.predictions), history=directory.history)
    return Result(
        trial.labels,
        read_predictions(directory.probe),
        history=directory.pretraining.history,
        reconstructions=read_reconstructions(directory.reconstructions),
    )


def _attempt(trial: Trial, progress: Progress, is_elsewhere: bool = False) -> None:
    trial.failure.unlink(missing_ok=True)
    try:
        if trial.subject == "network":
            finish_fold(trial.run, trial.fold, progress)
        else:
            finish_autoencoder(trial.run, trial.fold, progress)
    except FAILURES as error:
        if is_elsewhere and isinstance(error, OccupiedError):
            raise  # a lost machine may hold its lock for a while, which is no failure of the trial
        atomic.write_text(trial.failure, reason_of(error))


def _run_beside_each_other(trials: Sequence[Trial], progress: Progress, jobs: int) -> None:
    """A process for each trial: memory is given back at its end, and one that is killed takes no other with it."""
    devices: queue.Queue[str] = queue.Queue()
    visible = _gpus()
    for job in range(jobs):
        devices.put(visible[job % len(visible)])
    context = _forking_context()
    threads = max(1, len(os.sched_getaffinity(0)) // jobs) if hasattr(os, "sched_getaffinity") else 1

    def run(trial: Trial) -> Trial:
        device = devices.get()
        try:
            process = context.Process(target=_in_a_process, args=(trial, device, threads))
            process.start()
            process.join()
            return trial
        finally:
            devices.put(device)

    with ThreadPoolExecutor(jobs) as pool, progress.task(f"{len(trials)} trainings", len(trials)) as step:
        for trial in pool.map(run, trials):
            step(str(trial))


def _forking_context() -> ForkServerContext | SpawnContext:
    """Processes that have imported everything when they begin, which takes seconds; where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # which starts no threads, and no CUDA
    return context


def _gpus() -> list[str]:
    """Names of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES has them; one empty name without any."""
    count = torch.cuda.device_count()
    named = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return named[:count] or [str(number) for number in range(count)] or [""]


def _in_a_process(trial: Trial, gpu: str, threads: int) -> None:
    if gpu:  # before CUDA starts in this process; a training takes the first GPU that it sees
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    config = trial.run.config
    if config.training.threads is None:
        training = config.training.model_copy(update={"threads": threads})
        config = config.model_copy(update={"training": training})
    try:
        _attempt(replace(trial, run=replace(trial.run, config=config)), Silent())
    except Exception as error:
        atomic.write_text(trial.failure, str(error) if isinstance(error, VolestError) else repr(error))
        raise
    except KeyboardInterrupt:  # the one that runs the study says so for all
        raise SystemExit(1) from None
