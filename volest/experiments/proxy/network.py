"""A smaller network on a coarser grid in place of that of a configuration."""

import math

from volest.config import Config
from volest.config.proxy import ProxyConfig
from volest.config.schema import ModelConfig
from volest.errors import ConfigError
from volest.geometry import Grid, Shape
from volest.preprocessing.grid import MULTIPLE

CHANNELS = 4
"""Widths of a proxy are multiples of it, so that groups of a group norm can be as many."""


def proxy_network(config: Config, grid: Grid) -> Config:
    """The configuration with the network, the grid and the epochs that `config.proxy` makes of them.

    Args:
        config: in full.
        grid: that its network sees.

    Raises:
        ConfigError: the network has no widths of its own, or starts from weights that fit its full size alone.
    """
    require_proxy_network(config)
    training, ratio = config.training, config.proxy.epoch_ratio
    shorter = {"epochs": max(1, round(ratio * training.epochs)), "warmup_epochs": ratio * training.warmup_epochs}
    changed = {
        "model": config.model.model_copy(update=_smaller(config.model, config.proxy)),
        "preprocessing": config.preprocessing.model_copy(update=_coarser(grid, config.proxy.spacing_ratio)),
        "training": training.model_copy(update=shorter),
    }
    return config.model_copy(update=changed)


def require_proxy_network(config: Config) -> None:
    """Raise ConfigError unless the network can be had in a smaller size."""
    model, proxy = config.model, config.proxy
    keeps_its_size = proxy.width_ratio == proxy.block_ratio == 1
    if keeps_its_size or (model.name == "resnet" and model.encoder_weights is None):
        return
    why = (
        f"model.encoder_weights {model.encoder_weights} fit the network in its full size alone"
        if model.name == "resnet"
        else f"model.name {model.name} has no widths and blocks to be scaled, as resnet has"
    )
    raise ConfigError(
        f"proxy.width_ratio {proxy.width_ratio:g} and proxy.block_ratio {proxy.block_ratio:g} ask for a smaller "
        f"network, and {why}. Set both to 1, which keeps the coarser grid and fewer epochs, or search with "
        "`--proxy data`."
    )


def _smaller(model: ModelConfig, proxy: ProxyConfig) -> dict[str, tuple[int, ...]]:
    return {
        "widths": tuple(_narrowed(width, proxy.width_ratio) for width in model.widths),
        "blocks": tuple(max(1, round(proxy.block_ratio * count)) for count in model.blocks),
    }


def _narrowed(width: int, ratio: float) -> int:
    return width if ratio == 1 else min(width, CHANNELS * max(1, round(ratio * width / CHANNELS)))


def _coarser(grid: Grid, ratio: float) -> dict[str, float | Shape | None]:
    """In millimetres the shape follows from the scans; a squeezed raster has a shape alone."""
    if ratio == 1:
        return {}
    if grid.spacing_mm is not None:
        return {"spacing_mm": float(f"{ratio * grid.spacing_mm:.4g}"), "shape": None}
    i, j, k = (MULTIPLE * max(1, math.ceil(edge / ratio / MULTIPLE)) for edge in grid.shape)
    return {"shape": (i, j, k)}
