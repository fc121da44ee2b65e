import numpy as np
import pytest
import torch
from torch import nn

from volest.errors import ModelError
from volest.geometry import Grid
from volest.inference.encoder import FoldEncoder, network_encoder
from volest.preprocessing.cache import load_entry
from volest.preprocessing.intensity import standardise

GRID = Grid((4, 5, 6), 1.0)


@pytest.fixture
def entries(tmp_path, rng):
    paths = [tmp_path / f"{n}.npy" for n in range(6)]
    for path in paths:
        np.save(path, rng.uniform(0.1, 1, GRID.shape).astype(np.float16))
    return paths


def encoder(encode):
    return FoldEncoder("a test", GRID, (0.0, 99.5), encode)


def test_a_feature_is_the_mean_of_its_map(entries):
    latents = encoder(lambda batch: torch.cat([batch, batch.square()], dim=1)).latents(entries)
    assert latents.shape == (6, 2)
    assert latents[3, 1] == pytest.approx(float(np.square(standardise(load_entry(entries[3]))).mean()), rel=1e-5)


def test_a_vector_is_taken_as_it_is(entries):
    latents = encoder(lambda batch: batch.flatten(1)[:, :3]).latents(entries)
    assert latents[2] == pytest.approx(standardise(load_entry(entries[2])).ravel()[:3], rel=1e-5)


def test_the_order_of_the_scans_is_kept_over_batches(entries):
    encode = encoder(lambda batch: batch.repeat(1, 2, 1, 1, 1))
    alone = np.vstack([encode.latents([entry]) for entry in entries])
    assert np.allclose(encode.latents(entries), alone)


def test_an_encoder_that_ends_in_its_estimate_has_no_latent_space(entries):
    with pytest.raises(ModelError, match=r"gives 1 number per scan, which is its estimate"):
        encoder(lambda batch: batch).latents(entries)


@pytest.mark.slow
def test_the_head_on_the_latents_is_the_prediction(finished_run):
    """So these are the features that the network itself reads the volume from."""
    from volest.inference.model import load_model

    network, trained = network_encoder(finished_run.fold(0)), load_model(finished_run.fold(0))
    raster = torch.rand(2, 1, *network.grid.shape)
    with torch.inference_mode():
        latents = network.encode(raster).mean(dim=(2, 3, 4))
        head = trained.network.head
        assert isinstance(head, nn.Module)
        assert torch.allclose(head(latents)[:, 0], trained.network(raster), atol=1e-5)
