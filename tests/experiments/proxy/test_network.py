import math

import pytest

from volest.config import Config
from volest.errors import ConfigError
from volest.experiments.proxy.network import CHANNELS, proxy_network
from volest.geometry import Grid
from volest.models.registry import build_network
from volest.preprocessing.grid import plan_grid

GRID = Grid((48, 48, 48), 2.2)
RASTERS = [((48, 48, 48), (2.2, 2.2, 2.2))]


def config(**sections):
    return Config.model_validate(sections)


def test_the_proxy_is_half_as_wide_on_a_grid_half_as_fine():
    proxy = proxy_network(config(), GRID)
    assert proxy.model.widths == (8, 16, 32, 64)
    assert plan_grid(RASTERS, proxy.preprocessing) == Grid((24, 24, 24), 4.4)


def test_a_planned_and_a_given_grid_become_coarser_alike():
    given = config(preprocessing={"spacing_mm": 2.2, "shape": [48, 48, 48]})
    assert plan_grid(RASTERS, proxy_network(given, GRID).preprocessing) == Grid((24, 24, 24), 4.4)


def test_a_squeezed_raster_becomes_smaller():
    stretched = config(preprocessing={"fit": "stretch", "shape": [48, 48, 32]})
    proxy = proxy_network(stretched, Grid((48, 48, 32), None))
    assert plan_grid(RASTERS, proxy.preprocessing) == Grid((24, 24, 16), None)


def test_what_is_not_declared_stays():
    full = config(proxy={"width_ratio": 1, "spacing_ratio": 1, "epoch_ratio": 1})
    assert proxy_network(full, GRID) == full


def test_shallower_and_shorter_with_one_block_and_one_epoch_at_least():
    full = config(
        model={"blocks": [1, 2, 4, 2]}, training={"epochs": 3, "warmup_epochs": 1}, proxy={"block_ratio": 0.5}
    )
    assert proxy_network(full, GRID).model.blocks == (1, 1, 2, 1)
    shorter = proxy_network(full.model_copy(update={"proxy": full.proxy.model_copy(update={"epoch_ratio": 0.1})}), GRID)
    assert (shorter.training.epochs, shorter.training.warmup_epochs) == (1, 0.1)


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.5, 0.9])
def test_widths_never_grow_and_keep_their_groups(ratio):
    full = config(model={"widths": [4, 12, 24, 100]}, proxy={"width_ratio": ratio})
    widths = proxy_network(full, GRID).model.widths
    assert all(narrow <= wide for narrow, wide in zip(widths, full.model.widths, strict=True))
    assert math.gcd(*widths) % CHANNELS == 0


def test_a_proxy_can_be_built_and_has_fewer_parameters():
    def count(of):
        return sum(p.numel() for p in build_network(of.model, (24, 24, 24)).parameters())

    assert count(proxy_network(config(), GRID)) < 0.3 * count(config())


@pytest.mark.parametrize("name", ["rasternet", "genesis", "monai:DenseNet121"])
def test_a_network_without_widths_is_refused_with_what_can_be_done(name):
    with pytest.raises(ConfigError, match=f"{name} has no widths .*Set both to 1.*`--proxy data`"):
        proxy_network(config(model={"name": name}), GRID)


def test_a_network_without_widths_can_still_be_put_on_a_coarser_grid():
    full = config(model={"name": "rasternet"}, proxy={"width_ratio": 1.0})
    assert proxy_network(full, GRID).preprocessing.spacing_mm == pytest.approx(4.4)


def test_weights_of_the_full_network_are_not_forced_into_a_narrow_one(tmp_path):
    with pytest.raises(ConfigError, match="fit the network in its full size alone"):
        proxy_network(config(model={"encoder_weights": str(tmp_path / "encoder.safetensors")}), GRID)
