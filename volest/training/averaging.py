"""Exponential moving average of the weights, through Lightning's own callback."""

from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


def moving_average(decay: float) -> WeightAveraging:
    """Average the weights after every step; evaluation and the final network use the average.

    The decay grows as (1 + n) / (10 + n) up to `decay`, so that the random first weights are soon forgotten (the
    schedule of TensorFlow's ExponentialMovingAverage). Buffers are averaged too, so that the statistics of batch norm
    belong to the averaged weights.
    """

    def average(averaged: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
        if not averaged.is_floating_point():
            return current
        n = float(updates)
        return averaged.lerp(current, 1 - min(decay, (1 + n) / (10 + n)))

    return WeightAveraging(avg_fn=average)
