import pytest
from torch import nn

from volest.config import load_config
from volest.errors import ConfigError
from volest.models.registry import build_network
from volest.training import processes
from volest.training.shared_norms import share_norms


@pytest.fixture
def shared(monkeypatch):
    """The network of some settings, to be trained by so many processes on a device."""

    def share(count, device, *overrides):
        monkeypatch.setattr(processes, "count", lambda: count)
        config = load_config(None, ["model.widths=[4, 4, 8, 8]", "training.batch_size=8", *overrides])
        return share_norms(build_network(config.model, (16, 16, 16)), config, device)

    return share


def norms(network):
    return {type(module) for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)}


def test_batch_norm_is_shared_on_gpus(shared):
    assert norms(shared(2, "cuda", "model.norm=batch")) == {nn.SyncBatchNorm}


def test_batch_norm_is_refused_on_cpus_where_torch_cannot_share_it(shared):
    with pytest.raises(ConfigError, match="which torch shares between processes on GPUs alone"):
        shared(2, "cpu", "model.norm=batch")


def test_batch_norm_of_a_2d_network_is_refused_likewise(shared):
    with pytest.raises(ConfigError, match="rasternet has batch norm"):
        shared(2, "cpu", "model.name=rasternet")


def test_ghost_batch_norm_keeps_to_its_parts_of_a_batch(shared):
    assert nn.SyncBatchNorm not in norms(shared(2, "cuda", "model.norm=ghost", "model.ghost_batch_size=4"))
    with pytest.raises(ConfigError, match="larger than the 2 scans of a step that one of 4 processes sees"):
        shared(4, "cpu", "model.norm=ghost", "model.ghost_batch_size=4")


def test_a_batch_holds_a_scan_for_each_process(shared):
    with pytest.raises(ConfigError, match="and there are 9"):
        shared(9, "cpu")


def test_alone_nothing_changes(shared):
    assert norms(shared(1, "cpu", "model.norm=batch")) == {nn.BatchNorm3d}
