import dataclasses
import shutil

import numpy as np
import pytest

from volest.errors import RunError
from volest.images.image import Image
from volest.inference.ensemble import Ensemble, load_ensemble, load_familiarity, rejected_percent
from volest.inference.familiarity import Familiarity, Placement
from volest.inference.flags import CUT_OFF
from volest.inference.views import views_of
from volest.preprocessing.pipeline import prepare
from volest.records.estimates import Estimate
from volest.records.refusal import read_refusal, write_refusal
from volest.records.run import RunDirectory


def of_kind(models, kind):
    """The same networks, their targets read otherwise."""
    target = [m.record.target.model_copy(update={"kind": kind, "mean": 30.0, "sd": 5.0}) for m in models]
    return [
        dataclasses.replace(model, record=model.record.model_copy(update={"target": t}))
        for model, t in zip(models, target, strict=True)
    ]


def test_each_fold_sees_the_scan_on_its_own_grid(models, image):
    estimate = Ensemble(models).estimate(image)
    for model, volume_ml in zip(models, estimate.folds_ml, strict=True):
        voxels = prepare(image, model.record.grid, model.record.clip_percentiles).voxels
        views = views_of(voxels, model.record.moved_by, model.record.views)
        told_ml = model.volume_ml(views, image.field_of_view_ml)
        assert volume_ml == pytest.approx(told_ml, rel=1e-5)  # float32: batches of other sizes


def test_networks_of_earlier_versions_are_not_asked_what_they_look_at(models, image, monkeypatch):
    """A run without the looks of its training scans needs no more of a network than a volume."""
    monkeypatch.delattr("volest.inference.gaze._listening")
    old = [dataclasses.replace(model, usual={}) for model in models]
    ensemble = Ensemble(old)
    assert ensemble.measure(ensemble.see(image)).distances is None


def test_logarithms_are_averaged_where_they_were_learnt(models, image):
    estimate = Ensemble(models).estimate(image)
    assert estimate.volume_ml == pytest.approx(np.prod(estimate.folds_ml) ** 0.5)


def test_millilitres_are_averaged_where_they_were_learnt(models, image):
    estimate = Ensemble(of_kind(models, "ml")).estimate(image)
    assert estimate.volume_ml == pytest.approx(np.mean(estimate.folds_ml))


def test_the_order_of_the_folds_changes_nothing(models, image):
    there, back = Ensemble(models).estimate(image), Ensemble(models[::-1]).estimate(image)
    assert back.folds_ml == there.folds_ml[::-1]
    assert (back.volume_ml, back.flags) == (pytest.approx(there.volume_ml), there.flags)


def test_turning_the_axes_of_the_file_changes_nothing(models, image):
    """The same patient, stored with other axes first."""
    turned = Image(image.voxels.transpose(2, 0, 1).copy(), image.affine[:, [2, 0, 1, 3]])
    assert Ensemble(models).estimate(turned).volume_ml == pytest.approx(Ensemble(models).estimate(image).volume_ml)


def test_the_spread_is_the_standard_deviation_of_the_folds():
    assert Estimate(10.0, (9.0, 11.0), ()).spread_ml == pytest.approx(2**0.5)
    assert Estimate(10.0, (10.0,), ()).spread_ml is None


def test_a_scan_like_those_of_the_training_is_not_flagged(models, image):
    assert not [flag for flag in Ensemble(models).estimate(image).flags if "volumes" not in flag]


@pytest.mark.parametrize(
    ("scale", "expected"), [(0.4, ("spacing", "field of view")), (1.6, ("outside the network's grid", "spacing"))]
)
def test_a_scan_of_another_scale_is_flagged(models, image, scale, expected):
    flags = Ensemble(models).estimate(Image(image.voxels, image.affine @ np.diag([scale] * 3 + [1.0]))).flags
    assert all(any(word in flag for flag in flags) for word in expected)


def test_a_volume_never_seen_in_training_is_flagged(models, image):
    narrow = [
        dataclasses.replace(
            m,
            record=m.record.model_copy(
                update={"trained_on": m.record.trained_on.model_copy(update={"volume_ml": (1.0, 2.0)})}
            ),
        )
        for m in models
    ]
    assert "outside the training volumes of 1.0-2.0 mL" in Ensemble(narrow).estimate(image).flags


class Unusual(Familiarity):
    """Finds in every scan the traits that it was given."""

    def __init__(self, *names):
        self.names = names

    def place(self, distances):
        return Placement(9.0, 0.02, self.names)


def test_a_cut_is_told_first_and_a_size_once(models, image):
    half = Image(image.voxels[: image.shape[0] // 2], image.affine)
    told = Ensemble(models, Unusual("size", "border")).estimate(half)
    assert told.is_cut
    assert told.flags[0] == CUT_OFF
    assert told.flags[1] == told.unlike
    assert sum("field of view" in flag for flag in told.flags) == 1
    assert "mL, trained on" in told.unlike
    usual = Ensemble(models, Unusual()).estimate(half)
    assert (usual.is_cut, usual.unlike) == (False, "")
    assert sum("field of view" in flag for flag in usual.flags) == 1


def test_whom_cv_was_last_asked_to_refuse_is_refused(finished_run, tmp_path):
    run = RunDirectory(shutil.copytree(finished_run.path, tmp_path / "run"))
    assert rejected_percent(run) == 5.0
    write_refusal(dataclasses.replace(read_refusal(run.refusal), rejected_percent=40.0), run.refusal)
    assert rejected_percent(run) == 40.0
    assert load_familiarity(run).threshold < load_familiarity(finished_run).threshold


def test_a_run_without_a_finished_fold_is_refused(tmp_path):
    with pytest.raises(RunError, match="holds no finished fold"):
        load_ensemble(RunDirectory(tmp_path))
    with pytest.raises(RunError, match="does not exist"):
        load_ensemble(RunDirectory(tmp_path / "gone"))


def test_all_finished_folds_are_loaded(finished_run):
    assert [model.record.fold for model in load_ensemble(finished_run).models] == [0, 1]
