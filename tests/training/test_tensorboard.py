import io
import json

import numpy as np
import pytest
from matplotlib import image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from volest.records.history import read_history


@pytest.fixture(scope="module")
def events(finished_run):
    accumulator = EventAccumulator(str(finished_run.fold(0).path), size_guidance={"tensors": 0, "images": 0})
    return accumulator.Reload()


def tensor(events, tag):
    return events.Tensors(tag)[0].tensor_proto.string_val[0]


def picture(events, tag, number=0):
    return image.imread(io.BytesIO(events.Images(tag)[number].encoded_image_string), format="png")


@pytest.mark.parametrize(
    ("tag", "column"),
    [
        ("mae_ml/train", "train_mae_ml"),
        ("mae_ml/val", "val_mae_ml"),
        ("rmse_ml/val", "val_rmse_ml"),
        ("r2/val", "val_r2"),
        ("mape_percent/train", "train_mape_percent"),
        ("loss/train", "train_loss"),
        ("optimisation/learning_rate", "learning_rate"),
        ("optimisation/gradient_norm", "gradient_norm"),
        ("optimisation/samples_per_s", "samples_per_s"),
        ("optimisation/loader_wait_share", "loader_wait_share"),
    ],
)
def test_the_curves_are_those_of_the_history(events, finished_run, tag, column):
    curves = read_history(finished_run.fold(0).history)
    assert [event.step for event in events.Scalars(tag)] == curves["epoch"].tolist()
    assert [event.value for event in events.Scalars(tag)] == pytest.approx(curves[column].tolist(), rel=1e-5)


def test_training_and_held_out_curves_share_a_chart(events):
    layout = layout_pb2.Layout.FromString(tensor(events, "custom_scalars__config__"))
    [category] = layout.category
    charts = [set(chart.multiline.tag) for chart in category.chart]
    assert charts == [{f"{metric}/train", f"{metric}/val"} for metric in ("mae_ml", "mape_percent", "r2")]
    assert set().union(*charts) <= set(events.Tags()["scalars"])


def test_the_augmented_batch_shows_something(events):
    shown = picture(events, "augmented batch")
    assert shown.ndim in (2, 3)
    assert np.ptp(shown) > 0.5
    assert len(events.Images("augmented batch")) == 3
    assert not np.array_equal(shown, picture(events, "augmented batch", 1))  # drawn anew every epoch


def test_the_agreement_is_drawn(events):
    for name in ("predicted against reference", "Bland-Altman"):
        assert picture(events, f"agreement/{name}").shape[:2] == (350, 350)


def test_the_configuration_can_be_read(events):
    assert b"batch_size: 2" in tensor(events, "configuration/text_summary")


def test_hyper_parameters_stand_beside_the_final_error(events, finished_run):
    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    hyper_parameters = HParamsPluginData.FromString(content).session_start_info.hparams
    assert hyper_parameters["training.batch_size"].number_value == 2
    assert hyper_parameters["model.name"].string_value == "resnet"
    assert json.loads(hyper_parameters["model.widths"].string_value) == [8, 8, 16, 16]
    [final] = events.Scalars("final/val_mae_ml")
    assert final.value == pytest.approx(read_history(finished_run.fold(0).history)["val_mae_ml"].iloc[-1], rel=1e-5)


def test_without_pictures_there_are_curves_alone(tiny):
    from volest.experiments.fold import run_fold
    from volest.progress import Silent
    from volest.records.run import RunDirectory

    config = tiny("training.pictures=0", "training.epochs=1")
    run_fold(config, 0, Silent())
    tags = EventAccumulator(str(RunDirectory(config.run.directory).fold(0).path)).Reload().Tags()
    assert "mae_ml/val" in tags["scalars"]
    assert tags["images"] == []


def test_a_resumed_fold_has_single_curves(finished_run, tiny, power_cut):
    from volest.experiments.fold import run_fold
    from volest.progress import Silent
    from volest.records.run import RunDirectory

    config = tiny()
    power_cut(1, 1, lambda: run_fold(config, 0, Silent()))
    run_fold(config, 0, Silent(), resume=True)
    events = EventAccumulator(str(RunDirectory(config.run.directory).fold(0).path)).Reload()
    assert [event.step for event in events.Scalars("mae_ml/val")] == [0, 1, 2]
