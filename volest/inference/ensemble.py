"""New scans through the networks of a run: one volume, the spread of the folds, and what to be wary of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from volest.augmentation.pipeline import Augmented
from volest.errors import RunError
from volest.images.image import Image
from volest.inference.model import TrainedModel, load_model
from volest.inference.views import views_of
from volest.preprocessing.pipeline import prepare
from volest.records.estimates import Estimate
from volest.records.model import ModelRecord
from volest.records.run import RunDirectory

CUT_SHARE = 0.01
"""Share of a scan's intensities outside the grid from which on the user is told."""


@dataclass(frozen=True)
class _Seen:
    """A scan on a network's grid, in the views that it averages, and the share of it that lies outside."""

    views: list[Augmented]
    cut: float


def _sight(record: ModelRecord) -> tuple[object, ...]:
    """Whatever decides how a scan looks to a network."""
    return record.grid, record.clip_percentiles, record.moved_by, record.views


class Ensemble:
    """The networks of a run's finished folds."""

    def __init__(self, models: Sequence[TrainedModel]) -> None:
        self.models = tuple(models)

    def estimate(self, image: Image) -> Estimate:
        """Volume of a scan that was read and audited."""
        seen = self._seen(image)
        fov_ml = image.field_of_view_ml
        volumes = [model.volume_ml(scan.views, fov_ml) for model, scan in zip(self.models, seen, strict=True)]
        mean = self.models[0].record.target.average(volumes)
        return Estimate(mean, tuple(volumes), self._flags(image, mean, max(scan.cut for scan in seen)))

    def _seen(self, image: Image) -> list[_Seen]:
        """The scan as each model sees it; folds that see it alike share the work."""
        made: dict[object, _Seen] = {}
        for record in (model.record for model in self.models):
            if _sight(record) not in made:
                prepared = prepare(image, record.grid, record.clip_percentiles)
                views = views_of(prepared.voxels, record.moved_by, record.views)
                made[_sight(record)] = _Seen(views, prepared.cut)
        return [made[_sight(model.record)] for model in self.models]

    def _flags(self, image: Image, volume_ml: float, cut: float) -> tuple[str, ...]:
        ranges = [model.record.trained_on for model in self.models]
        flags = []
        if cut > CUT_SHARE:
            flags.append(f"{cut:.0%} of the scan lies outside the network's grid")
        spacing = np.array(image.spacing_mm)
        low, high = min(r.spacing_mm[0] for r in ranges), max(r.spacing_mm[1] for r in ranges)
        if spacing.min() < 0.8 * low or spacing.max() > 1.25 * high:
            flags.append(f"spacing {spacing.min():.3g}-{spacing.max():.3g} mm, trained on {low:.3g}-{high:.3g} mm")
        low, high = min(r.field_of_view_ml[0] for r in ranges), max(r.field_of_view_ml[1] for r in ranges)
        if not 0.8 * low <= image.field_of_view_ml <= 1.25 * high:
            flags.append(f"field of view {image.field_of_view_ml:.0f} mL, trained on {low:.0f}-{high:.0f} mL")
        low, high = min(r.volume_ml[0] for r in ranges), max(r.volume_ml[1] for r in ranges)
        if not low <= volume_ml <= high:
            flags.append(f"outside the training volumes of {low:.1f}-{high:.1f} mL")
        return tuple(flags)


def load_ensemble(run: RunDirectory) -> Ensemble:
    """The networks of every finished fold.

    Raises:
        RunError: no such run, or no fold of it has been trained to its end.
    """
    if not run.path.is_dir():
        raise RunError(f"run directory {run.path} does not exist. Train first: `volest train --fold 0` or `volest cv`.")
    finished = run.finished_folds()
    if not finished:
        raise RunError(f"run directory {run.path} holds no finished fold. Train one: `volest train --fold 0`.")
    return Ensemble([load_model(run.fold(fold)) for fold in finished])
