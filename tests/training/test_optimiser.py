import pytest
import torch
from torch import nn

from volest.config.schema import TrainingConfig
from volest.training.optimiser import build_optimiser, share_of_peak


@pytest.mark.parametrize(
    "name, kind", [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)]
)
def test_the_optimiser_is_the_one_asked_for_and_decays_no_bias(name, kind):
    built = build_optimiser(nn.Linear(3, 1), TrainingConfig(optimizer=name, weight_decay=0.2, learning_rate=0.01))
    assert type(built) is kind
    assert [(len(g["params"]), g["weight_decay"], g["lr"]) for g in built.param_groups] == [
        (1, 0.2, 0.01),
        (1, 0.0, 0.01),
    ]


def test_sgd_has_nesterov_momentum():
    built = build_optimiser(nn.Linear(3, 1), TrainingConfig(optimizer="sgd"))
    assert built.param_groups[0]["nesterov"]
    assert built.param_groups[0]["momentum"] == 0.9


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ("cosine", [1.0, 0.853553, 0.5, 0.0]),
        ("linear", [1.0, 0.75, 0.5, 0.0]),
        ("step", [1, 1, 0.1, 0.01]),
        ("constant", [1, 1, 1, 1]),
    ],
)
def test_each_schedule_after_none_a_quarter_half_and_all_of_the_steps(schedule, expected):
    shares = [share_of_peak(step, 1000, 0, schedule) for step in (0, 250, 500, 1000)]
    assert shares == pytest.approx(expected, abs=1e-6)


def test_a_warm_up_rises_whatever_the_schedule():
    assert [share_of_peak(step, 100, 4, "constant") for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
