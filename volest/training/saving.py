"""The trained network as data: weights without pickle, and how to use them."""

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor, nn

from volest.models.autoencoder import Autoencoder
from volest.records import atomic
from volest.records.encoder import METADATA, EncoderRecord, write_encoder_record
from volest.records.manifest import file_sha256
from volest.records.model import ModelRecord, write_model_record
from volest.records.run import FoldDirectory


def save_model(network: nn.Module, record: ModelRecord, directory: FoldDirectory) -> None:
    """Write `model.safetensors`, then `model.json`, which names its checksum."""
    _save_weights(network.state_dict(), directory.weights)
    sha256 = file_sha256(directory.weights)
    write_model_record(record.model_copy(update={"weights_sha256": sha256}), directory.model_json)


def save_autoencoder(network: Autoencoder, record: EncoderRecord, directory: FoldDirectory) -> None:
    """Write `encoder.safetensors`, `decoder.safetensors` with all that is not the encoder, then `encoder.json`."""
    within = {METADATA: record.model_dump_json()}
    _save_weights(network.encoder.state_dict(), directory.encoder_weights, within)
    rest = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith("encoder.")}
    _save_weights(rest, directory.decoder_weights)
    write_encoder_record(record, directory.encoder_json)


def _save_weights(tensors: Mapping[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic.replacing(path) as temporary:
        save_file(weights, temporary, metadata)
