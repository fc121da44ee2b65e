"""Some configurations of a search trained in full as well: does its proxy rank them alike, and what did it save?"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np

from volest.config import Config
from volest.config.load import differing_keys, override
from volest.config.proxy import ProxyConfig
from volest.errors import ConfigError
from volest.evaluation.proxy.rank_agreement import can_rank, rank_agreement, speed_up, verdict
from volest.experiments.failure import FAILURES, reason_of
from volest.experiments.preparation import PreparedRun
from volest.experiments.proxy.proxy import Part, Proxy
from volest.experiments.tuning.results import write_configuration
from volest.experiments.tuning.score import Score, evaluate, trial_run
from volest.experiments.tuning.search import Search
from volest.progress import Muted, Progress
from volest.records.lock import system_lock
from volest.records.proxy import ProxyValidation, TwiceTrained, write_proxy
from volest.records.search import BEST, SearchRecord, SearchTrial

T = TypeVar("T")

FEWEST = 2


def validate_proxy(
    search: Search, record: SearchRecord, full: PreparedRun, proxy: Proxy, count: int, progress: Progress
) -> ProxyValidation:
    """Train `count` configurations in full, from the best to the worst of the proxy; write `proxy.json`.

    `best.yaml` then holds the best of them in full training, and keeps it. A configuration that fails in full is told
    and left out; what is finished is not trained again.

    Args:
        search: whose trials were trained as proxies.
        record: of the search.
        full: scans and inner folds without a proxy.
        proxy: that the search trained.
        count: of configurations; five at least give intervals.
        progress: told how it goes.

    Raises:
        RunError: fewer than two were trained both ways.
    """
    trained: list[TwiceTrained] = []
    chosen = spread(record.complete, count)
    with system_lock(search.directory / "locks" / "full.lock"):  # a second worker waits, then reads what is there
        for number, trial in enumerate(chosen, start=1):
            progress.tell(f"proxy: configuration {number} of {len(chosen)} in full (trial {trial.number})")
            try:
                trained.append(_twice_trained(search, trial, full, proxy, Muted(progress)))
            except FAILURES as error:
                progress.tell(f"trial {trial.number} is left out, as it failed in full training: {reason_of(error)}")
    agreement = rank_agreement(trained, np.random.default_rng(search.config.seed))
    ended = sum(trial.state in ("complete", "pruned", "failed") for trial in record.trials)
    saved = speed_up(trained, proxy.data.seconds, ended)
    best_ml = min(one.full_ml for one in trained)
    found = ProxyValidation(
        verdict=f"{verdict(agreement, saved)} {BEST} holds {agreement.best}, the best of {len(trained)} in full "
        f"training: {best_ml:.2f} mL.",
        can_rank=can_rank(agreement),
        agreement=agreement,
        trained=tuple(trained),
        selection_seconds=proxy.data.seconds,
        searched=ended,
        speed_up=saved,
        patients=proxy.data.patients,
        of_patients=len(full.manifest.patients),
        changes=_changes(full.config, proxy.shrink(full.config)),
    )
    write_proxy(found, search.directory)
    best = next(trial for trial in chosen if _name(trial) == agreement.best)
    write_configuration(best, search, f"{best_ml:.3f} mL on its inner folds, the best of {len(trained)} in full")
    return found


def require_proxy(parts: Collection[Part], count: int, searched: Collection[str], config: ProxyConfig) -> None:
    """Raise ConfigError before the first trial where it would be in vain.

    Args:
        parts: of the proxy.
        count: of configurations to be trained in full as well; there may be nothing to validate, or too little to rank.
        searched: keys of the search, one of which the proxy may leave without effect.
        config: of the proxy.
    """
    if parts and config.recalibrate and "training.recalibrate" in searched:
        raise ConfigError(
            "training.recalibrate is searched, and the proxy recalibrates every trial. Take it out of the search "
            "space, or set proxy.recalibrate to false."
        )
    if count and not parts:
        raise ConfigError(
            f"--validate {count} compares a proxy with full training, and there is no proxy. Add `--proxy "
            "data,network`, or leave `--validate` out."
        )
    if count and count < FEWEST:
        raise ConfigError(
            f"--validate {count}: {FEWEST} configurations are the least that can be ranked, and 5 give intervals."
        )


def spread(ranked: Sequence[T], count: int) -> list[T]:
    """At most `count` of them, the first and the last among them, evenly over their ranks."""
    places = np.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().astype(int)
    return [ranked[place] for place in places]


def _twice_trained(
    search: Search, trial: SearchTrial, full: PreparedRun, proxy: Proxy, progress: Progress
) -> TwiceTrained:
    """Its folds as proxy are finished and only read, unless another machine has trained them."""
    config = _config_of(search, trial)
    small = evaluate(trial_run(proxy.whole, proxy.shrink(config), search.trial_directory(trial.number)), progress)
    path = search.directory / "full" / f"{trial.number:04d}"
    whole = evaluate(trial_run(full, config, path), progress)
    return TwiceTrained(
        name=_name(trial),
        settings={key: str(value) for key, value in trial.values.items()},
        proxy_ml=_mae_ml(small),
        full_ml=_mae_ml(whole),
        proxy_seconds=small.seconds,
        full_seconds=whole.seconds,
    )


def _name(trial: SearchTrial) -> str:
    return f"trial {trial.number}"


def _mae_ml(score: Score) -> float:
    assert score.mae_ml.value is not None  # `evaluate` has seen to it
    return score.mae_ml.value


def _config_of(search: Search, trial: SearchTrial) -> Config:
    return override(search.whole.config, search.space.settings(trial.values), f"trial {trial.number} of {search.space}")


def _changes(full: Config, proxy: Config) -> Mapping[str, str]:
    tree = proxy.model_dump(mode="json")
    return {key: str(tree[key.partition(".")[0]][key.partition(".")[2]]) for key in differing_keys(full, proxy)}
