"""Features that still have a place: what an encoder hands to the pooling before the head."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from volest.errors import ModelError
from volest.geometry import Shape
from volest.models.output_shape import output_shape

FeatureShape = tuple[int, int, int, int]
"""Channels, then voxels along i, j, k."""


class FeatureTap(nn.Module):
    """Takes the place of a network's last pooling, so that the network gives what would have been pooled."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Tensor | None = None

    def forward(self, features: Float[Tensor, "batch channels i j k"]) -> Float[Tensor, "batch channels 1 1 1"]:
        """Pool for the layers behind, and keep what came."""
        self.kept = features
        return features.mean(dim=(2, 3, 4), keepdim=True)

    def instead_of_output(self, network: nn.Module, given: Any, output: Any) -> Tensor | None:
        """Forward hook of the network; a method, as copies of a network copy the object it is bound to."""
        features, self.kept = self.kept, None
        return features


def expose_features(network: nn.Module, shape: Shape, features: int, name: str) -> bool:
    """Make `network` return its last feature map, (batch, channels, i', j', k'); names of its weights stay.

    Args:
        network: ends in a global average pooling and layers that may stay behind it.
        shape: of the rasters.
        features: channels that the pooling must have.
        name: of the network, for messages.

    Returns:
        False where it has no such pooling, as a transformer; it is then left as it was.
    """
    met: list[tuple[str, int]] = []
    pools = [(pool_name, module) for pool_name, module in network.named_modules() if _is_global(module)]
    hooks = [
        pool.register_forward_pre_hook(lambda _, given, pool_name=pool_name: met.append((pool_name, given[0].shape[1])))
        for pool_name, pool in pools
    ]
    output_shape(network, shape, name)
    for hook in hooks:
        hook.remove()
    if not met or met[-1][1] != features:
        return False
    tap = FeatureTap()
    network.set_submodule(met[-1][0], tap)
    network.register_forward_hook(tap.instead_of_output)
    return True


def feature_shape(encoder: nn.Module, shape: Shape, name: str) -> FeatureShape:
    """Shape of the feature map of one scan.

    Raises:
        ModelError: the encoder has none, as it gives one vector per scan, or cannot take the raster.
    """
    found = output_shape(encoder, shape, name)
    if len(found) != 4:
        raise ModelError(
            f"model.name {name!r} has no spatial features: its encoder gives {found} per scan, expected channels and "
            "voxels along i, j, k. Take a convolutional network, such as resnet, timm:resnet18 or monai:DenseNet121."
        )
    channels, i, j, k = found
    return channels, i, j, k


def _is_global(module: nn.Module) -> bool:
    return isinstance(module, nn.AdaptiveAvgPool3d) and module.output_size in (1, (1, 1, 1))
