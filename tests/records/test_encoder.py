import pytest

from volest.config.pretraining import PretrainConfig
from volest.config.schema import ModelConfig
from volest.errors import RunError
from volest.geometry import Grid
from volest.records.encoder import EncoderRecord, LeftOutScan, SeenScan, read_encoder_record, write_encoder_record


def record(**changes):
    own = {
        "volest_version": "0",
        "fold": 1,
        "seed": 0,
        "model": ModelConfig(),
        "pretrain": PretrainConfig(),
        "grid": Grid((8, 8, 16), 2.0),
        "clip_percentiles": (0.0, 99.5),
        "final_loss": 0.25,
        "tensors": {"conv1.weight": (16, 1, 5, 5, 5)},
        "scans": (SeenScan(scan_id="a", patient_id=None, sha256="1", content_sha256="2", is_labelled=False),),
        "left_out": (LeftOutScan(scan_id="b", patient_id="p", reason="held out"),),
    }
    return EncoderRecord(**{**own, **changes})


@pytest.mark.parametrize("fold", [1, None])
def test_what_is_written_is_what_is_read(tmp_path, fold):
    write_encoder_record(record(fold=fold), tmp_path / "encoder.json")
    assert read_encoder_record(tmp_path / "encoder.json") == record(fold=fold)


def test_a_missing_record_is_named(tmp_path):
    with pytest.raises(RunError, match=r"encoder.json does not exist: nothing was pretrained there"):
        read_encoder_record(tmp_path / "encoder.json")


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "encoder.json").write_text('{"fold": 1}')
    with pytest.raises(RunError, match=r"encoder.json is damaged or from another version"):
        read_encoder_record(tmp_path / "encoder.json")
