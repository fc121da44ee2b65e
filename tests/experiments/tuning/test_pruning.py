import optuna
import pytest

from volest.config import Config
from volest.config.load import override
from volest.experiments.preparation import PreparedRun
from volest.experiments.tuning.pruning import WatchedFolds, build_pruner
from volest.progress import Silent
from volest.records.folds import Folds
from volest.records.history import write_history
from volest.records.manifest import Manifest
from volest.records.run import RunDirectory

EPOCHS, FOLDS = 5, 2


class FakeTrial(optuna.Trial):
    def __init__(self, prune_at=None):
        self.reported, self.prune_at = [], prune_at

    def report(self, value, step):
        self.reported.append((step, round(value, 6)))

    def should_prune(self):
        return self.prune_at is not None and self.reported[-1][0] >= self.prune_at


@pytest.fixture
def run(tmp_path):
    return of_epochs(EPOCHS, tmp_path)


def of_epochs(epochs, path):
    config = override(Config(), {"training.epochs": epochs}, "test")
    folds = Folds({f"p{fold}": fold for fold in range(FOLDS)})
    return PreparedRun(config, RunDirectory(path), Manifest(()), {}, folds)


def wrote(run, fold, *maes_ml):
    path = run.directory.fold(fold).history
    path.parent.mkdir(exist_ok=True)
    write_history([{"epoch": n, "val_mae_ml": mae_ml} for n, mae_ml in enumerate(maes_ml)], path)


def test_what_is_reported_is_the_mean_of_folds_that_ended_and_the_one_in_training(run):
    trial = FakeTrial()
    watched = WatchedFolds(Silent(), run, trial)
    with watched.task("fold 0: training", 10) as step:
        step()
        wrote(run, 0, 9, 8)
        step()
        step()
        wrote(run, 0, 9, 8, 7, 6, 5)
        step()
        wrote(run, 1, 10)
        step()
    assert trial.reported == [(10, 9), (20, 8), (30, 7), (40, 6), (50, 5), (60, 7.5)]
    assert (watched.share_percent, watched.last_mae_ml) == (60, 7.5)


def test_a_trial_that_goes_on_reports_what_it_had_before(run):
    wrote(run, 0, 9, 8, 7)
    trial = FakeTrial()
    WatchedFolds(Silent(), run, trial).look()
    assert [step for step, _ in trial.reported] == [10, 20, 30]


def test_many_epochs_report_each_percent_once(tmp_path):
    run = of_epochs(400, tmp_path)
    wrote(run, 0, *range(400))
    trial = FakeTrial()
    WatchedFolds(Silent(), run, trial).look()
    assert [step for step, _ in trial.reported] == list(range(1, 51))


def test_a_hopeless_trial_is_given_up(run):
    wrote(run, 0, 9, 8, 7)
    with pytest.raises(optuna.TrialPruned):
        WatchedFolds(Silent(), run, FakeTrial(prune_at=20)).look()


def test_the_recipe_is_trained_to_its_end(run):
    wrote(run, 0, 9, 8, 7)
    trial = FakeTrial(prune_at=20)
    WatchedFolds(Silent(), run, trial, goes_on=True).look()
    assert len(trial.reported) == 3


def test_a_trial_at_its_end_keeps_its_result(run):
    wrote(run, 0, 9, 8, 7, 6, 5)
    wrote(run, 1, 9, 8, 7, 6, 5)
    trial = FakeTrial(prune_at=100)
    WatchedFolds(Silent(), run, trial).look()
    assert trial.reported[-1] == (100, 5)


@pytest.mark.parametrize("name", ["asha", "hyperband"])
def test_the_better_third_goes_on(name):
    study = optuna.create_study(pruner=build_pruner(name), study_name="fixed", sampler=optuna.samplers.RandomSampler(0))
    ended = 0
    for number in range(30):
        trial = study.ask()
        for step in range(5, 100, 5):
            trial.report(10 + number, step)
            if trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            ended += 1
            study.tell(trial, 10 + number)
    assert ended < 12


def test_without_pruning_all_go_on():
    study = optuna.create_study(pruner=build_pruner("none"))
    trial = study.ask()
    trial.report(float("inf"), 50)
    assert not trial.should_prune()


def test_what_a_trial_calls_its_folds_are_inner_ones(run):
    titles = []

    class Titles(Silent):
        def task(self, title, total, done=0):
            titles.append(title)
            return super().task(title, total, done)

    for title in ("fold 0: training", "proxy: looking at scans"):
        with WatchedFolds(Titles(), run, FakeTrial()).task(title, 1):
            pass
    assert titles == ["inner fold 0: training", "proxy: looking at scans"]
