from dataclasses import replace

import pandas as pd
import pytest

from volest.errors import ConfigError, RunError, TrainingError
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.studies import trial as trials
from volest.experiments.studies.augmentation import augmentation_study
from volest.experiments.studies.catalogue import plan_study
from volest.experiments.studies.definition import Arm, Study
from volest.experiments.studies.execution import folder_name, prepare_study, run_study, study_trials
from volest.experiments.studies.largest_batch import largest_batch
from volest.progress import Silent
from volest.records.run import RunDirectory
from volest.records.study import read_study

STUDY = Study(
    "norms",
    "Which norm?",
    [Arm("group", {}), Arm("ghost", {"model.norm": "ghost", "model.ghost_batch_size": 2})],
    against="group",
    seeds=1,
    folds=1,
)


@pytest.fixture
def whole(tiny, tmp_path):
    return prepare_study(tiny("training.epochs=1"), tmp_path / "study", Silent())


def test_every_arm_has_the_same_seeds_and_folds(whole, tmp_path):
    planned = study_trials(replace(STUDY, seeds=2, folds=None), whole, tmp_path / "study")
    of_arm = {
        arm: {(t.labels["seed"], t.fold) for t in planned if t.labels["arm"] == arm} for arm in ("group", "ghost")
    }
    assert of_arm["group"] == of_arm["ghost"] == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert {id(t.run.folds) for t in planned} == {id(whole.folds)}
    assert [t.run.config.seed for t in planned] == [t.labels["seed"] for t in planned]


@pytest.mark.parametrize("key", ["seed", "run.directory", "data.folds", "split.folds"])
def test_what_all_arms_must_share_is_no_setting_of_an_arm(whole, tmp_path, key):
    study = replace(STUDY, arms=[Arm("odd", {key: 1})])
    with pytest.raises(ConfigError, match=rf"arm 'odd': {key} is the same for all arms"):
        study_trials(study, whole, tmp_path / "study")


def test_an_impossible_arm_is_refused_before_the_first_training(whole, tmp_path):
    study = replace(STUDY, arms=[*STUDY.arms, Arm("odd", {"training.epochs": 0})])
    with pytest.raises(ConfigError, match=r"study norms, arm 'odd': training.epochs"):
        run_study(study, whole, tmp_path / "study", Silent())
    assert not (tmp_path / "study" / "group").exists()


def test_names_of_arms_become_names_of_folders():
    assert folder_name("L1, rho 0.3") == "l1_rho_0.3"
    assert folder_name("+ labels follow") == "+_labels_follow"


def test_a_study_that_is_not_there_is_refused_with_those_that_are(whole):
    with pytest.raises(ConfigError, match="no study 'losses'; there are loss, regularisation"):
        plan_study("losses", whole, "quick", Silent())


def test_each_transform_that_is_drawn_is_left_out_once(whole):
    arms = augmentation_study(whole, "quick").arms
    left_out = [arm.name.removeprefix("without ") for arm in arms if arm.name.startswith("without ")]
    assert "zoom" in left_out
    assert [arm.name for arm in arms][-2:] == ["labels do not follow", "no augmentation"]


def test_twice_the_memory_holds_about_twice_the_batch(whole):
    assert largest_batch(whole, 2e9) == pytest.approx(2 * largest_batch(whole, 1e9), rel=0.1) or (
        largest_batch(whole, 2e9) == 1024
    )
    assert largest_batch(whole, 1.0) == 0


def after_doubt(answer):
    """What stands behind the sentence that no arm has learnt, where there is one."""
    return answer.rpartition("so train longer. ")[2]


@pytest.mark.slow
def test_a_trial_that_fails_is_recorded_with_its_reason_and_the_study_goes_on(whole, tmp_path, monkeypatch):
    finish = trials.finish_fold

    def failing(run, fold, progress):
        if run.config.model.norm == "ghost":
            raise TrainingError("the loss became nan")
        return finish(run, fold, progress)

    monkeypatch.setattr(trials, "finish_fold", failing)
    directory = tmp_path / "study"
    record = run_study(STUDY, whole, directory, Silent())
    table = pd.read_csv(directory / "results.csv", keep_default_na=False)
    assert table["failure"].tolist() == ["", "the loss became nan"]
    assert record.arms[1].failures == ("the loss became nan",)
    assert after_doubt(record.answer).startswith("Nothing can be compared")

    weights = RunDirectory(directory / "group" / "seed_0").fold(0).weights
    written = weights.stat().st_mtime_ns
    monkeypatch.setattr(trials, "finish_fold", finish)
    again = run_study(STUDY, whole, directory, Silent())  # the failed trial is tried again, the other is left
    assert weights.stat().st_mtime_ns == written
    assert again.arms[1].failures == ()
    assert again.arms[1].change_ml.value is not None
    assert read_study(directory) == again
    assert after_doubt(again.answer).split()[0] in {"Nothing", "Group", "Ghost"}
    assert again.notes[-1].startswith("Saying the mean of the training patients of every scan is off by ")


@pytest.mark.slow
def test_a_study_that_others_carry_out_is_the_same(whole, tmp_path):
    class InTurn(Cluster):
        """Machines that are this one."""

        def __init__(self):
            pass

        def at(self, directory):
            places.append(directory)
            return lambda pieces, progress: [self.do(piece, progress) for piece in reversed(pieces)]

        def do(self, piece, progress):
            assert not piece.has_arrived()
            if piece.name.startswith("arm ghost"):
                piece.give_up("it was lost 4 times")
            else:
                piece.work(progress)
            assert piece.has_arrived()

    places, directory = [], tmp_path / "study"
    run_study(STUDY, whole, directory, Silent(), cluster=InTurn())
    table = pd.read_csv(directory / "results.csv", keep_default_na=False)
    assert table["failure"].tolist() == ["", "it was lost 4 times"]
    run_study(STUDY, whole, tmp_path / "here", Silent())
    here = RunDirectory(tmp_path / "here" / "group" / "seed_0").fold(0)
    assert here.weights.read_bytes() == RunDirectory(directory / "group" / "seed_0").fold(0).weights.read_bytes()
    assert places == [directory]


def test_when_every_trial_fails_the_commonest_reason_is_the_error(whole, tmp_path, monkeypatch):
    def failing(run, fold, progress):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(trials, "finish_fold", failing)
    with pytest.raises(RunError, match="all 2 trials of the study failed, 2 of them with: out of memory: CUDA out of"):
        run_study(STUDY, whole, tmp_path / "study", Silent())
