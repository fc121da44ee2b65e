from dataclasses import replace

import pytest

from volest.config.load import override
from volest.experiments.studies.batch_answer import EPOCHS, LINEAR, ROOT, STEPS
from volest.experiments.studies.batch_size import batch_size_study
from volest.experiments.studies.execution import prepare_study
from volest.experiments.studies.steps import steps_per_epoch
from volest.progress import Silent


@pytest.fixture
def study(tiny, tmp_path):
    whole = prepare_study(tiny("training.epochs=30", "model.norm=batch"), tmp_path / "study", Silent())
    return batch_size_study(whole, "quick", Silent()), whole


def test_sizes_are_capped_at_the_training_scans_and_the_recipes_is_trained_once(study):
    plan, whole = study
    scans = min(len(whole.manifest.of(whole.folds.training(fold))) for fold in (0, 1))
    sizes = {arm.settings["training.batch_size"] for arm in plan.arms}
    assert sizes == {1, 2, 4, scans}
    assert [arm.settings["training.batch_size"] for arm in plan.arms].count(2) == 1
    assert {arm.settings["model.norm"] for arm in plan.arms} == {"group"}  # a batch of one has no statistics


def test_equal_steps_are_equal_and_rates_scale_as_they_are_named(study):
    plan, whole = study
    scans = min(len(whole.manifest.of(whole.folds.training(fold))) for fold in (0, 1))
    settings = {arm.name: arm.settings for arm in plan.arms}

    def steps(name):
        training = whole.config.training.model_copy(update={"batch_size": settings[name]["training.batch_size"]})
        return settings[name]["training.epochs"] * steps_per_epoch(training, scans)

    recipe = steps(f"batch 2, {EPOCHS}")
    assert steps(f"batch 4, {STEPS}") == pytest.approx(recipe, rel=0.1)
    assert steps(f"batch 4, {EPOCHS}") < recipe
    rate = whole.config.training.learning_rate
    assert settings[f"batch 4, {LINEAR}"]["training.learning_rate"] == pytest.approx(2 * rate)
    assert settings[f"batch 1, {ROOT}"]["training.learning_rate"] == pytest.approx(rate / 2**0.5)


def test_what_a_recipe_accumulates_is_its_batch(tiny, tmp_path):
    whole = prepare_study(tiny("training.accumulate=2", "training.batch_size=1"), tmp_path / "study", Silent())
    plan = batch_size_study(whole, "quick", Silent())
    assert plan.against == f"batch 2, {EPOCHS}"
    epochs = {arm.name: arm.settings["training.epochs"] for arm in plan.arms}
    assert epochs[f"batch 1, {STEPS}"] < epochs[f"batch 2, {EPOCHS}"]  # twice as many steps an epoch
    assert {arm.settings["training.accumulate"] for arm in plan.arms} == {1}


def test_batches_of_the_autoencoder_are_varied_and_no_network_is_trained(study):
    _, whole = study
    plan = batch_size_study(whole, "quick", Silent(), "pretrain")
    assert plan.subject == "autoencoder"
    for arm in plan.arms:
        config = override(whole.config, arm.settings, arm.name)
        assert config.pretrain.enabled
        assert config.training == whole.config.training
    assert len({arm.settings["pretrain.batch_size"] for arm in plan.arms}) > 2


def test_unlabelled_scans_count_among_those_an_autoencoder_learns_from(tiny, tmp_path):
    from volest.phantoms.population import PRESETS
    from volest.phantoms.study import write_phantoms

    few = {"patients": 10, "scans": 20, "shape": (24, 24, 24), "spacing_mm": (3.4, 4.1), "samples": (36, 32, 32)}
    more = write_phantoms(replace(PRESETS["small"], **few), tmp_path / "more", seed=9).parent / "scans"
    settings = (f"data.unlabelled={more}", "pretrain.epochs=100", "pretrain.batch_size=2")
    whole = prepare_study(tiny(*settings), tmp_path / "study", Silent())
    plan = batch_size_study(whole, "full", Silent(), "pretrain")
    counts = [len(whole.manifest.of(whole.folds.training(fold))) + 20 for fold in range(whole.folds.count)]
    sizes = {arm.settings["pretrain.batch_size"] for arm in plan.arms}
    assert max(sizes) == min(counts)
    epochs = {arm.name: arm.settings["pretrain.epochs"] for arm in plan.arms}
    assert min(counts) == 26
    assert epochs[f"batch 4, {STEPS}"] == round(100 * 13 / 7)  # of the six labelled scans alone it would be 100 * 3 / 2


def test_a_step_is_a_batch_and_a_small_last_one_is_told(tiny, tmp_path):
    whole = prepare_study(tiny("training.accumulate=3", "split.folds=6"), tmp_path / "study", Silent())
    plan = batch_size_study(whole, "full", Silent())
    assert {arm.settings["training.accumulate"] for arm in plan.arms} == {1}
    assert any(note.endswith(": batches of 8 leave 2 of 10 scans.") for note in plan.notes)
