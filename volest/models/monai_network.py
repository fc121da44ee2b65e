"""Networks of MONAI by name, where they can give one number."""

import difflib
import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.geometry import Shape
from volest.models.feature_map import expose_features
from volest.models.head import RegressionHead, VolumeRegressor
from volest.models.output_shape import output_shape

CAN_REGRESS = (
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "DenseNet264",
    "EfficientNetBN",
    "Regressor",
    "ResNet",
    "SENet154",
    "SEResNet50",
    "SEResNet101",
    "SEResNet152",
    "SEResNext50",
    "SEResNext101",
    "ViT",
)
"""Offered in messages; any other class of `monai.networks.nets` that gives one number per scan is taken too."""


def build_monai(config: ModelConfig, shape: Shape, target_mean: float) -> VolumeRegressor:
    """The network `monai:NAME` with our head in place of its last linear layer, after its last pooling if it has one.

    Raises:
        ModelError: no such name, an option it does not know or misses, a raster it cannot take, or an output that is
            not one number per scan.
    """
    network = _network(config, shape)
    output = output_shape(network, shape, config.name)
    last = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1:]
    if output not in {(), (1,)} or not last or last[0][1].out_features != 1:
        raise ModelError(
            f"model.name {config.name!r} gives an output of shape {output} per scan and does not end in one linear "
            f"unit; expected a network that regresses one number, such as {', '.join(CAN_REGRESS[:5])}."
        )
    [(name, linear)] = last
    head = RegressionHead(linear.in_features, config.dropout, target_mean)
    if expose_features(network, shape, linear.in_features, config.name):
        network.set_submodule(name, nn.Identity())
        return VolumeRegressor(network, head)
    network.set_submodule(name, head)
    return VolumeRegressor(network, nn.Identity())


def _network(config: ModelConfig, shape: Shape) -> nn.Module:
    _, _, name = config.name.partition(":")
    builder = _builder(name, config)
    offered = {key: value for key, value in _arguments(shape).items() if key in _parameters(builder)}
    try:
        return builder(**{**offered, **config.options})
    except Exception as error:  # constructors raise whatever they meet
        raise ModelError(
            f"model.name {config.name!r} cannot be built: {error}. volest passes "
            f"{', '.join(offered) or 'nothing'}; give what else it needs in model.options, as in "
            "`--set model.options='{patch_size: 8}'`."
        ) from error


def _builder(name: str, config: ModelConfig) -> Callable[..., nn.Module]:
    import monai.networks.nets as zoo

    known = [key for key, value in vars(zoo).items() if inspect.isclass(value) and issubclass(value, nn.Module)]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=5) or list(CAN_REGRESS)
        raise ModelError(f"model.name {config.name!r}: MONAI has no network {name!r} (near it: {', '.join(near)}).")
    builder: Callable[..., nn.Module] = getattr(zoo, name)
    return builder


def _arguments(shape: Shape) -> dict[str, Any]:
    """What a network may ask for, by the names that MONAI's constructors have for it."""
    return {
        "spatial_dims": 3,
        "in_channels": 1,
        "n_input_channels": 1,
        "out_channels": 1,
        "num_classes": 1,
        "in_shape": (1, *shape),
        "out_shape": (1,),
        "img_size": shape,
        "image_size": shape,
        "pretrained": False,  # some fetch ImageNet weights unasked
        "classification": True,  # a transformer without it gives one vector per patch
        "post_activation": None,  # and ends in a tanh
        "last_act": None,  # others in a sigmoid
    }


def _parameters(builder: Callable[..., nn.Module]) -> set[str]:
    """Names of the arguments, those that `**kwargs` hands to the parent class included."""
    names: set[str] = set()
    for ancestor in inspect.getmro(builder) if inspect.isclass(builder) else ():
        parameters = inspect.signature(vars(ancestor).get("__init__", object.__init__)).parameters.values()
        names |= {p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD}
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
            break
    return names
