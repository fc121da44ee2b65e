import pytest

from volest.records.run import FoldDirectory, RunDirectory


def finish(fold: FoldDirectory):
    fold.path.mkdir(parents=True)
    for path in (fold.weights, fold.model_json, fold.predictions):
        path.write_text("")


@pytest.mark.parametrize("missing", ["weights", "model_json", "predictions"])
def test_a_fold_is_finished_when_its_model_and_its_predictions_are_there(tmp_path, missing):
    fold = RunDirectory(tmp_path).fold(0)
    assert not fold.is_finished
    finish(fold)
    assert fold.is_finished
    getattr(fold, missing).unlink()
    assert not fold.is_finished


def test_a_finished_fold_that_misses_something_has_lost_it_and_an_unfinished_one_has_not(tmp_path):
    run = RunDirectory(tmp_path)
    for number in (0, 1):
        finish(run.fold(number))
    run.fold(0).weights.unlink()
    run.fold(1).predictions.unlink()  # or was never there: the training may not have ended
    assert run.lost() == [run.fold(0).weights]
    run.predictions.write_text("")  # all folds were judged together, so all had ended
    assert run.lost() == [run.fold(0).weights, run.fold(1).predictions]
    assert run.lost([0, 1, 2]) == [run.fold(0).weights, run.fold(1).predictions, run.fold(2).path]


def test_folds_are_counted_as_numbers_and_nothing_else_is(tmp_path):
    run = RunDirectory(tmp_path)
    for fold in (10, 2, 0):
        finish(run.fold(fold))
    finish(FoldDirectory(tmp_path / "fold_old"))
    (tmp_path / "fold_3").mkdir()
    assert run.finished_folds() == [0, 2, 10]


def test_a_run_that_is_not_there_has_no_folds(tmp_path):
    assert RunDirectory(tmp_path / "gone").finished_folds() == []


def test_every_record_has_a_place_of_its_own(tmp_path):
    run = RunDirectory(tmp_path)
    shared = [run.config, run.environment, run.manifest, run.folds, run.folds_proof, run.predictions, run.metrics]
    shared += [run.baselines, run.headers, run.findings]
    folds = [run.fold(k) for k in (0, 1)]
    places = [*shared, *(p for f in folds for p in (f.weights, f.model_json, f.checkpoint, f.history, f.predictions))]
    assert len(set(places)) == len(places)
    assert all(place.is_relative_to(tmp_path) for place in places)
