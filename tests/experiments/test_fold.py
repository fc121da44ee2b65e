from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock

from volest.config import dump_config
from volest.config.augmentation import AugmentationConfig
from volest.errors import ConfigError, FoldError, RunError
from volest.experiments.fold import run_fold
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.inference.prediction import predicting
from volest.progress import Silent
from volest.records.folds import read_folds
from volest.records.history import read_history
from volest.records.manifest import Manifest, read_manifest, write_manifest
from volest.records.model import read_model_record
from volest.records.predictions import read_predictions
from volest.records.run import RunDirectory


@pytest.fixture
def falsified(finished_run, tmp_path):
    """The study with every scan of fold 0 inverted, of another spacing, and of another volume."""
    held_out = read_folds(finished_run.folds).held_out(0)

    def false(scan):
        image = read_nrrd(scan.path)
        path = tmp_path / "scans" / scan.path.name
        write_nrrd(Image(255 - image.voxels, image.affine @ np.diag([1.3, 1.3, 1.3, 1.0])), path)
        return replace(scan, path=path, volume_ml=1.7 * scan.volume_ml, sha256=None)

    scans = (false(s) if s.patient_id in held_out else s for s in read_manifest(finished_run.manifest))
    write_manifest(Manifest(tuple(scans)), tmp_path / "falsified.csv")
    return tmp_path / "falsified.csv"


def test_nothing_of_the_held_out_fold_reaches_the_network_or_what_is_fitted(tiny, falsified, finished_run):
    config = tiny(f"data.manifest={falsified}", f"data.folds={finished_run.folds}")
    run_fold(config, 0, Silent())
    honest, false = finished_run.fold(0), RunDirectory(config.run.directory).fold(0)
    assert false.weights.read_bytes() == honest.weights.read_bytes()
    assert false.model_json.read_text() == honest.model_json.read_text()  # grid, intensities, target, ranges
    curves, of_false = read_history(honest.history), read_history(false.history)
    trained_on = [name for name in curves if name.startswith("train_")]
    assert curves[trained_on].equals(of_false[trained_on])
    # and the falsification was no empty one
    assert (curves["val_mae_ml"] != of_false["val_mae_ml"]).all()
    assert false.predictions.read_text() != honest.predictions.read_text()


def test_a_batch_larger_than_the_training_set_is_refused_before_anything_is_written(tiny):
    config = tiny("training.batch_size=7")
    with pytest.raises(ConfigError, match=r"training\.batch_size 7 is larger than the 6 training scans of fold 0"):
        run_fold(config, 0, Silent())
    assert not RunDirectory(config.run.directory).path.exists()


def test_a_model_tells_what_it_was_trained_on(finished_run):
    record = read_model_record(finished_run.fold(1).model_json)
    training = read_manifest(finished_run.manifest).of(read_folds(finished_run.folds).training(1))
    volumes_ml = [scan.volume_ml for scan in training]
    assert record.fold == 1
    assert record.trained_on.volume_ml == pytest.approx((min(volumes_ml), max(volumes_ml)))
    assert record.target.mean == pytest.approx(np.log(volumes_ml).mean())
    assert (record.views, record.moved_by) == (1, AugmentationConfig().spatial())


def test_views_may_be_poses_alone(tiny):
    config = tiny("training.view_moves=poses")
    run_fold(config, 0, Silent())
    record = read_model_record(RunDirectory(config.run.directory).fold(0).model_json)
    assert record.moved_by == config.augmentation.poses() != config.augmentation.spatial()


def test_a_fold_that_does_not_exist_leaves_no_run_behind(tiny):
    config = tiny()
    with pytest.raises(FoldError, match="fold 2 does not exist: there are 2 folds, numbered 0 to 1"):
        run_fold(config, 2, Silent())
    assert not config.run.directory.exists()


def test_a_fold_is_begun_again_only_on_request(tiny):
    config = tiny("training.epochs=1")
    fold = RunDirectory(config.run.directory).fold(0)
    first = run_fold(config, 0, Silent())
    written = fold.weights.stat().st_mtime_ns
    with pytest.raises(RunError, match=r"fold 0 of .* is finished\. Go on with `--resume`, or start it anew"):
        run_fold(config, 0, Silent())
    assert run_fold(config, 0, Silent(), resume=True) == first
    assert fold.weights.stat().st_mtime_ns == written
    fold.predictions.unlink()
    with pytest.raises(RunError, match=r"fold 0 of .* was interrupted"):
        run_fold(config, 0, Silent())
    assert run_fold(config, 0, Silent(), restart=True) == first
    assert fold.weights.stat().st_mtime_ns > written


def test_both_sides_of_a_fold_are_predicted_as_new_scans_would_be(finished_run):
    """The last epoch's score, taken in training, is that of the saved model."""
    predictions = read_predictions(finished_run.fold(0).predictions)
    mae_ml = np.mean([abs(p.predicted_ml - p.reference_ml) for p in predictions])
    assert read_history(finished_run.fold(0).history)["val_mae_ml"].iloc[-1] == pytest.approx(mae_ml, rel=0.02)


def test_two_processes_never_train_one_fold(tiny):
    config = tiny()
    run = RunDirectory(config.run.directory)
    with FileLock(run.lock(0)):
        (run.path / "config.yaml").write_text(dump_config(config))
        with pytest.raises(RunError, match="being trained by another process"):
            run_fold(config, 0, Silent())
    assert not run.fold(0).path.exists()
    run_fold(config, 0, Silent())
    assert run.finished_folds() == [0]


def test_masks_of_training_scans_teach_and_no_mask_is_asked_for_later(tiny, masked_study, scan_paths):
    config = tiny("model.mask_head=true", f"data.manifest={masked_study}")
    held_out = run_fold(config, 0, Silent())
    run = RunDirectory(config.run.directory)
    record = read_model_record(run.fold(0).model_json)
    assert record.model.mask_head
    assert all(0 < p.predicted_ml < 1000 for p in held_out)
    with predicting(run, [str(path) for path in scan_paths[:2]], Silent()) as predicted:  # the files alone
        rows = list(predicted)
    assert all(row.estimate for row in rows)


def test_masks_that_are_nowhere_are_asked_for(tiny):
    config = tiny("model.mask_head=true")
    with pytest.raises(ConfigError, match=r"no training scan of fold 0 has a mask"):
        run_fold(config, 0, Silent())
    assert not config.run.directory.exists()
