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
class ReconstructionSummary:
    """What the autoencoders of an arm give back, over all its folds and seeds.

    Attributes:
        train_loss, held_out_loss: of the pretraining, scans corrupted but not moved, inside the fan.
        change: held-out loss minus that of the arm it is compared to, the same scans in pairs.
        p: of that, Wilcoxon over patients, Holm's correction over the arms.
        individual_variation: distance between the reconstructions of different held-out patients, relative to that
            between their scans; None where no fold holds out two patients.
        probe_r2, probe_rho: of the linear probe: coefficient of determination, Spearman's correlation.
    """

    train_loss: float
    held_out_loss: Figure
    individual_variation: float | None
    probe_r2: float | None
    probe_rho: float | None
    change: Figure = UNKNOWN
    p: float | None = None


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
        noise_scale: gradient noise scale then, in scans: median over the trainings.
        steps: moves of the weights in one training.
        seconds: of one training.
        memory_bytes: of one training step, counted; workspaces are left out.
        reconstruction: of an autoencoder, whose `mae_ml` is that of a linear probe.
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
    steps: float | None = None
    seconds: float | None = None
    memory_bytes: float | None = None
    reconstruction: ReconstructionSummary | None = None


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
class DrawnScan:
    """The middle axial plane of a held-out scan, and its reconstruction by each arm: PNG files in base64.

    Attributes:
        reconstructions: by name of the arm.
    """

    scan_id: str
    target: str
    reconstructions: Mapping[str, str]


@dataclass(frozen=True)
class StudyProjection:
    """Latents of an arm in the plane.

    Attributes:
        axes: what the two axes are.
        x, y, volume_ml, held_out: of each scan.
    """

    arm: str
    axes: tuple[str, str]
    x: tuple[float, ...]
    y: tuple[float, ...]
    volume_ml: tuple[float, ...]
    held_out: tuple[bool, ...]


@dataclass(frozen=True)
class StudyRecord:
    """A study to its end.

    Attributes:
        answer: the first sentence of the page, and whatever must stand beside it.
        notes: how it was done, and what to be wary of.
        reconstructions, projections: of autoencoders, the first seed and fold of each arm.
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
    reconstructions: tuple[DrawnScan, ...] = ()
    projections: tuple[StudyProjection, ...] = ()


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
