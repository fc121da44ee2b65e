"""New scans through the networks of a run: one volume, the spread of the folds, and what to be wary of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from volest.augmentation.pipeline import Augmented
from volest.config import load_recorded_config
from volest.config.refusal import RefusalConfig
from volest.errors import RunError
from volest.images.image import Image
from volest.inference.appearance import SIZE
from volest.inference.doubt import mean_doubts
from volest.inference.familiarity import Familiarity
from volest.inference.flags import (
    CUT_OFF,
    disagreement_flags,
    is_cut_off,
    range_flags,
    size_flags,
    unlike_in_words,
)
from volest.inference.model import TrainedModel, load_model
from volest.inference.traits import distances_of, traits_of
from volest.inference.views import views_of
from volest.preprocessing.pipeline import prepare
from volest.records.estimates import Estimate
from volest.records.novelty import read_novelty
from volest.records.refusal import read_refusal
from volest.records.run import RunDirectory

FEWEST_VIEWS = 4
"""By which it is judged how steady an estimate is; a prediction averages as many as its record says."""


@dataclass(frozen=True)
class Measured:
    """A scan in the eyes of each network.

    Attributes:
        volumes_ml: by each fold.
        distances: from the training scans of each fold, by trait; None where a fold does not know how they look.
        cut: share of the scan that lies outside the grid, at the most.
    """

    volumes_ml: tuple[float, ...]
    distances: tuple[Mapping[str, float], ...] | None
    cut: float


@dataclass(frozen=True)
class Seen:
    """A scan on a network's grid, in its views, and the share of it that lies outside."""

    views: list[Augmented]
    cut: float


@dataclass(frozen=True)
class Sight:
    """A scan before any network has been asked.

    Attributes:
        image: as acquired.
        seen: on the grid of each network.
    """

    image: Image
    seen: Sequence[Seen]


def _views(model: TrainedModel) -> int:
    """As many as the mean takes, and a few at the least where the typicality asks how far apart they are."""
    return max(model.record.views, FEWEST_VIEWS) if model.usual else model.record.views


def _looks(model: TrainedModel) -> tuple[object, ...]:
    """Whatever decides how a scan looks to a network."""
    record = model.record
    return record.grid, record.clip_percentiles, record.moved_by, _views(model)


class Ensemble:
    """The networks of a run's finished folds.

    Args:
        models: one at least.
        familiarity: how held-out scans look to them; without it no scan is called unlike the training scans.
    """

    def __init__(self, models: Sequence[TrainedModel], familiarity: Familiarity | None = None) -> None:
        self.models = tuple(models)
        self.familiarity = familiarity

    def estimate(self, image: Image) -> Estimate:
        """Volume of a scan that was read and audited."""
        sight = self.see(image)
        return self.judge(image, self.measure(sight))

    def see(self, image: Image) -> Sight:
        """The scan as each network will see it: everything that can be done before one is free."""
        return Sight(image, self._seen(image.nearest_ras()))

    def measure(self, sight: Sight) -> Measured:
        """What each network says of a scan, and how far it lies from what each has seen."""
        ras = sight.image.nearest_ras()
        volumes, distances = [], []
        for model, scan in zip(self.models, sight.seen, strict=True):
            views_ml = model.volumes_ml(scan.views, ras.field_of_view_ml)
            volumes.append(model.record.target.average(views_ml[: model.record.views]))
            if model.usual:
                sizes = ras.spacing_mm, ras.field_of_view_ml
                traits = traits_of(model.network, model.record, scan.views[0].voxels, *sizes)
                distances.append(distances_of(traits, model.usual, views_ml))
        known = len(distances) == len(self.models)
        return Measured(tuple(volumes), tuple(distances) if known else None, max(scan.cut for scan in sight.seen))

    def judge(self, image: Image, measured: Measured) -> Estimate:
        """The volume, and reasons to be wary."""
        mean = self.models[0].record.target.average(measured.volumes_ml)
        ranges = [model.record.trained_on for model in self.models]
        sizes = size_flags(image, ranges)
        others = (*range_flags(mean, measured.cut, ranges), *disagreement_flags(measured.volumes_ml))
        if self.familiarity is None or measured.distances is None:
            return Estimate(mean, measured.volumes_ml, (*sizes, *others))
        placement = self.familiarity.place(measured.distances)
        unlike, is_cut = unlike_in_words(placement, sizes), is_cut_off(placement, image, ranges)
        said = (CUT_OFF if is_cut else "", unlike, *(() if SIZE in placement.unusual else sizes), *others)
        return Estimate(
            mean,
            measured.volumes_ml,
            tuple(flag for flag in said if flag),
            typicality=placement.typicality,
            unlike=unlike,
            is_cut=is_cut,
            doubts=mean_doubts(measured.distances),
        )

    def _seen(self, ras: Image) -> list[Seen]:
        """The scan as each model sees it; folds that see it alike share the work."""
        made: dict[object, Seen] = {}
        for model in self.models:
            if _looks(model) not in made:
                prepared = prepare(ras, model.record.grid, model.record.clip_percentiles)
                views = views_of(prepared.voxels, model.record.moved_by, _views(model))
                made[_looks(model)] = Seen(views, prepared.cut)
        return [made[_looks(model)] for model in self.models]


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
    return Ensemble([load_model(run.fold(fold)) for fold in finished], load_familiarity(run))


def load_familiarity(run: RunDirectory) -> Familiarity | None:
    """How the held-out scans of the finished folds look to the networks that had not seen them.

    None where a fold has not measured it, as those of earlier versions, or where no scan was held out.
    """
    folds = [run.fold(fold) for fold in run.finished_folds()]
    if not all(fold.novelty.exists() and fold.reference.exists() for fold in folds):
        return None
    held_out = [row for fold in folds for row in read_novelty(fold.novelty)]
    return Familiarity(held_out, rejected_percent(run) / 100) if held_out else None


def rejected_percent(run: RunDirectory) -> float:
    """Of usual scans that are called unlike at most: as the folds were last judged with, else as they were trained.

    Raises:
        RunError: a record is damaged.
    """
    told = read_refusal(run.refusal).rejected_percent if run.refusal.exists() else None
    if told is not None:
        return told
    config = load_recorded_config(run.config).refusal if run.config.exists() else RefusalConfig()
    return config.rejected_percent
