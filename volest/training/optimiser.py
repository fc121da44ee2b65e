"""How a gradient moves the weights, and how far at each step."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from volest.config.schema import TrainingConfig
from volest.training.learning_groups import learning_groups

MOMENTUM = 0.9


def build_optimiser(network: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW, Adam or SGD; norms and biases are not decayed, as decay would only move the mean.

    Each group of parameters says in `from_epoch` how long it stands still.
    """
    groups: list[dict[str, Any]] = []
    for group in learning_groups(network, config.finetune):
        alike = {"lr": config.learning_rate * group.rate, "from_epoch": group.from_epoch}
        matrices = [p for p in group.parameters if p.ndim > 1]
        vectors = [p for p in group.parameters if p.ndim <= 1]
        groups.append({"params": matrices, "weight_decay": config.weight_decay, **alike})
        groups.append({"params": vectors, "weight_decay": 0.0, **alike})
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=MOMENTUM, nesterov=True)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    # One kernel for all weights. Not with fp16, where it would undo the scale of the loss after the clipping.
    return kind(groups, lr=config.learning_rate, fused=config.precision != "fp16")


SCHEDULES: dict[str, Callable[[float], float]] = {
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),
    "linear": lambda done: 1 - done,
    "step": lambda done: 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01,
    "constant": lambda done: 1.0,
}
"""Share of the learning rate after a share of the steps."""


def share_of_peak(step: int, steps: int, warmup_steps: float, schedule: str) -> float:
    """Of the learning rate, at `step` of `steps`: a linear warm-up, at most half of them, times the schedule."""
    warmup = min(1.0, (step + 1) / max(min(warmup_steps, steps / 2), 1))
    return warmup * SCHEDULES[schedule](min(1.0, step / steps))
