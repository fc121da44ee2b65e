"""The trained network as data: weights without pickle, and how to use them."""

from safetensors.torch import save_file
from torch import nn

from volest.records import atomic
from volest.records.model import ModelRecord, write_model_record
from volest.records.run import FoldDirectory


def save_model(network: nn.Module, record: ModelRecord, directory: FoldDirectory) -> None:
    """Write `model.safetensors`, then `model.json`."""
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic.replacing(directory.weights) as temporary:
        save_file(weights, temporary)
    write_model_record(record, directory.model_json)
