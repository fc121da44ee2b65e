"""A 3D autoencoder around the encoder of a regressor."""

import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from volest.errors import ModelError
from volest.geometry import Shape
from volest.models.feature_map import FeatureShape, feature_shape

LARGEST_GROUP_COUNT = 8
NARROWEST = 8
"""Channels of the decoder at full resolution."""


class Autoencoder(nn.Module):
    """Encoder, latent vector, and a decoder that doubles the raster step by step back to its shape.

    The decoder has group norm alone, so that batches may be small (Wu & He, Group Normalization, 2018). Its
    convolutions come before each doubling, where they cost an eighth.
    """

    def __init__(self, encoder: nn.Module, features: FeatureShape, latent: int | None, shape: Shape) -> None:
        """Join the parts.

        Args:
            encoder: from (batch, 1, i, j, k) to a feature map of the shape `features`.
            features: channels and voxels along i, j, k.
            latent: numbers in between; None hands the whole map to the decoder.
            shape: of the rasters.
        """
        super().__init__()
        self.encoder = encoder
        self.features = features
        self.latent = latent
        numbers = math.prod(features)
        self.narrow = nn.Linear(numbers, latent) if latent else nn.Identity()
        self.widen = nn.Linear(latent, numbers) if latent else nn.Identity()
        self.decoder = _decoder(features, shape)

    def encode(self, voxels: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, "batch latent"]:
        """What is left of a raster."""
        latent: Tensor = self.narrow(self.encoder(voxels).flatten(1))
        return latent

    def decode(self, latent: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 1 i j k"]:
        """What it tells of the raster, in standardised intensities."""
        raster: Tensor = self.decoder(self.widen(latent).unflatten(1, self.features))
        return raster

    def forward(self, voxels: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, "batch 1 i j k"]:
        """The reconstruction."""
        return self.decode(self.encode(voxels))


def build_autoencoder(encoder: nn.Module, latent: int | None, shape: Shape, name: str) -> Autoencoder:
    """Around `encoder`, which stays the object it is.

    Args:
        encoder: of a regressor.
        latent: numbers between encoder and decoder; None for the whole feature map.
        shape: of the rasters.
        name: of the network, for messages.

    Raises:
        ModelError: the encoder has no spatial features, or fewer numbers than the latent.
    """
    features = feature_shape(encoder, shape, name)
    if latent is not None and latent > math.prod(features):
        raise ModelError(
            f"pretrain.latent {latent} is larger than what the encoder of {name!r} can carry: {math.prod(features)} "
            f"numbers, {features[0]} channels of {' x '.join(map(str, features[1:]))} voxels. Set it to that or less."
        )
    return Autoencoder(encoder, features, latent, shape)


class Enlarge(nn.Module):
    """Trilinear interpolation to a shape: transposed convolutions leave a checkerboard (Odena et al. 2016)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, *shape)."""
        return F.interpolate(features, size=self.shape, mode="trilinear")


def _decoder(features: FeatureShape, shape: Shape) -> nn.Sequential:
    width, *coarse = features
    doublings = max(1, max(math.ceil(math.log2(n / m)) for n, m in zip(shape, coarse, strict=True)))
    layers: list[nn.Module] = []
    voxels = math.prod(coarse)
    for left in reversed(range(doublings)):
        i, j, k = (max(m, math.ceil(n / 2**left)) for n, m in zip(shape, coarse, strict=True))
        narrower = max(NARROWEST, min(width // 2, NARROWEST * 2**left))
        groups = math.gcd(LARGEST_GROUP_COUNT, narrower)
        if voxels * narrower == groups:  # a group of one value would always be zero
            groups = 1
        norm = nn.GroupNorm(groups, narrower)
        layers += [nn.Conv3d(width, narrower, 3, padding=1), norm, nn.ReLU(), Enlarge((i, j, k))]
        width, voxels = narrower, i * j * k
    return nn.Sequential(*layers, nn.Conv3d(width, 1, 3, padding=1))
