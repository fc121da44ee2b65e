import numpy as np
import pytest
import torch
from torch import nn

from volest.config.augmentation import AugmentationConfig
from volest.config.schema import ModelConfig
from volest.geometry import Grid, centred_affine
from volest.images.image import Image
from volest.inference.ensemble import Ensemble
from volest.inference.model import TrainedModel
from volest.preprocessing.intensity import standardise
from volest.preprocessing.pipeline import prepare
from volest.records.estimates import Estimate
from volest.records.model import ModelRecord, TargetScaling, TrainingRange

EDGE, STEP_MM, RADIUS_MM = 24, 2.0, 12.0
VOXEL_ML = STEP_MM**3 / 1000


class BrightVoxels(nn.Module):
    """Counts what is far brighter than the mean of the scan, in mL."""

    def forward(self, raster):
        return torch.sigmoid(12 * (raster - 2.2)).sum(dim=(1, 2, 3, 4)) * VOXEL_ML


class Reader(nn.Module):
    """Reads the mean grey of a part of the raster, and nothing else."""

    def __init__(self, part):
        super().__init__()
        self.part = torch.from_numpy(part)

    def forward(self, raster):
        return 20 + 4 * raster[:, 0, self.part].mean(dim=1)


class Smooth(nn.Module):
    """Two convolutions with a bend after each, of random weights."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.encoder = nn.Sequential(nn.Conv3d(1, 4, 3, 2), nn.Tanh(), nn.Conv3d(4, 8, 3, 2), nn.Softplus())
        self.head = nn.Linear(8, 1)
        nn.init.constant_(self.head.weight, 2.0)

    def forward(self, raster):
        return self.head(self.encoder(raster).mean(dim=(2, 3, 4)))[:, 0]


class Unguarded(Ensemble):
    """Asks its networks alone: those here have no encoder by which a scan could look familiar."""

    def estimate(self, image):
        volumes_ml = []
        for model in self.models:
            voxels = prepare(image, model.record.grid, model.record.clip_percentiles).voxels
            with torch.inference_mode():
                told = float(model.network(torch.from_numpy(standardise(voxels))[None, None])[0])
            volumes_ml.append(model.record.target.decode(told, image.field_of_view_ml))
        return Estimate(self.models[0].record.target.average(volumes_ml), tuple(volumes_ml), ())


def _box(low, high, edge=EDGE):
    """Voxels of a cube of the raster."""
    part = np.zeros((edge,) * 3, bool)
    part[(slice(low, high),) * 3] = True
    return part


def _trained(network, kind="ml", mean=0.0, sd=1.0, spacing_mm=STEP_MM, shape=(EDGE,) * 3, intercept=0.0):
    record = ModelRecord(
        volest_version="0",
        fold=0,
        seed=0,
        model=ModelConfig(),
        grid=Grid(shape, spacing_mm),
        clip_percentiles=(0.0, 100.0),
        target=TargetScaling(kind=kind, mean=mean, sd=sd, intercept=intercept),
        views=1,
        moved_by=AugmentationConfig(),
        trained_on=TrainingRange(volume_ml=(3.0, 60.0), spacing_mm=(1.0, 3.0), field_of_view_ml=(50.0, 500.0)),
    )
    return TrainedModel(record, network.eval())


@pytest.fixture
def counter():
    return BrightVoxels()


@pytest.fixture
def smooth():
    return Smooth


@pytest.fixture
def reader():
    return Reader


@pytest.fixture
def box():
    return _box


@pytest.fixture
def trained():
    return _trained


@pytest.fixture
def ensemble():
    return lambda *networks: Unguarded([_trained(network) for network in networks])


@pytest.fixture
def affine():
    return centred_affine((EDGE,) * 3, (STEP_MM,) * 3)


@pytest.fixture
def structure(affine):
    """A ball off the middle."""
    index = np.stack(np.meshgrid(*[np.arange(EDGE)] * 3, indexing="ij"), axis=-1)
    return np.linalg.norm(STEP_MM * (index - [10, 12, 13]), axis=-1) < RADIUS_MM


@pytest.fixture
def scan(affine, structure, rng):
    """A bright ball in even tissue with some grain, that fills all but the outermost voxels of its raster."""
    voxels = np.where(structure, 220, rng.integers(90, 111, size=structure.shape))
    voxels[~_box(1, EDGE - 1)] = 0
    return Image(voxels.astype(np.uint8), affine)
