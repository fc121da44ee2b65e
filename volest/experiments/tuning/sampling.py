"""Where the next configuration is looked for."""

from collections.abc import Mapping
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from volest.experiments.tuning.ranges import Choice, IntRange, Range
from volest.experiments.tuning.space import SearchSpace
from volest.records.search import Value

SamplerName = Literal["tpe", "random"]

FREE_TRIALS = 10
"""That TPE draws at random before it believes in anything; the recipe itself is one of them."""


class _Given(RandomSampler):
    """The values of the recipe, and random ones for keys whose range does not hold it."""

    def __init__(self, values: Mapping[str, Value], seed: int) -> None:
        super().__init__(seed=seed)
        self.values = values

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        if param_name in self.values:
            return self.values[param_name]
        return super().sample_independent(study, trial, param_name, param_distribution)


def build_sampler(name: SamplerName, seed: int, place: int, recipe: Mapping[str, Value]) -> BaseSampler:
    """The sampler of one trial.

    Each trial draws from numbers of its own. With `random` a search tries the same configurations whatever number of
    processes works on it and whichever of them is killed; one stream for a process would draw the same in each.

    Args:
        name: tpe (Bergstra et al. 2011) or random.
        seed: of the search.
        place: of the trial, from 0.
        recipe: values of the configuration that the search started from; they are tried first.
    """
    own = seed * 1_000_003 + place
    if place == 0:
        return _Given(recipe, own % 2**32)
    if name == "random":
        return RandomSampler(seed=own % 2**32)
    return TPESampler(seed=own % 2**32, n_startup_trials=FREE_TRIALS, constant_liar=True)


def draw(trial: optuna.Trial, space: SearchSpace) -> dict[str, Value]:
    """A value for each key; those that an earlier attempt had are kept."""
    return {key: _suggest(trial, key, searched) for key, searched in space.ranges.items()}


def _suggest(trial: optuna.Trial, key: str, searched: Range) -> Value:
    if isinstance(searched, Choice):
        return trial.suggest_categorical(key, searched.labels)
    if isinstance(searched, IntRange):
        return trial.suggest_int(key, searched.low, searched.high, log=searched.log)
    return trial.suggest_float(key, searched.low, searched.high, log=searched.log)
