import pytest
import torch
from torch import nn

from volest.experiments.doctor.step_memory import step_bytes


class Chain(nn.Module):
    """Keeps its input and one activation for the backward pass."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(10, 100, bias=False), nn.Linear(100, 1, bias=False)

    def forward(self, x):
        return self.two(self.one(x))


def test_weights_and_what_the_backward_pass_needs_are_counted():
    # five copies of 1100 weights; the input and the hidden layer are kept, the larger of them thrice
    assert step_bytes(Chain(), (8, 10), is_mixed=False) == 4 * (5 * 1100 + 8 * 10 + 8 * 100 + 2 * 8 * 100)


def test_half_precision_halves_the_activations():
    whole, half = (step_bytes(Chain(), (8, 10), is_mixed=mixed) for mixed in (False, True))
    assert whole - half == 4 * (8 * 10 + 8 * 100) // 2


def test_a_raster_beyond_any_memory_is_counted_all_the_same():
    assert step_bytes(nn.Conv3d(1, 64, 3), (4, 1, 2048, 2048, 2048), is_mixed=False) > 1e11


def test_the_network_stays_as_it_is():
    network = Chain()
    before = [p.clone() for p in network.parameters()]
    step_bytes(network, (8, 10), is_mixed=False)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    assert all(p.grad is None for p in network.parameters())


def test_a_network_that_looks_at_numbers_cannot_be_counted():
    class Looking(nn.Module):
        def forward(self, x):
            return x if x.sum().item() > 0 else -x

    with pytest.raises(RuntimeError, match="item"):
        step_bytes(Looking(), (1,), is_mixed=False)
