"""The proof of rule 2: a mask's volume changes by the volume factor, for every spatial augmentation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from volest.augmentation.backend import build_augmentation
from volest.augmentation.pipeline import AugmentationPipeline
from volest.augmentation.stream import scan_rng

SHAPE = (48, 64, 48)
SPATIAL = ("flip", "rotation", "translation", "zoom", "elastic", "anisotropy", "fan_crop")
LARGEST_DISPLACEMENT = 0.05
TISSUE, CONTRAST = 0.1, 0.8
BACKENDS = [("torch", seed) for seed in range(20)] + [("torchio", seed) for seed in range(3)]


def soft_ellipsoid(rng, offset, radius):
    """Occupancy of an ellipsoid, in fractions of the raster: soft over two voxels, so that its sum is its volume."""
    centre = 0.5 + rng.uniform(-offset, offset, 3)
    radii = rng.uniform(*radius, 3)
    places = [(np.arange(n) + 0.5) / n for n in SHAPE]
    i, j, k = np.meshgrid(*((x - c) / r for x, c, r in zip(places, centre, radii, strict=True)), indexing="ij")
    depth = (1 - np.sqrt(i**2 + j**2 + k**2)) * radii.min() * min(SHAPE)
    return torch.from_numpy(np.clip(depth / 2 + 0.5, 0, 1).astype(np.float32))


def measured_factor(pipeline, mask, drawn):
    """Volume after over volume before; the tissue around, subtracted again, gives the fan crop a fan to crop."""
    tissue = torch.full(SHAPE, TISSUE)
    scans = torch.stack([tissue + CONTRAST * mask, tissue])[:, None]
    with_mask, without = pipeline.apply(scans, [drawn, drawn]).double().sum(dim=(1, 2, 3, 4))
    return float((with_mask - without) / (CONTRAST * mask.double().sum()))


@pytest.mark.parametrize("backend, seed", BACKENDS)
@pytest.mark.parametrize("name", SPATIAL)
def test_mask_volume_changes_by_the_volume_factor(name, backend, seed, only):
    rng = scan_rng(seed, 0, name)
    pipeline = build_augmentation(only(name, backend=backend))
    drawn = pipeline.sample(rng, SHAPE)
    if drawn.elastic:
        drawn = replace(drawn, elastic=replace(drawn.elastic, displacement=LARGEST_DISPLACEMENT))
    offset = 0.1 if name == "zoom" else 0.18
    mask = soft_ellipsoid(rng, offset, radius=(0.1, 0.22))
    assert getattr(drawn, name) is not None
    assert measured_factor(pipeline, mask, drawn) == pytest.approx(pipeline.volume_factor(drawn), rel=0.02)


@pytest.mark.parametrize("backend, seed", BACKENDS)
def test_mask_volume_changes_by_the_factor_of_the_composition(backend, seed, only):
    rng = scan_rng(seed, 0, "all")
    pipeline = build_augmentation(only(*SPATIAL, backend=backend))
    drawn = pipeline.sample(rng, SHAPE)
    drawn = replace(drawn, elastic=replace(drawn.elastic, displacement=LARGEST_DISPLACEMENT))
    mask = soft_ellipsoid(rng, offset=0.06, radius=(0.1, 0.18))
    assert measured_factor(pipeline, mask, drawn) == pytest.approx(pipeline.volume_factor(drawn), rel=0.02)


def test_zoom_is_what_makes_the_factor_differ_from_one(only):
    pipeline = AugmentationPipeline(only(*SPATIAL))
    factors = []
    for epoch in range(50):
        drawn = pipeline.sample(scan_rng(0, epoch, "zoomed"), SHAPE)
        assert pipeline.volume_factor(drawn) == pytest.approx(np.prod(drawn.zoom.scales))
        factors.append(pipeline.volume_factor(drawn))
    assert min(factors) < 0.7
    assert max(factors) > 1.4
