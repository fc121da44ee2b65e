import pytest

from volest.config import Config, load_config
from volest.config.load import DEFAULT_RECIPE
from volest.errors import ConfigError
from volest.experiments.tuning.space import read_space, shipped_spaces


@pytest.fixture
def space(tmp_path):
    def read(text):
        (tmp_path / "space.yaml").write_text(text)
        return read_space(str(tmp_path / "space.yaml"))

    return read


@pytest.mark.parametrize("name", shipped_spaces())
def test_what_comes_with_volest_fits_the_recipe_and_holds_it(name):
    shipped, recipe = read_space(name), load_config(DEFAULT_RECIPE)
    shipped.require_sound(recipe)
    assert shipped.values_of(recipe).keys() == shipped.ranges.keys()


@pytest.mark.parametrize(
    "text, said",
    [
        ("training.learnin_rate: {kind: float, low: 1, high: 2}", r"unknown key training.learnin_rate \(did you mean"),
        ("nothing.at_all: {kind: int, low: 3, high: 8}", "unknown key nothing"),
        ("model.widths.0: {kind: int, low: 3, high: 8}", "unknown key model.widths.0: widths is a value"),
        (
            "training: {kind: int, low: 3, high: 8}",
            "training is a section. Name the keys in it, such as training.epochs",
        ),
        (
            "training.batch_size: {kind: int, low: 0, high: 5}",
            "training.batch_size: .* greater than or equal to 1, got 0",
        ),
        ("model.dropout: {kind: float, low: 0, high: 1}", "model.dropout: Input should be less than 1, got 1.0"),
        ("training.batch_size: {kind: float, low: 1, high: 5}", "training.batch_size: .* valid integer"),
        ("training.loss: {kind: choice, choices: [mse, nope]}", "training.loss: .* got 'nope'"),
        ("training.loss: {kind: choice, choices: [mse, mse]}", "the same value twice among mse, mse"),
        ("training.learning_rate: {kind: float, low: 0, high: 1, log: true}", "must begin above 0, got 0"),
        ("training.learning_rate: {kind: float, low: 1, high: 1}", "expected low below high, got 1 and 1"),
        ("training.learning_rate: {kind: gauss, low: 0, high: 1}", "'gauss' found using 'kind'"),
        (
            "training.learning_rate: {low: 0, high: 1}",
            "Expected for each key {kind: float, low: A, high: B, log: true}",
        ),
        ("training.learning_rate: 0.1", "training.learning_rate: Input should be a valid dictionary"),
        ("split.folds: {kind: int, low: 3, high: 8}", "split.folds is the same for all trials. Take it out."),
        ("seed: {kind: int, low: 3, high: 8}", "seed is the same for all trials"),
        ("cluster.cpus: {kind: int, low: 1, high: 4}", "cluster.cpus changes nothing about a training"),
        ("diagnosis.bias_slope: {kind: float, low: 0.1, high: 1}", "bias_slope changes nothing about a training"),
        ("- training.loss", "expected a mapping of keys, such as"),
        ("", "expected a mapping of keys, such as"),
        ("{a: [", "cannot be read as YAML: while parsing"),
    ],
)
def test_what_cannot_be_searched_is_told_in_one_paragraph(space, text, said):
    with pytest.raises(ConfigError, match=said) as refused:
        space(text).require_sound(Config())
    assert "\n" not in str(refused.value)


def test_a_missing_file_names_the_spaces_that_there_are():
    with pytest.raises(ConfigError, match=r"nowhere does not exist\. .* augmentation, network, training"):
        read_space("nowhere")


def test_choices_of_any_kind_come_back_as_they_were_written(space):
    read = space("model.widths: {kind: choice, choices: [[8, 8, 16, 16], [16, 32, 64, 128]]}\n"
                 "training.swa_start: {kind: choice, choices: [null, 0.75]}")  # fmt: skip
    assert read.values_of(Config()) == {"model.widths": "[16, 32, 64, 128]", "training.swa_start": "null"}
    values = {"model.widths": "[8, 8, 16, 16]", "training.swa_start": "null"}
    assert read.settings(values) == {"model.widths": [8, 8, 16, 16], "training.swa_start": None}


def test_numbers_that_yaml_takes_for_text_are_numbers(space):
    read = space("training.learning_rate: {kind: float, low: 1e-4, high: 1e-2, log: true}")
    read.require_sound(Config())
    assert read.keys[0].low == pytest.approx(1e-4)


def test_a_recipe_outside_the_space_is_left_out(space):
    read = space(
        "training.batch_size: {kind: int, low: 8, high: 16}\ntraining.loss: {kind: choice, choices: [l1, mse]}"
    )
    assert read.values_of(Config()) == {}
