from pathlib import Path

from volest.explanation.scans import _folders


def test_explanations_stay_below_their_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "explanations"
    assert _folders([Path("data/a.nrrd"), Path("../other/b.nrrd")], out) == [
        out / tmp_path.name / "data" / "a",
        out / "other" / "b",
    ]
