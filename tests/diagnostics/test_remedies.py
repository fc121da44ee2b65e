from volest.config.load import DEFAULT_RECIPE, load_config
from volest.diagnostics.remedies import calm, enlarge, regularise


def recipe(*overrides):
    return load_config(DEFAULT_RECIPE, overrides)


def test_what_a_run_does_already_is_not_proposed_again():
    assert "model.dropout: 0.2" in regularise(recipe())
    assert "dropout" not in regularise(recipe("model.dropout=0.3"))
    assert "augmentation.enabled: true" in regularise(recipe("augmentation.enabled=false"))
    assert "augmentation" not in regularise(recipe())


def test_a_network_with_nothing_left_to_regularise_is_told_of_patients():
    keys = ("model.dropout=0.5", "training.weight_decay=0.1", "model.widths=[8,16,32,64]")
    assert regularise(recipe(*keys)).startswith("More patients")


def test_values_start_from_those_of_the_run():
    assert "training.learning_rate: 0.0001" in calm(recipe("training.learning_rate=0.0003"))
    assert "training.epochs: 240" in enlarge(recipe("training.epochs=120"))


def test_without_a_configuration_the_default_recipe_is_taken():
    assert regularise(None) == regularise(recipe())
