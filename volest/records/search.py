"""`search.json` and `trials.csv`: what a search tried, how far each configuration was off, and what it answers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import stdev
from typing import Literal

import pandas as pd
from pydantic import TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json
from volest.records.evaluation import Figure

SEARCH, TRIALS, BEST = "search.json", "trials.csv", "best.yaml"

UNKNOWN = Figure(None, None, None)

State = Literal["complete", "pruned", "failed", "running", "waiting"]
Value = float | int | str


def value_text(value: Value | None) -> str:
    """Three figures of a number."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class SearchedKey:
    """A key of the configuration and where its values were sought.

    Attributes:
        name: section.key.
        kind: float, int or choice.
        low, high: ends of a range; None of a choice.
        log: whether the range is searched evenly in the logarithm.
        choices: what may be chosen, as written; empty of a range.
    """

    name: str
    kind: Literal["float", "int", "choice"]
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchTrial:
    """One configuration.

    Attributes:
        number: from 0; 0 is the recipe itself, as far as the space holds it.
        values: by key; of a choice, as written.
        mae_ml: over all scans that the inner folds hold out, with its interval over patients; of a complete trial.
        fold_mae_ml: of each inner fold that ended.
        last_mae_ml: when it was pruned.
        share_percent: of the whole training of all inner folds that was done.
        seconds: of training and judging.
        attempts: times that it was begun; more than one where its process was ended from outside.
        reason: why it failed, or where it was pruned.
    """

    number: int
    state: State
    values: Mapping[str, Value]
    mae_ml: Figure = UNKNOWN
    fold_mae_ml: tuple[float, ...] = ()
    last_mae_ml: float | None = None
    share_percent: int = 0
    seconds: float | None = None
    attempts: int = 1
    reason: str = ""

    @property
    def fold_sd_ml(self) -> float | None:
        """Standard deviation of the MAE over the inner folds."""
        return stdev(self.fold_mae_ml) if len(self.fold_mae_ml) > 1 else None


@dataclass(frozen=True)
class SearchRecord:
    """A search as it stands.

    Attributes:
        name: of its directory.
        answer: the first sentence of the page, and whatever must stand beside it.
        outer_fold: whose patients the search has not seen; None where there was none.
        patients, scans: that were trained on and judged, by turns.
        set_aside: patients whose scans were not read.
        importances: share of the scatter of the errors that goes with each key; empty where there are too few trials.
        notes: how it was done, and what to be wary of.
    """

    name: str
    answer: str
    keys: tuple[SearchedKey, ...]
    trials: tuple[SearchTrial, ...]
    wanted: int
    outer_fold: int | None
    inner_folds: int
    patients: int
    scans: int
    set_aside: int
    sampler: str
    pruner: str
    importances: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> list[SearchTrial]:
        """Trials that were trained and judged to their end, the best first."""
        known = [trial for trial in self.trials if trial.state == "complete"]
        return sorted(known, key=lambda trial: (trial.mae_ml.value or 0.0, trial.number))


_ADAPTER = TypeAdapter(SearchRecord)


def write_search(record: SearchRecord, directory: Path) -> None:
    """Write `search.json` and `trials.csv` into the directory of the search."""
    atomic.write_text(directory / SEARCH, json.dumps(asdict(record), indent=1) + "\n")
    names = [key.name for key in record.keys]
    columns = [*_row(SearchTrial(0, "waiting", {}), names)]
    rows = [_row(trial, names) for trial in record.trials]
    with atomic.replacing(directory / TRIALS) as temporary:
        pd.DataFrame(rows, columns=columns).to_csv(temporary, index=False, float_format="%.6g")


def read_search(directory: Path) -> SearchRecord:
    """Read `search.json`.

    Raises:
        RunError: no such file, or its content is not that of a search.
    """
    path = directory / SEARCH
    return read_json(path, _ADAPTER.validate_json, ": no trial of the search has ended. Go on with `volest tune`.")


def _row(trial: SearchTrial, names: list[str]) -> dict[str, object]:
    return {
        "trial": trial.number,
        "state": trial.state,
        "mae_ml": trial.mae_ml.value,
        "low_ml": trial.mae_ml.low,
        "high_ml": trial.mae_ml.high,
        "fold_sd_ml": trial.fold_sd_ml,
        "last_mae_ml": trial.last_mae_ml,
        **{name: trial.values.get(name) for name in names},
        "share_percent": trial.share_percent,
        "seconds": trial.seconds,
        "attempts": trial.attempts,
        "reason": trial.reason,
    }
