"""Encoders of timm-3d by name, with our head."""

import contextlib
import difflib
import io
import warnings
from types import ModuleType

from torch import nn

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.geometry import Shape
from volest.models.head import OUTPUTS, RegressionHead, VolumeRegressor
from volest.models.output_shape import output_shape

ASKED = {"in_chans": 1, "num_classes": 0, "global_pool": ""}
"""A grey raster, and the feature map as it is before any pooling."""


def build_timm(config: ModelConfig, shape: Shape, target_mean: float) -> VolumeRegressor:
    """The encoder `timm:NAME` on one channel; published weights of three channels are summed over them.

    Raises:
        ModelError: no such name, an option it does not know, no published weights, or a raster it cannot take.
    """
    encoder = _encoder(config)
    features = output_shape(encoder, shape, config.name)
    if len(features) not in (1, 4):
        raise ModelError(
            f"model.name {config.name!r} gives features of shape {features}, expected channels and voxels along i, j, k"
            ", or one vector per scan. Leave global_pool out of model.options."
        )
    return VolumeRegressor(encoder, RegressionHead(features[0], config.dropout, target_mean, OUTPUTS[config.head]))


def _encoder(config: ModelConfig) -> nn.Module:
    timm_3d = _timm_3d()
    _, _, name = config.name.partition(":")
    known = timm_3d.list_models()
    if name.partition(".")[0] not in known:
        near = difflib.get_close_matches(name, known, n=5)
        hint = f"near it: {', '.join(near)}" if near else f"it has {len(known)}: timm_3d.list_models() names them"
        raise ModelError(f"model.name {config.name!r}: timm-3d has no encoder {name!r} ({hint}).")
    # Weights of a file are ours to load (models/weights.py); the hub's are the library's, which prints as it converts.
    from_hub = config.pretrained and config.encoder_weights is None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return timm_3d.create_model(name, pretrained=from_hub, **{**ASKED, **config.options})
    except Exception as error:  # networks of the zoo raise whatever their constructors meet; the hub adds its own
        advice = (
            "Where there is no network or no published weight, name a local file in model.encoder_weights or set "
            "model.pretrained to false."
            if from_hub
            else "Correct model.options."
        )
        raise ModelError(f"model.name {config.name!r} cannot be built: {error}. {advice}") from error


def _timm_3d() -> ModuleType:
    with warnings.catch_warnings():
        # timm-3d scripts its activations on import, which torch 2.11 and later deprecate.
        warnings.simplefilter("ignore", category=FutureWarning)
        warnings.simplefilter("ignore", category=DeprecationWarning)
        import timm_3d
    return timm_3d
