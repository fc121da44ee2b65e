import pytest
import torch

from volest.errors import TrainingError
from volest.experiments.rehearsal import Rehearsal, limited_threads

SHAPE = (16, 16, 16)


@pytest.fixture
def batch(rng):
    return torch.from_numpy(rng.standard_normal((2, 1, *SHAPE)).astype("float32")), torch.tensor([-1.0, 1.0])


def test_steps_move_the_weights_and_lower_the_loss(tiny, batch):
    rehearsal = Rehearsal(tiny("model.dropout=0"), SHAPE, "cpu", "32-true")
    losses = [rehearsal.step(batch) for _ in range(20)]
    assert losses[-1] < losses[0]
    assert rehearsal.gradient_norm > 0
    assert len(rehearsal.predict(batch[0])) == 2


@pytest.mark.parametrize(("precision", "dtype"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)])
def test_convolutions_compute_in_the_precision_asked_for(tiny, batch, precision, dtype):
    """No step is taken: the gradients of a processor without bf16 are now and then no numbers."""
    rehearsal, computed = Rehearsal(tiny(), SHAPE, "cpu", precision), set()
    for module in rehearsal.module.modules():
        if isinstance(module, torch.nn.Conv3d):
            module.register_forward_hook(lambda _module, _inputs, output: computed.add(output.dtype))
    rehearsal.predict(batch[0])
    assert computed == {dtype}


def test_the_same_seed_gives_the_same_steps(tiny, batch):
    one, other = (Rehearsal(tiny(), SHAPE, "cpu", "32-true").step(batch) for _ in range(2))
    assert one == other


def test_the_rate_is_that_of_the_configuration_from_the_first_step(tiny):
    rehearsal = Rehearsal(tiny("training.learning_rate=0.02"), SHAPE, "cpu", "32-true")
    assert {group["lr"] for group in rehearsal.optimizer.param_groups} == {0.02}


def test_a_loss_that_is_no_number_ends_it(tiny, batch):
    rehearsal = Rehearsal(tiny(), SHAPE, "cpu", "32-true")
    with pytest.raises(TrainingError, match="the loss became nan"):
        rehearsal.step((batch[0] * torch.nan, batch[1]))


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with limited_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
