"""`encoder.safetensors` and `encoder.json`: a pretrained encoder, and which scans it has seen.

The record also lies within the weights, where no copy can lose it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from volest.config.pretraining import PretrainConfig
from volest.config.schema import ModelConfig
from volest.geometry import Grid
from volest.records import atomic
from volest.records.damage import damaged, read_json

METADATA = "volest.encoder"
"""Name of the record within the weights."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeenScan(_Data):
    """A scan that the encoder was trained on.

    Attributes:
        patient_id: None where nobody told.
        sha256: of its file or files.
        content_sha256: of its voxels, however a file stores them.
        is_labelled: whether it is a training scan of the fold, rather than one of data.unlabelled.
    """

    scan_id: str
    patient_id: str | None
    sha256: str
    content_sha256: str
    is_labelled: bool


class LeftOutScan(_Data):
    """A scan that was not used, and why."""

    scan_id: str
    patient_id: str | None
    reason: str


class EncoderRecord(_Data):
    """Where an encoder comes from.

    Attributes:
        fold: whose held-out patients it has not seen; None where there was no fold.
        grid: raster that it saw.
        final_loss: of the last epoch.
        tensors: shape of each weight, by name.
        scans: that it has seen, those of the encoder that it started from among them.
        left_out: scans that it could not be shown.
    """

    volest_version: str
    fold: int | None
    seed: int
    model: ModelConfig
    pretrain: PretrainConfig
    grid: Grid
    clip_percentiles: tuple[float, float]
    final_loss: float
    tensors: Mapping[str, tuple[int, ...]]
    scans: tuple[SeenScan, ...]
    left_out: tuple[LeftOutScan, ...]


def write_encoder_record(record: EncoderRecord, path: Path) -> None:
    """Write `encoder.json`."""
    atomic.write_text(path, record.model_dump_json(indent=2) + "\n")


def read_encoder_record(path: Path) -> EncoderRecord:
    """Read `encoder.json`.

    Raises:
        RunError: no such file, or its content is not that of an encoder.
    """
    return read_json(path, EncoderRecord.model_validate_json, ": nothing was pretrained there to its end.")


def record_of_weights(weights: Path) -> EncoderRecord | None:
    """The record within the weights, or beside those of earlier versions; None for weights from elsewhere.

    Raises:
        RunError: it is damaged, or from another version.
    """
    try:
        with safe_open(weights, "np") as file:
            within = (file.metadata() or {}).get(METADATA)
    except (SafetensorError, OSError):  # whoever loads the tensors says what is wrong with them
        return None
    if within is not None:
        try:
            return EncoderRecord.model_validate_json(within)
        except ValidationError as error:
            raise damaged(weights, error) from None
    beside = weights.with_suffix(".json")
    is_ours = weights.name == "encoder.safetensors" and beside.exists()
    return read_encoder_record(beside) if is_ours else None


_SEEN = TypeAdapter(tuple[SeenScan, ...])


def write_seen_scans(scans: Sequence[SeenScan], path: Path) -> None:
    """Write `pretraining/scans.json`."""
    atomic.write_text(path, _SEEN.dump_json(tuple(scans), indent=1).decode() + "\n")


def read_seen_scans(path: Path) -> tuple[SeenScan, ...]:
    """Read it.

    Raises:
        RunError: no such file, or its content is not that of scans.
    """
    missing = ": nobody knows what was pretrained on there. Begin anew with `volest pretrain --restart`."
    return read_json(path, _SEEN.validate_json, missing)
