import pytest

from volest.errors import RunError
from volest.records.image_quality import QualityRow, read_image_quality, write_image_quality


def test_rows_are_read_as_they_were_written(tmp_path):
    rows = [QualityRow("NA", 0.4, 0.2, 0.3), QualityRow("ü", 0.0, 0.0, 0.0)]
    write_image_quality(rows, tmp_path / "image_quality.csv")
    assert read_image_quality(tmp_path / "image_quality.csv") == {row.scan_id: row for row in rows}


def test_a_run_from_before_the_record_is_told_how_to_get_it(tmp_path):
    with pytest.raises(RunError, match="Run `volest cv` on it again"):
        read_image_quality(tmp_path / "image_quality.csv")


@pytest.mark.parametrize("text", ["", "scan_id\na\n", "scan_id,brightness,contrast,graininess\na,fine,1,1\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "image_quality.csv").write_text(text)
    with pytest.raises(RunError, match="is damaged"):
        read_image_quality(tmp_path / "image_quality.csv")
