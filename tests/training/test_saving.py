import torch
from safetensors.torch import load_file
from torch import nn

from volest.models.memory_format import to_channels_last
from volest.records.manifest import file_sha256
from volest.records.model import read_model_record
from volest.records.run import FoldDirectory
from volest.training.saving import save_model


def test_weights_are_the_same_in_any_memory_format(tmp_path, finished_run):
    record = read_model_record(finished_run.fold(0).model_json)
    network = nn.Sequential(nn.Conv3d(2, 3, 3), nn.BatchNorm3d(3))
    plain, fast = FoldDirectory(tmp_path / "plain"), FoldDirectory(tmp_path / "fast")
    save_model(network, record, plain)
    save_model(to_channels_last(network), record, fast)
    assert plain.weights.read_bytes() == fast.weights.read_bytes()
    stored = load_file(plain.weights)
    assert all(torch.equal(stored[name], tensor) for name, tensor in network.state_dict().items())
    saved = read_model_record(plain.model_json)
    assert saved == record.model_copy(update={"weights_sha256": file_sha256(plain.weights)})
