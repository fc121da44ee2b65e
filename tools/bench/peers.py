"""The same augmentation by torchio's and MONAI's own data sets, as their documentation advises.

Probabilities and ranges are those of volest's configuration as far as the peer can express them. Both resample once for
affine and elastic together, as volest does. Their targets do not follow, which costs them nothing.
"""

import math
from collections.abc import Iterator

import torch
import torchio as tio
from monai import transforms as mt
from monai.data import CacheDataset, DataLoader
from torch import Tensor

from bench.loops import Batches
from bench.study import Study
from volest.config.augmentation import AugmentationConfig
from volest.geometry import AXES, Shape
from volest.preprocessing.intensity import standardise_

SHARED = ("flip", "rotation", "translation", "zoom", "elastic", "anisotropy", "blur", "gamma", "noise")
"""What torchio has too; MONAI has these but anisotropy."""


def torchio_batches(study: Study, workers: int) -> Batches:
    """`SubjectsDataset` of subjects in memory, `SubjectsLoader`."""
    voxels, targets = study.tensors(study.data.training, standardised=False)
    subjects = [
        tio.Subject(scan=tio.ScalarImage(tensor=v), target=float(t)) for v, t in zip(voxels, targets, strict=True)
    ]
    transform = _torchio(study.config.augmentation, study.data.shape)
    loader = tio.SubjectsLoader(tio.SubjectsDataset(subjects, transform), **_loading(study, workers))

    def epoch() -> Iterator[tuple[Tensor, Tensor]]:
        for batch in loader:
            yield _standardised(batch["scan"][tio.DATA]), batch["target"].float()

    return epoch


def monai_batches(study: Study, workers: int) -> Batches:
    """`CacheDataset` that holds every scan, MONAI's `DataLoader`."""
    voxels, targets = study.tensors(study.data.training, standardised=False)
    items = [{"scan": v, "target": float(t)} for v, t in zip(voxels, targets, strict=True)]
    transform = _monai(study.config.augmentation, study.data.shape)
    dataset = CacheDataset(items, transform, cache_rate=1.0, num_workers=0, progress=False)
    loader = DataLoader(dataset, **_loading(study, workers))

    def epoch() -> Iterator[tuple[Tensor, Tensor]]:
        for batch in loader:
            yield _standardised(batch["scan"]), batch["target"].float()

    return epoch


def _loading(study: Study, workers: int) -> dict[str, object]:
    size = study.config.training.batch_size
    drop_last = len(study.data.training) % size == 1
    persistent = workers > 0
    return {
        "batch_size": size,
        "shuffle": True,
        "num_workers": workers,
        "persistent_workers": persistent,
        "drop_last": drop_last,
    }


def _standardised(voxels: Tensor) -> Tensor:
    return standardise_(torch.as_tensor(voxels).contiguous())


def _torchio(config: AugmentationConfig, shape: Shape) -> tio.Transform:
    affine = {
        "scales": (1 / config.zoom.isotropic, config.zoom.isotropic),
        "degrees": config.rotation.degrees,
        "translation": config.translation.fraction * min(shape),
        "default_pad_value": 0,
    }
    elastic = {
        "num_control_points": config.elastic.control_points,
        "max_displacement": config.elastic.displacement * min(shape),
    }
    both = tio.RandomAffineElasticDeformation(affine_kwargs=affine, elastic_kwargs=elastic)
    p = config.elastic.probability
    axes = tuple(AXES.index(axis) for axis in config.flip.axes)
    return tio.Compose(
        [
            tio.RandomFlip(axes=axes, flip_probability=config.flip.probability),
            tio.OneOf({tio.RandomAffine(**affine): 1 - p, both: p}),
            tio.RandomAnisotropy(downsampling=config.anisotropy.downsampling, p=config.anisotropy.probability),
            tio.RandomBlur(std=config.blur.sd_voxels, p=config.blur.probability),
            tio.RandomGamma(log_gamma=config.gamma.log_gamma, p=config.gamma.probability),
            tio.RandomNoise(std=config.noise.sd, p=config.noise.probability),
        ]
    )


def _monai(config: AugmentationConfig, shape: Shape) -> mt.Compose:
    low, high = 1 / config.zoom.isotropic - 1, config.zoom.isotropic - 1
    affine = {
        "prob": 1.0,
        "spatial_size": shape,
        "rotate_range": (math.radians(config.rotation.degrees),) * 3,
        "translate_range": tuple(config.translation.fraction * n for n in shape),
        "scale_range": ((low, high),) * 3,
        "mode": "bilinear",
        "padding_mode": "zeros",
    }
    # Its elastic field is smoothed noise; a kernel as wide as half the distance of volest's control points.
    sigma = min(shape) / config.elastic.control_points / 2
    elastic = mt.Rand3DElasticd("scan", sigma_range=(sigma, sigma), magnitude_range=(0, 50), **affine)
    p = config.elastic.probability
    gamma = (math.exp(-config.gamma.log_gamma), math.exp(config.gamma.log_gamma))
    sd = config.blur.sd_voxels
    flips = [mt.RandFlipd("scan", config.flip.probability, AXES.index(axis)) for axis in config.flip.axes]
    return mt.Compose(
        [
            mt.EnsureTyped("scan", track_meta=False),
            *flips,
            mt.OneOf([mt.RandAffined("scan", cache_grid=True, **affine), elastic], weights=[1 - p, p]),
            mt.RandGaussianSmoothd("scan", sd, sd, sd, prob=config.blur.probability),
            mt.RandAdjustContrastd("scan", prob=config.gamma.probability, gamma=gamma),
            mt.RandGaussianNoised("scan", prob=config.noise.probability, std=config.noise.sd[1]),
        ]
    )
