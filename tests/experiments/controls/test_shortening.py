from pathlib import Path

from volest.config import Config
from volest.config.schema import ModelConfig, TrainingConfig
from volest.experiments.controls.shortening import EPOCHS, for_altered, for_permuted, shortened
from volest.geometry import Grid
from volest.records.run import RunDirectory

RUN, CONTROL = RunDirectory(Path("/run")), RunDirectory(Path("/run/controls/one"))


def test_a_control_is_short_and_small():
    config = shortened(Config(model=ModelConfig(members=3), training=TrainingConfig(epochs=400, views=8)), RUN, CONTROL)
    assert (config.training.epochs, config.training.views, config.model.members) == (EPOCHS, 1, 1)
    assert config.preprocessing.voxel_budget == 32**3
    assert config.data.folds == RUN.folds
    assert config.augmentation == Config().augmentation


def test_permuted_labels_are_learnt_without_anything_that_changes_the_volume():
    augmentation = for_permuted(shortened(Config(), RUN, CONTROL), CONTROL).augmentation
    assert augmentation.zoom.probability == augmentation.elastic.probability == 0
    assert augmentation.gamma.probability > 0
    assert augmentation.rotation.probability > 0


def test_what_is_short_already_stays_as_it_is():
    assert shortened(Config(training=TrainingConfig(epochs=3)), RUN, CONTROL).training.epochs == 3


def test_altered_scans_are_neither_moved_nor_interpolated():
    config = for_altered(shortened(Config(), RUN, CONTROL), RUN, CONTROL, Grid((16, 24, 16), 2.0))
    assert (config.preprocessing.shape, config.preprocessing.spacing_mm) == ((16, 24, 16), 2.0)
    assert config.augmentation.rotation.probability == config.augmentation.translation.probability == 0
    assert config.augmentation.flip.probability > 0
