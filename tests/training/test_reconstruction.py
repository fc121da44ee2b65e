import numpy as np
import pytest
import torch

from volest.config.augmentation import AugmentationConfig
from volest.config.pretraining import PretrainConfig
from volest.preprocessing.intensity import standardise_
from volest.training.reconstruction import ReconstructionScans, UnlabelledExample, fan_scale, undegraded

SHAPE = (12, 16, 12)
OTHERS = (
    "rotation",
    "translation",
    "zoom",
    "elastic",
    "anisotropy",
    "fan_crop",
    "blur",
    "speckle",
    "shadow",
    "gamma",
    "noise",
    "depth_gain",
)


@pytest.fixture
def examples(tmp_path, rng):
    found = []
    for n in range(3):
        voxels = rng.uniform(0.1, 0.9, SHAPE)
        voxels[:, 12:] = 0  # outside the fan
        field = np.arange(SHAPE[1])[:, None] * np.ones(SHAPE) < 12
        for name, raster in ((f"{n}.npy", voxels), (f"{n}.field.npy", field)):
            np.save(tmp_path / name, raster.astype(np.float16))
        found.append(UnlabelledExample(f"s{n}", f"p{n}", tmp_path / f"{n}.npy", tmp_path / f"{n}.field.npy"))
    return found


def scans(examples, augmentation=None, **settings):
    return ReconstructionScans(examples, augmentation, PretrainConfig(**settings), seed=0)


def test_a_plain_autoencoder_is_asked_for_what_it_sees(examples):
    seen, target, fan = scans(examples, variant="plain")[[(0, 0), (0, 2)]]
    assert torch.equal(seen, target)
    assert seen.shape == (2, 1, *SHAPE)
    assert fan[:, :, :, :12].all()
    assert not fan[:, :, :, 12:].any()


def test_what_the_encoder_sees_is_standardised_as_any_scan(examples):
    of = scans(examples, variant="plain")
    seen, _, _ = of[[(0, 1)]]
    torch.testing.assert_close(seen, standardise_(of.stack[[1]]), atol=1e-5, rtol=1e-5)


def test_a_scan_without_tissue_stays_as_it_is():
    mean, sd = fan_scale(torch.zeros(1, 1, 4, 4, 4))
    assert (mean.item(), sd.item()) == (0, 1)


def test_denoising_asks_for_the_raster_without_speckle_on_the_scale_of_what_was_seen(examples):
    of = scans(examples, variant="denoising", shadow={"probability": 1.0})
    seen, target, fan = of[[(0, 0)]]
    clean = of.stack[[0]]
    mean, sd = fan_scale(clean)
    assert torch.corrcoef(torch.stack([target[fan], clean[fan]]))[0, 1] > 0.9999
    assert not torch.allclose(target, (clean - mean) / sd, atol=0.01)  # the seen one's scale, not its own
    assert (seen - target)[fan].abs().mean() > 0.3
    assert torch.equal(seen[~fan], target[~fan])


def test_masked_hides_whole_blocks_from_the_encoder_and_none_from_the_loss(examples):
    seen, target, fan = scans(examples, variant="masked", hidden_share=0.5, block_voxels=4)[[(3, 0)]]
    hidden = (seen != target) & fan
    assert (seen[hidden] == 0).all()
    assert 0.2 < hidden[fan].float().mean() < 0.8
    runs = hidden[0, 0, :, 6, :].float()
    assert (runs.diff(dim=0).abs().sum() + runs.diff(dim=1).abs().sum()) < 0.4 * runs.numel()


@pytest.mark.parametrize("variant", ["plain", "denoising", "masked"])
def test_a_batch_follows_from_its_keys(examples, variant):
    one, other = (scans(examples, AugmentationConfig(), variant=variant) for _ in range(2))
    for first, second in zip(one[[(2, 0), (2, 1)]], other[[(2, 0), (2, 1)]], strict=True):
        assert torch.equal(first, second)
    assert not torch.equal(one[[(2, 0)]][0], one[[(3, 0)]][0])


def test_augmentation_moves_both_rasters_and_degrades_neither(examples):
    moved = scans(examples, AugmentationConfig(), variant="plain")
    seen, target, _ = moved[[(0, 0)]]
    assert torch.equal(seen, target)
    silent = undegraded(AugmentationConfig())
    assert silent.speckle.probability == silent.shadow.probability == silent.noise.probability == 0
    assert silent.zoom == AugmentationConfig().zoom


def test_a_dark_structure_within_the_field_is_to_be_reconstructed_as_well(examples):
    voxels = np.load(examples[0].voxels)
    voxels[4:8, 4:8, 4:8] = 0  # fluid
    np.save(examples[0].voxels, voxels)
    [[_, _, fan]] = [scans(examples, variant="plain")[[(0, 0)]]]
    assert fan[0, 0, 4:8, 4:8, 4:8].all()


def test_the_field_moves_as_its_scan_does(examples):
    config = AugmentationConfig()
    flip = config.without(OTHERS)
    flip = flip.model_copy(update={"flip": config.flip.model_copy(update={"axes": ("j",)})})
    _, target, fan = scans(examples, flip, variant="plain")[[(epoch, 0) for epoch in range(8)]]
    outside = target == target.flatten(1).min(dim=1).values[:, None, None, None, None]
    assert torch.equal(fan, ~outside)
    assert {tuple(one[0, 0, [0, -1], 0].tolist()) for one in fan} == {(True, False), (False, True)}
