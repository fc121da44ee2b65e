"""The trained network as data: weights without pickle, and how to use them."""

from pathlib import Path

from safetensors.torch import save_file
from torch import nn

from volest.records import atomic
from volest.records.encoder import EncoderRecord, write_encoder_record
from volest.records.model import ModelRecord, write_model_record
from volest.records.run import FoldDirectory


def save_model(network: nn.Module, record: ModelRecord, directory: FoldDirectory) -> None:
    """Write `model.safetensors`, then `model.json`."""
    _save_weights(network, directory.weights)
    write_model_record(record, directory.model_json)


def save_encoder(encoder: nn.Module, record: EncoderRecord, directory: FoldDirectory) -> None:
    """Write `encoder.safetensors`, then `encoder.json`."""
    _save_weights(encoder, directory.encoder_weights)
    write_encoder_record(record, directory.encoder_json)


def _save_weights(network: nn.Module, path: Path) -> None:
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic.replacing(path) as temporary:
        save_file(weights, temporary)
