"""A search from its first trial to its record."""

import shutil
from functools import partial

import optuna
from optuna.storages import BaseStorage

from volest.config.load import override
from volest.errors import RunError
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.cluster.piece import Piece
from volest.experiments.tuning.answer import listed, trial_0
from volest.experiments.tuning.board import write_hparams
from volest.experiments.tuning.identity import identity_of, require_same
from volest.experiments.tuning.places import Place, places_of
from volest.experiments.tuning.pruning import WatchedFolds, build_pruner
from volest.experiments.tuning.results import SCORE, record_of, write_best
from volest.experiments.tuning.sampling import build_sampler, draw
from volest.experiments.tuning.score import evaluate, trial_run
from volest.experiments.tuning.search import Search
from volest.experiments.tuning.storage import opened_storage, reached, silent_heartbeats
from volest.experiments.tuning.worker import Worker
from volest.progress import Muted, Progress
from volest.records.search import SearchRecord, write_search


def run_search(search: Search, progress: Progress, cluster: Cluster | None = None) -> SearchRecord:
    """Try configurations until there are `search.trials`, beside whoever else works on the same search.

    A search that was stopped goes on; a trial that fails is recorded with its reason and the others go on. Results are
    written after every trial.

    Args:
        search: as it is asked for.
        progress: told how it goes.
        cluster: whose workers try them; this one then only looks at what they have found.

    Raises:
        ConfigError: the space does not fit the configuration, or the storage is none.
        RunError: the search was begun with something else, its storage cannot be reached, or every worker on the
            cluster was lost too often.
    """
    search.space.require_sound(search.whole.config)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with (
        reached(search.storage, search.directory),
        silent_heartbeats(),
        opened_storage(search.storage, search.directory, search.silence_s) as storage,
    ):
        study = _begin(search, storage)
        desk = _Desk(search, study, progress)
        if cluster is not None:
            _work_on(cluster, search, study, progress)
        else:
            locks, has_heartbeats = search.directory / "locks", search.storage is not None
            Worker(study, search.trials, desk.attempt, locks, has_heartbeats, progress.tell, desk.ended).run()
        return desk.write(with_importances=True)


def _begin(search: Search, storage: BaseStorage) -> optuna.Study:
    """The search in its storage, begun by this worker or by another."""
    study = optuna.create_study(
        storage=storage,
        study_name=search.directory.absolute().name,
        pruner=build_pruner(search.pruner),
        load_if_exists=True,
    )
    identity = identity_of(search.space, search.whole, search.sampler, search.pruner, search.proxy)
    require_same(study, identity, str(search.directory))
    return study


def _work_on(cluster: Cluster, search: Search, study: optuna.Study, progress: Progress) -> None:
    """Have workers on the cluster try until all trials have ended.

    One that is lost goes on as long as the search does: a configuration for which memory is short ends several workers
    before it counts as failed. One that is lost too often without any trial begun meanwhile leaves the rest to others.

    Raises:
        RunError: none is left.
    """
    given_up: list[str] = []

    def give_up(reason: str) -> None:
        progress.tell(reason)
        given_up.append(reason)

    def begun() -> int:
        return len(study.get_trials(deepcopy=False))

    def ended() -> int:
        return sum(place.has_ended for place in places_of(study.get_trials(deepcopy=False), search.trials))

    workers = [
        Piece(f"worker {n}", partial(run_search, search), lambda: ended() == search.trials, give_up, begun)
        for n in range(min(cluster.places, search.trials))
    ]
    cluster.carry_out(search.directory, workers, progress)
    if ended() < search.trials:
        raise RunError(f"{ended()} of {search.trials} trials have ended, and no worker is left: {given_up[-1]}")


class _Desk:
    """Trains the attempts of one worker, and tells and writes how the search stands."""

    def __init__(self, search: Search, study: optuna.Study, progress: Progress) -> None:
        self.search, self.study, self.progress = search, study, progress
        self.recipe = search.space.values_of(search.whole.config)

    def attempt(self, place: Place, trial: optuna.Trial) -> float:
        """Train one configuration on the inner folds; its mean absolute error in mL."""
        search, whole, number = self.search, self.search.whole, place.number
        self.study.sampler = build_sampler(search.sampler, whole.config.seed, number, self.recipe)
        values = draw(trial, search.space)
        what = f" ({trial_0(search.outside)})" if number == 0 else ""
        self.progress.tell(f"trial {number}{what}: {listed(values)}")
        settings = search.space.settings(values)
        config = search.shrink(override(whole.config, settings, f"trial {number} of {search.space}"))
        run = trial_run(whole, config, search.trial_directory(number))
        watched = WatchedFolds(Muted(self.progress), run, trial, goes_on=number == 0)
        score = evaluate(run, watched)
        watched.look()
        mae_ml = score.mae_ml
        trial.set_user_attr(SCORE, {"low": mae_ml.low, "high": mae_ml.high, "folds": score.fold_mae_ml})
        assert mae_ml.value is not None
        write_hparams(search.directory, number, values, mae_ml.value)
        return mae_ml.value

    def ended(self) -> None:
        """Write the results so far, say how the search stands, and drop checkpoints that nobody will go on from."""
        record = self.write(with_importances=False)
        self.progress.tell(_standing(record))
        for place in places_of(self.study.get_trials(deepcopy=False), self.search.trials):
            if place.has_ended:
                for folder in self.search.trial_directory(place.number).glob("fold_*/checkpoints"):
                    shutil.rmtree(folder, ignore_errors=True)

    def write(self, with_importances: bool) -> SearchRecord:
        """`search.json`, `trials.csv` and `best.yaml`."""
        record = record_of(self.search, self.study, with_importances)
        write_search(record, self.search.directory)
        write_best(record, self.search)
        return record


def _standing(record: SearchRecord) -> str:
    counts = {state: sum(trial.state == state for trial in record.trials) for state in ("pruned", "failed", "running")}
    ended = sum(trial.state in ("complete", "pruned", "failed") for trial in record.trials)
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    standing = f"{ended} of {record.wanted} trials have ended{f' ({told})' if told else ''}"
    if not record.complete:
        return standing
    best = record.complete[0]
    return f"{standing}; best so far {best.mae_ml.value:.2f} mL (trial {best.number})"
