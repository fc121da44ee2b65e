from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from volest.config.diagnosis import DiagnosisConfig
from volest.config.load import DEFAULT_RECIPE, load_config
from volest.diagnostics.remedies import calm, enlarge, learn_more, regularise
from volest.diagnostics.run_records import RunRecords
from volest.records.run import RunDirectory


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


def trained(*curves, epochs=None):
    """A run with a fold for each (held-out curve, R2 on training scans), and as many epochs as the first has."""
    histories = {
        fold: pd.DataFrame({"val_mae_ml": held_out_ml, "train_r2": np.full(len(held_out_ml), train_r2)})
        for fold, (held_out_ml, train_r2) in enumerate(curves)
    }
    config = recipe(f"training.epochs={epochs or len(histories[0])}")
    return RunRecords(RunDirectory(Path("run")), config, histories=histories)


RESTS, FALLS = np.full(40, 9.0), np.linspace(20, 5, 40)


@pytest.mark.parametrize(
    ("held_out_ml", "train_r2", "remedy"),
    [
        pytest.param(FALLS[:3], 0.1, "Train longer: training.epochs: 100, in a new run directory.", id="short"),
        pytest.param(FALLS, 0.1, "Train longer: training.epochs: 60, in a new run directory.", id="still falling"),
        pytest.param(RESTS, 0.1, enlarge(recipe("training.epochs=40")), id="training scans not learnt"),
        pytest.param(RESTS, np.nan, enlarge(recipe("training.epochs=40")), id="nobody knows whether they are"),
        pytest.param(RESTS, 0.9, regularise(recipe("training.epochs=40")), id="learnt by heart"),
    ],
)
def test_networks_that_learnt_too_little_are_told_what_their_curves_ask_for(held_out_ml, train_r2, remedy):
    assert learn_more(trained((held_out_ml, train_r2)), DiagnosisConfig()) == remedy


@pytest.mark.parametrize("lag", [3, 12])
def test_a_fold_that_still_trains_says_nothing_of_the_others(lag):
    lagging = trained((RESTS, 0.9), (RESTS, 0.9), (FALLS[:lag], 0.0))
    assert learn_more(lagging, DiagnosisConfig()) == regularise(lagging.config)


def test_where_no_training_has_ended_it_is_to_end_first():
    remedy = learn_more(trained((RESTS, 0.9), epochs=150), DiagnosisConfig())
    assert remedy == "Let the training end before it is judged: `volest cv` goes on where it stopped."


def test_one_fold_without_a_number_does_not_hide_that_the_others_learnt():
    unsure = trained((RESTS, 0.9), (RESTS, 0.9), (RESTS, np.nan))
    assert learn_more(unsure, DiagnosisConfig()) == regularise(unsure.config)


def test_without_curves_they_are_told_to_overfit_one_batch():
    assert learn_more(RunRecords(RunDirectory(Path("run"))), DiagnosisConfig()) == enlarge(None)
