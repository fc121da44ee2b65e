"""From features to one number per scan."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from volest.models.observation import Observation

SPREAD = 0.1
"""Of the first predictions around the mean, where features are of unit size; 0.01 a weight for 128 features."""


OUTPUTS = {"point": 1, "gaussian": 2, "quantile": 3}
"""Of each `model.head`: the estimate, and behind it log-variance, or distances to a lower and an upper quantile."""


class RegressionHead(nn.Sequential):
    """Dropout and one linear unit that starts at the training mean; more of them tell how sure the first one is.

    A head that starts at zero spends its first epochs walking from 0 mL to the mean. This one starts there: the bias is
    the mean of the training targets and the weights are small.
    """

    def __init__(self, features: int, dropout: float, target_mean: float, outputs: int = 1) -> None:
        """Take `features` numbers per scan; `target_mean` is in the unit of the target."""
        linear = nn.Linear(features, outputs)
        begin_at(linear, target_mean)
        super().__init__(nn.Dropout(dropout), linear)


def begin_at(layer: nn.Linear | nn.Conv3d, value: float) -> None:
    """Let the first output of a last layer, one weight a feature, be about `value`, and the others about 0."""
    assert layer.bias is not None
    nn.init.normal_(layer.weight, std=SPREAD / math.sqrt(layer.weight.shape[1]))
    nn.init.zeros_(layer.bias)
    nn.init.constant_(layer.bias[:1], value)


class VolumeRegressor(nn.Module):
    """An encoder with a head: one number per scan, in the unit of the target.

    Convolutional encoders give their last feature map, (batch, channels, i', j', k'), which is averaged over space
    before the head; others give a vector.
    """

    def __init__(self, encoder: nn.Module, head: nn.Module) -> None:
        """Join the two; the encoder may end in a head of its own, `head` is then the identity."""
        super().__init__()
        self.encoder = encoder
        self.head = head

    def observe(self, raster: Float[Tensor, "batch 1 i j k"]) -> Observation:
        """The one estimate, as a training wants it, with its spread where the head tells one."""
        told = self._told(raster)
        return Observation(told[:, :1], spread=told[:, None, 1:] if told.shape[1] > 1 else None)

    def forward(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, " batch"]:
        """Predict; (batch,) and never (batch, 1), which a loss against (batch,) broadcasts to batch x batch."""
        return self._told(raster)[:, 0]

    def _told(self, raster: Tensor) -> Float[Tensor, "batch output"]:
        features = self.encoder(raster)
        if isinstance(features, tuple):  # MONAI's transformers return their hidden states too
            features = features[0]
        if features.ndim == 5:
            features = features.mean(dim=(2, 3, 4))
        told: Tensor = self.head(features)
        return torch.reshape(told, (raster.shape[0], -1))
