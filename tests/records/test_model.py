import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.config.augmentation import AugmentationConfig
from volest.config.schema import ModelConfig
from volest.errors import RunError
from volest.geometry import Grid
from volest.records.model import (
    ModelRecord,
    TargetScaling,
    TrainingRange,
    read_model_record,
    write_model_record,
)

KINDS = st.sampled_from(["log_ml", "ml", "log_fraction", "fraction"])
RECORD = ModelRecord(
    volest_version="1.2.3",
    fold=3,
    seed=7,
    model=ModelConfig(name="timm:resnet18", options={"drop_rate": 0.1}),
    grid=Grid((40, 48, 32), 1.35),
    clip_percentiles=(0.0, 99.5),
    target=TargetScaling(kind="log_ml", mean=3.1, sd=0.4),
    views=4,
    moved_by=AugmentationConfig().spatial(),
    trained_on=TrainingRange(volume_ml=(8.0, 80.0), spacing_mm=(0.4, 0.6), field_of_view_ml=(300.0, 500.0)),
)


@pytest.mark.parametrize("grid", [Grid((40, 48, 32), 1.35), Grid((64, 64, 64), None)])
def test_writing_and_reading_is_the_identity(tmp_path, grid):
    record = RECORD.model_copy(update={"grid": grid})
    write_model_record(record, tmp_path / "model.json")
    assert read_model_record(tmp_path / "model.json") == record


@given(KINDS, st.floats(0.01, 4000), st.floats(4001, 10000), st.floats(-5, 5), st.floats(0.01, 100))
def test_decoding_undoes_encoding(kind, volume_ml, fov_ml, mean, sd):
    scaling = TargetScaling(kind=kind, mean=mean, sd=sd)
    assert scaling.decode(scaling.encode(volume_ml, fov_ml), fov_ml) == pytest.approx(volume_ml, rel=1e-6)


@given(KINDS, st.floats(-0.5, 0.5), st.floats(-1, 1))
def test_an_intercept_moves_what_is_predicted_and_not_what_is_learnt(kind, intercept, target):
    scaling = TargetScaling(kind=kind, mean=2.0, sd=0.3)
    moved = scaling.model_copy(update={"intercept": intercept})
    assert moved.decode(target, 50.0) == pytest.approx(scaling.decode(target + intercept, 50.0))
    assert moved.share_of_volume(target, 0.1) == pytest.approx(scaling.share_of_volume(target + intercept, 0.1))
    assert moved.encode(20.0, 50.0) == scaling.encode(20.0, 50.0)


@given(st.sampled_from(["log_fraction", "fraction"]), st.floats(-2, 2))
def test_a_fraction_of_an_eighth_of_the_field_of_view_is_an_eighth_of_the_volume(kind, target):
    scaling = TargetScaling(kind=kind, mean=0.3, sd=0.1)
    assert scaling.decode(target, 800.0) == pytest.approx(8 * scaling.decode(target, 100.0))


@pytest.mark.parametrize("kind", ["log_ml", "ml"])
def test_millilitres_do_not_depend_on_the_field_of_view(kind):
    scaling = TargetScaling(kind=kind, mean=3.0, sd=0.5)
    assert scaling.decode(0.7, 800.0) == scaling.decode(0.7, 100.0)


def test_volumes_too_small_or_too_large_for_a_number_are_averaged_without_a_warning():
    scaling = TargetScaling(kind="log_ml", mean=3.0, sd=0.5)
    assert scaling.average([0.0, 5.0]) == 0
    assert scaling.average([5.0, math.inf]) == math.inf
    assert math.isnan(scaling.average([0.0, math.inf]))
    assert scaling.decode(1e6, 500.0) == math.inf


def test_the_mean_of_the_training_patients_is_zero_inside():
    assert TargetScaling(kind="ml", mean=30.0, sd=12.0).encode(42.0, 500.0) == pytest.approx(1)
    assert TargetScaling(kind="log_ml", mean=0.0, sd=1.0).encode(1.0, 500.0) == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"fold"', '"part"'),
        lambda text: text.replace('"log_ml"', '"litres"'),
        lambda text: json.dumps({**json.loads(text), "added": 1}),
        lambda text: json.dumps({**json.loads(text), "clip_percentiles": [200, 300]}),
        lambda text: json.dumps({**json.loads(text), "grid": {"shape": [40, 48, 32], "spacing_mm": 0}}),
        lambda text: json.dumps({**json.loads(text), "grid": {"shape": [40, 48, 32], "spacing_mm": 1e-9}}),
        lambda text: json.dumps({**json.loads(text), "grid": {"shape": [1024, 1024, 1024], "spacing_mm": 1}}),
        lambda text: text.replace('"mean": 3.1', '"mean": NaN'),
        lambda text: text.replace('"sd": 0.4', '"sd": 0.0'),
        lambda text: text.replace("500.0", "Infinity"),
        lambda text: json.dumps(
            json.loads(text) | {"model": json.loads(text)["model"] | {"widths": [-8, 32, 64, 128]}}
        ),
        lambda text: "",
    ],
)
def test_another_content_is_refused(tmp_path, damage):
    write_model_record(RECORD, tmp_path / "model.json")
    (tmp_path / "model.json").write_text(damage((tmp_path / "model.json").read_text()))
    with pytest.raises(RunError, match=r"model\.json is damaged or from another version of volest"):
        read_model_record(tmp_path / "model.json")


def test_no_file_means_no_finished_training(tmp_path):
    with pytest.raises(RunError, match="the fold has not been trained to its end"):
        read_model_record(tmp_path / "model.json")
