"""What is searched, where, and how long."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from volest.config import Config
from volest.experiments.preparation import PreparedRun
from volest.experiments.tuning.pruning import PrunerName
from volest.experiments.tuning.sampling import SamplerName
from volest.experiments.tuning.space import SearchSpace


def unchanged(config: Config) -> Config:
    """What a trial is trained with where no proxy stands in for it."""
    return config


@dataclass(frozen=True)
class Search:
    """A search as it is asked for.

    Attributes:
        config: that it starts from; its folds are the outer ones.
        space: keys to search.
        whole: scans and inner folds, as `searched_run` makes them.
        directory: where everything is written; its name is that of the search in a database.
        fold: outer fold whose patients are not in `whole`.
        trials: configurations to try.
        storage: URL of a database; None for a journal in the directory.
        silence_s: after which a worker of a database is taken for dead.
        shrink: from the configuration of a trial to what is trained for it.
        proxy: what `whole` and `shrink` leave out, in words; empty where nothing is left out.
    """

    config: Config
    space: SearchSpace
    whole: PreparedRun
    directory: Path
    fold: int | None = None
    trials: int = 50
    sampler: SamplerName = "tpe"
    pruner: PrunerName = "asha"
    storage: str | None = None
    silence_s: int = 90
    shrink: Callable[[Config], Config] = unchanged
    proxy: str = ""

    def trial_directory(self, number: int) -> Path:
        """The run directory of a trial."""
        return self.directory / "trials" / f"{number:04d}"

    @property
    def outside(self) -> list[str]:
        """Keys whose ranges do not hold the values of the configuration."""
        own = self.space.values_of(self.whole.config)
        return [key for key in self.space.ranges if key not in own]
