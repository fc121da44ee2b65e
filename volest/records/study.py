"""`study.json`: what a study tried, found and answers. The page is drawn from it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json
from volest.records.evaluation import Figure

UNKNOWN = Figure(None, None, None)

STUDY, RESULTS = "study.json", "results.csv"


@dataclass(frozen=True)
class ArmSummary:
    """One thing that was tried, over all its folds and seeds.

    Attributes:
        settings: keys that differ from the recipe, as they were written.
        trials: trainings that ended.
        failures: reasons of those that did not.
        mae_ml: out of fold; the absolute error of a scan is its mean over the seeds.
        seed_sd_ml: of the MAE of single seeds.
        against: arm that it is compared to; empty for one that is compared to none.
        change_ml: its MAE minus that of the other, the same scans in pairs; below zero is better.
        p: Wilcoxon over patients, Holm's correction over the arms.
        train_mae_ml: in evaluation mode, without augmentation, after the last epoch.
        gap_ml: held-out minus training MAE then.
        noise_scale: gradient noise scale then, in scans.
        seconds: of one training.
        memory_bytes: of one training step, counted; workspaces are left out.
    """

    name: str
    settings: Mapping[str, str]
    trials: int
    failures: tuple[str, ...]
    mae_ml: Figure
    seed_sd_ml: float | None = None
    against: str = ""
    change_ml: Figure = UNKNOWN
    p: float | None = None
    train_mae_ml: float | None = None
    gap_ml: float | None = None
    noise_scale: float | None = None
    seconds: float | None = None
    memory_bytes: float | None = None


@dataclass(frozen=True)
class StudyCurve:
    """A figure of a study beside that of its arms.

    Attributes:
        message: what it shows, in words.
        lines: x and y of each, by name.
    """

    name: str
    title: str
    message: str
    x_label: str
    y_label: str
    lines: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]


@dataclass(frozen=True)
class StudyRecord:
    """A study to its end.

    Attributes:
        answer: the first sentence of the page, and whatever must stand beside it.
        notes: how it was done, and what to be wary of.
    """

    name: str
    question: str
    answer: str
    arms: tuple[ArmSummary, ...]
    scans: int
    patients: int
    seeds: int
    folds: int
    notes: tuple[str, ...] = ()
    curves: tuple[StudyCurve, ...] = field(default=())


_ADAPTER = TypeAdapter(StudyRecord)


def write_study(record: StudyRecord, directory: Path) -> None:
    """Write `study.json` into the directory of the study."""
    atomic.write_text(directory / STUDY, json.dumps(asdict(record), indent=1) + "\n")


def read_study(directory: Path) -> StudyRecord:
    """Read it.

    Raises:
        RunError: no such file, or its content is not that of a study.
    """
    path = directory / STUDY
    return read_json(path, _ADAPTER.validate_json, ": the study has not ended. Go on with `volest study`.")
