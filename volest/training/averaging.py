"""Exponential moving average of the weights, through Lightning's own callback."""

from collections.abc import Sequence

from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


def stochastic_weight_average(first_step: int) -> WeightAveraging:
    """All weights from `first_step` on, averaged alike (Izmailov et al. 2018); before it, the weights as they are.

    Buffers are averaged too, in place of the pass over the data that the paper makes for batch norm.
    """

    def average(averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor | int) -> None:
        weight = 1 / max(1, int(updates) - first_step + 1)
        for mean, now in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, weight)
            else:
                mean.copy_(now)

    return WeightAveraging(multi_avg_fn=average)


def moving_average(decay: float) -> WeightAveraging:
    """Average the weights after every step; evaluation and the final network use the average.

    The decay grows as (1 + n) / (10 + n) up to `decay`, so that the random first weights are soon forgotten (the
    schedule of TensorFlow's ExponentialMovingAverage). Buffers are averaged too, so that the statistics of batch norm
    belong to the averaged weights.
    """

    def average(averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor | int) -> None:
        n = float(updates)  # once for all tensors: on a GPU it waits for the step to end
        weight = 1 - min(decay, (1 + n) / (10 + n))
        for mean, now in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, weight)
            else:
                mean.copy_(now)

    return WeightAveraging(multi_avg_fn=average)
