"""`proxy.json`: whether a proxy ranked configurations as full training does, and what it saved."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json
from volest.records.evaluation import Figure

PROXY = "proxy.json"


@dataclass(frozen=True)
class TwiceTrained:
    """A configuration that was trained as proxy and in full.

    Attributes:
        settings: keys that differ from the recipe, as they were written.
        proxy_ml: inner held-out MAE of the proxy.
        full_ml: of the full training, on the same scans.
        proxy_seconds: of the proxy's training.
    """

    name: str
    settings: Mapping[str, str]
    proxy_ml: float
    full_ml: float
    proxy_seconds: float
    full_seconds: float


@dataclass(frozen=True)
class RankAgreement:
    """How proxy and full scores go together over configurations, which are the units of the intervals.

    Attributes:
        best: configuration that full training ranks first.
        chosen: that the proxy ranks first.
        regret_ml: full MAE of `chosen` minus that of `best`.
        regret_percent: of the MAE of `best`.
    """

    spearman: Figure
    kendall: Figure
    pearson: Figure
    best: str
    chosen: str
    regret_ml: float
    regret_percent: float


@dataclass(frozen=True)
class ProxyValidation:
    """A proxy on trial.

    Attributes:
        verdict: in a sentence or two.
        can_rank: whether a search may rely on it.
        selection_seconds: that choosing the patients took.
        speed_up: full over proxy seconds, the choice of patients shared among the `searched` configurations.
        patients: that the proxy trained on, of `of_patients`.
        changes: keys that the proxy changed, with their values, for the first configuration.
    """

    verdict: str
    can_rank: bool
    agreement: RankAgreement
    trained: tuple[TwiceTrained, ...]
    selection_seconds: float
    searched: int
    speed_up: float
    patients: tuple[str, ...]
    of_patients: int
    changes: Mapping[str, str]


_ADAPTER = TypeAdapter(ProxyValidation)


def write_proxy(record: ProxyValidation, directory: Path) -> None:
    """Write `proxy.json` into the directory of the search."""
    atomic.write_text(directory / PROXY, json.dumps(asdict(record), indent=1) + "\n")


def read_proxy(directory: Path) -> ProxyValidation:
    """Read it.

    Raises:
        RunError: no such file, or its content is not that of a validation.
    """
    path = directory / PROXY
    return read_json(
        path, _ADAPTER.validate_json, ": no proxy was validated. Run `volest tune --proxy ... --validate N`."
    )
