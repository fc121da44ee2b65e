import pytest

from volest.config import Config
from volest.config.load import override
from volest.errors import ConfigError
from volest.experiments.studies import definition
from volest.experiments.studies.definition import FOLDER, PREVIOUS, read_definition, shortened

NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", ["full", "quick"])
def test_every_arm_of_every_study_is_a_valid_configuration(name, preset):
    study = read_definition(name, preset, epochs=100)
    assert study.question.endswith("?")
    assert len({arm.name for arm in study.arms}) == len(study.arms) > 1
    assert study.against == PREVIOUS or study.against in {arm.name for arm in study.arms}
    for arm in study.arms:
        override(Config(), arm.settings, arm.name)


def test_the_arms_of_a_study_differ():
    for name in NAMES:
        configs = [override(Config(), arm.settings, arm.name) for arm in read_definition(name, "full", 100).arms]
        assert all(one != other for n, one in enumerate(configs) for other in configs[:n])


def test_each_rung_of_the_ladder_changes_what_its_file_says_and_nothing_else():
    arms = read_definition("ladder", "full", 100).arms
    assert len(arms) == 9
    before = override(Config(), arms[4].settings, "")
    after = override(Config(), arms[5].settings, "")
    assert (before.training.target, after.training.target) == ("ml", "log_ml")
    assert before.model == after.model


def test_a_rung_can_take_a_change_back():
    arms = read_definition("ladder", "full", 100).arms
    assert arms[0].settings["preprocessing.spacing_mm"] is None
    assert "preprocessing.spacing_mm" not in arms[3].settings


def test_the_grid_of_a_ladder_is_no_finer_at_its_top_than_at_its_foot():
    arms = read_definition("ladder", "full", 100).arms
    assert len({override(Config(), arm.settings, "").preprocessing.voxel_budget for arm in arms}) == 1


def test_an_arm_without_something_has_none_of_the_recipes():
    rich = {"training.l2": 0.3, "training.c_mixup": 2.0, "model.encoder_weights": "encoder.safetensors"}
    bare = {name: read_definition(name, "full", 100).arms[0] for name in ("regularisation", "pretraining")}
    none = override(override(Config(), rich, ""), bare["regularisation"].settings, "")
    assert (none.training.l1, none.training.l2, none.training.c_mixup, none.training.weight_decay) == (0, 0, 0, 0)
    assert override(override(Config(), rich, ""), bare["pretraining"].settings, "").model.encoder_weights is None


def test_losses_are_compared_whatever_else_the_recipe_learns():
    for recipe in ({"model.mask_head": True}, {"model.head": "gaussian", "training.loss": "gaussian_nll"}):
        for arm in read_definition("loss", "full", 100).arms:
            override(override(Config(), recipe, ""), arm.settings, arm.name)


def test_quick_is_shorter_and_never_longer_than_the_recipe():
    full, quick = (read_definition("loss", preset, epochs=120) for preset in ("full", "quick"))
    assert (full.seeds, quick.seeds) == (3, 1)
    assert quick.arms[0].settings["training.epochs"] == 40
    assert "training.epochs" not in full.arms[0].settings
    assert shortened(30, 40) == {}


def test_an_arm_that_is_not_there_is_named(tmp_path, monkeypatch):
    (tmp_path / "odd.yaml").write_text("question: Which?\nagainst: left\narms: {right: {seed: 1}}")
    monkeypatch.setattr(definition, "FOLDER", tmp_path)
    with pytest.raises(ConfigError, match=r"no arm 'left'; it has right"):
        read_definition("odd", "full", 10)


def test_an_unknown_key_is_refused_with_the_one_that_was_meant():
    with pytest.raises(ConfigError, match=r"study x, arm 'y'.*unknown key training.los \(did you mean loss\?\)"):
        override(Config(), {"training.los": "mse"}, "study x, arm 'y'")
    with pytest.raises(ConfigError, match=r"training.loss: .* got 'mae'; the default is \"huber\""):
        override(Config(), {"training.loss": "mae"}, "study x")
    with pytest.raises(ConfigError, match=r"training.loss: quantile needs model.head: quantile, got point"):
        override(Config(), {"training.loss": "quantile"}, "study x")
