"""How much each voxel of a scan adds to the volume that a run tells, in millilitres for each millilitre of tissue."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy import ndimage
from torch import Tensor

from volest.explanation.attribution import featureless, integrated_gradients, occlusion, window
from volest.explanation.told_volume import require_told
from volest.geometry import CUBIC_MM_PER_ML, Grid
from volest.images.image import Image
from volest.inference.model import TrainedModel
from volest.preprocessing.intensity import Voxels, standardise
from volest.preprocessing.pipeline import place_back, prepare
from volest.progress import Progress, watch
from volest.records.model import TargetScaling

SMOOTHING_VOXELS = 1.5
"""SD, in voxels of the grid, of the Gaussian over integrated gradients: signs of neighbours alternate with the strides
of the network and cancel. It changes no sum."""


@dataclass(frozen=True)
class ContributionMap:
    """A density on the voxels of the scan: for a network that counts, 1 inside the structure and 0 elsewhere.

    Attributes:
        density: mL of predicted volume per mL of tissue, float32.
        predicted_ml: of the scan itself, without other views of it.
        baseline_ml: of the scan with nothing in it; None for a map that does not begin there.
    """

    density: Image
    predicted_ml: float
    baseline_ml: float | None

    @property
    def sum_ml(self) -> float:
        """What the voxels add together."""
        return float(self.density.voxels.sum(dtype=np.float64)) * self.density.voxel_volume_ml

    @property
    def due_ml(self) -> float | None:
        """What they should add: the prediction, less what is told of the scan with nothing in it."""
        return None if self.baseline_ml is None else self.predicted_ml - self.baseline_ml


@dataclass(frozen=True)
class _Sight:
    """A scan as one network sees it, itself and with nothing in it."""

    model: TrainedModel
    image: Image
    scan: Voxels
    baseline: Voxels

    @property
    def scaling(self) -> TargetScaling:
        return self.model.record.target

    def volume_ml(self, batch: Tensor) -> Tensor:
        """`TargetScaling.decode` of the network's output."""
        quantity = (self.model.network(batch) + self.scaling.intercept) * self.scaling.sd + self.scaling.mean
        quantity = torch.exp(quantity) if self.scaling.kind.startswith("log") else quantity
        return quantity * self.image.field_of_view_ml if self.scaling.kind.endswith("fraction") else quantity

    def place(self, ml: Voxels) -> Float[np.ndarray, "x y z"]:
        """Millilitres of the grid's voxels as a density on the scan's own."""
        grid = self.model.record.grid
        return place_back((ml / voxel_ml(grid, self.image)).astype(np.float32), self.image, grid).voxels


def integrated_contributions(models: Sequence[TrainedModel], image: Image, progress: Progress) -> ContributionMap:
    """Integrated gradients, which add up to the predicted volume minus that of the same scan with nothing in it.

    Each network explains its own quantity q: mL, or the logarithm of mL. Its attributions a_i sum to q - q' (q' for the
    empty scan). A run averages q over its networks, so attributions are averaged too, and each voxel gets its share of
    the difference in mL: a_i (v - v') / (q - q'). For logarithms the factor is the logarithmic mean of v and v', as in
    the additive index decomposition (Ang, The LMDI approach to decomposition analysis, Energy Policy 33, 2005, eq. 8).

    Args:
        models: networks of one run.
        image: the scan.
        progress: told of each network.

    Raises:
        ScanError: what the networks tell of it, of the empty scan, or in between is no number.
    """
    sights = list(_sights(models, image))
    scaling = sights[0].scaling
    least_ml = 0.0 if scaling.kind.startswith("log") else -math.inf
    predicted_ml, baseline_ml = (
        scaling.average([_told_ml(sight, voxels) for sight, voxels in pairs])
        for pairs in ([(s, s.scan) for s in sights], [(s, s.baseline) for s in sights])
    )
    require_told(predicted_ml, "the scan", least_ml)
    require_told(baseline_ml, "the scan with nothing in it", least_ml)
    ml = ml_per_unit(scaling, predicted_ml, baseline_ml, image.field_of_view_ml)
    asked = watch(sights, "integrated gradients", progress)
    density = np.mean([sight.place(_smooth_gradients(sight) * ml) for sight in asked], axis=0)
    told = ContributionMap(Image(density.astype(np.float32), image.affine), predicted_ml, baseline_ml)
    require_told(told.sum_ml, "the way from an empty scan to this one")
    return told


def occluded_contributions(models: Sequence[TrainedModel], image: Image, progress: Progress) -> ContributionMap:
    """Millilitres lost by hiding a window, per millilitre of the window, mean over windows and networks; no sum is due.

    Args:
        models: networks of one run.
        image: the scan.
        progress: told of each network.
    """
    sights = list(_sights(models, image))
    predicted_ml = sights[0].scaling.average([_told_ml(sight, sight.scan) for sight in sights])
    asked = watch(sights, "occlusion", progress)
    density = np.mean([sight.place(_lost_per_window(sight)) for sight in asked], axis=0)
    return ContributionMap(Image(density.astype(np.float32), image.affine), predicted_ml, None)


def ml_per_unit(scaling: TargetScaling, volume_ml: float, baseline_ml: float, fov_ml: float) -> float:
    """What one unit of the network's quantity is worth in mL, on the way from `baseline_ml` to `volume_ml`.

    For logarithms their logarithmic mean, (v - v') / (log v - log v'), which is v where both are equal.
    """
    if scaling.kind.startswith("log"):
        ratio = math.log(volume_ml / baseline_ml)
        return volume_ml if abs(ratio) < 1e-9 else (volume_ml - baseline_ml) / ratio
    return fov_ml if scaling.kind == "fraction" else 1.0


def voxel_ml(grid: Grid, image: Image) -> float:
    """Volume of a voxel of `grid`; on a stretched grid it depends on the scan."""
    if grid.spacing_mm is None:
        return image.field_of_view_ml / math.prod(grid.shape)
    return grid.spacing_mm**3 / CUBIC_MM_PER_ML


def _sights(models: Sequence[TrainedModel], image: Image) -> Iterator[_Sight]:
    for model in models:
        voxels = prepare(image, model.record.grid, model.record.clip_percentiles).voxels
        yield _Sight(model, image, standardise(voxels), featureless(voxels))


def _told_ml(sight: _Sight, voxels: Voxels) -> float:
    with torch.inference_mode():
        return float(sight.volume_ml(torch.from_numpy(voxels)[None, None])[0])


def _smooth_gradients(sight: _Sight) -> Voxels:
    """In the unit of the quantity."""
    attributed = integrated_gradients(sight.model.network, sight.scan, sight.baseline) * sight.scaling.sd
    return ndimage.gaussian_filter(attributed, SMOOTHING_VOXELS, mode="reflect")


def _lost_per_window(sight: _Sight) -> Voxels:
    lost_ml = occlusion(sight.volume_ml, sight.scan, sight.baseline)
    return lost_ml / math.prod(window(sight.scan.shape))
