import pytest
import torch

from volest.config import load_config
from volest.models.registry import build_network
from volest.training.compilation import compiled


@pytest.fixture
def network():
    config = load_config(None, ["model.widths=[4, 4, 8, 8]", "model.norm=batch", "model.dropout=0.5"])
    return build_network(config.model, (16, 16, 16))


def test_where_it_cannot_be_compiled_it_stays_as_it_is_with_a_word(network, monkeypatch):
    def broken(function):
        def call(*_):
            raise RuntimeError("no C++ compiler was found\nin any of many places")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    told = []
    observe = compiled(network, torch.zeros(2, 1, 16, 16, 16), "32-true", told.append)
    assert observe == network.observe
    assert len(told) == 1
    assert "cannot compile the network (RuntimeError: no C++ compiler was found). It trains as it is" in told[0]


def test_the_trial_leaves_no_trace(network, monkeypatch, rng):
    monkeypatch.setattr(torch, "compile", lambda function: function)  # the trial, without the minutes
    state, random = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()
    voxels = torch.from_numpy(rng.normal(size=(2, 1, 16, 16, 16)).astype("float32"))
    compiled(network, voxels, "32-true", lambda sentence: pytest.fail(sentence))
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in network.parameters())
