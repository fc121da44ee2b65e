import optuna
import pytest

from volest.experiments.tuning.ranges import Choice, FloatRange, IntRange
from volest.experiments.tuning.sampling import build_sampler, draw
from volest.experiments.tuning.space import SearchSpace

SPACE = SearchSpace(
    "test",
    {
        "a": FloatRange(kind="float", low=1e-4, high=1e-1, log=True),
        "b": IntRange(kind="int", low=2, high=16),
        "c": Choice(kind="choice", choices=([1, 2], "x", None)),
    },
)
RECIPE = {"a": 0.001, "c": "x"}


def drawn(place, name="random", seed=0, study=None):
    study = study or optuna.create_study()
    study.sampler = build_sampler(name, seed, place, RECIPE)
    return draw(study.ask(), SPACE)


def test_the_recipe_is_tried_first():
    assert drawn(0) | RECIPE == drawn(0)


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_a_place_has_its_own_values_whichever_worker_takes_it(name):
    study = optuna.create_study()
    one_after_another = [drawn(place, name, study=study) for place in range(1, 5)]
    assert [drawn(place, name) for place in range(1, 5)] == one_after_another
    assert len({str(values) for values in one_after_another}) == 4


def test_another_seed_gives_other_values():
    assert drawn(3, seed=0) != drawn(3, seed=1)


def test_tpe_learns_from_the_trials_before():
    study = optuna.create_study()
    for place in range(1, 40):
        study.sampler = build_sampler("tpe", 0, place, RECIPE)
        trial = study.ask()
        study.tell(trial, abs(draw(trial, SPACE)["b"] - 9))
    off = [abs(trial.params["b"] - 9) for trial in study.get_trials()]
    assert sum(off[-20:]) < 0.7 * sum(off[:20])
