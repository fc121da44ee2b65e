"""`probes.json`: what can be read off the latents of a run, each figure with its interval over patients."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json
from volest.records.evaluation import Comparison, Figure


@dataclass(frozen=True)
class VolumeSkill:
    """How well something tells the volume of held-out scans.

    Attributes:
        name: of what tells it.
        r2: of millilitres, as all figures here.
    """

    name: str
    n_scans: int
    n_patients: int
    r2: Figure
    mae_ml: Figure
    spearman_rho: Figure


@dataclass(frozen=True)
class CategorySkill:
    """How well a linear probe tells a category of held-out scans.

    Attributes:
        column: of the manifest.
        values: that it tells apart.
        recall_percent: mean over the values of the share of their scans that is recognised.
        chance_percent: the same for guesses.
    """

    column: str
    values: tuple[str, ...]
    n_scans: int
    n_patients: int
    recall_percent: Figure
    chance_percent: float

    @property
    def shown(self) -> bool:
        """Whether the whole interval lies above guessing."""
        return self.recall_percent.low is not None and self.recall_percent.low > self.chance_percent


@dataclass(frozen=True)
class Fingerprint:
    """How often the nearest of the other held-out scans is one of the same patient.

    Attributes:
        n_scans: asked about, those of patients with several.
        n_patients: with several scans.
        found_percent: of these scans.
        chance_percent: mean over permutations of the patients' names.
        p: share of the permutations that find as many.
        by_volume_percent: found where the reference volume alone says which scan is nearest.
    """

    n_scans: int
    n_patients: int
    found_percent: Figure
    chance_percent: float
    p: float
    by_volume_percent: float


@dataclass(frozen=True)
class Probes:
    """All of it.

    Attributes:
        answer: what it comes to, in a sentence or two.
        encoder: what made the latents.
        folds: whose latents were probed.
        volume: the linear probe first, then what it stands beside.
        comparisons: the linear probe against each of the others, pair by pair.
        fingerprint: None where no patient has several scans.
        remarks: what a reader must know, in sentences.
    """

    answer: str
    encoder: str
    features: int
    folds: tuple[int, ...]
    volume: tuple[VolumeSkill, ...]
    comparisons: tuple[Comparison, ...]
    categories: tuple[CategorySkill, ...]
    fingerprint: Fingerprint | None
    remarks: tuple[str, ...]


_PROBES = TypeAdapter(Probes)


def write_probes(probes: Probes, path: Path) -> None:
    """Write the file in one step."""
    atomic.write_text(path, json.dumps(asdict(probes), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_probes(path: Path) -> Probes:
    """Read it again.

    Raises:
        RunError: no such file, or its content is not that of probes.
    """
    return read_json(path, _PROBES.validate_json, f". Make it with `volest latents {path.parent}`.")
