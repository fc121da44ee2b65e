from pathlib import Path

import pytest

from volest.errors import RunError
from volest.records.reconstructions import ScanReconstruction, read_reconstructions, write_reconstructions


def test_reconstructions_come_back_as_written(tmp_path: Path) -> None:
    rows = [
        ScanReconstruction("a", "p1", "training", 0.25, 0.0, 0.0),
        ScanReconstruction("b", "p2", "held_out", 0.5, 0.125, 1.5),
    ]
    write_reconstructions(rows, tmp_path / "reconstructions.csv")
    assert read_reconstructions(tmp_path / "reconstructions.csv") == rows


@pytest.mark.parametrize(("text", "wrong"), [(None, "does not exist"), ("scan_id\na\n", "is damaged")])
def test_a_lost_or_damaged_table_names_the_study_that_makes_it(tmp_path: Path, text: str | None, wrong: str) -> None:
    path = tmp_path / "reconstructions.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RunError, match=rf"{wrong}.*`volest study pretraining-batch-size`"):
        read_reconstructions(path)
