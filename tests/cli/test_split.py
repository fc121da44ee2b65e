import pytest
from typer.testing import CliRunner

from volest.cli.main import app
from volest.errors import FoldError
from volest.records.folds import read_folds


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"s{n},P{n // 2},s{n}.nrrd,{20 + n}" for n in range(40)]
    (tmp_path / "manifest.csv").write_text("\n".join(["scan_id,patient_id,path,volume_ml", *rows]) + "\n")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["split", *arguments])


def test_folds_and_their_proof_lie_side_by_side(manifest):
    result = run("manifest.csv", "--set", "split.folds=3", "--out", "out/folds.csv")
    assert result.exit_code == 0
    assert read_folds(manifest / "out" / "folds.csv").count == 3
    proof = (manifest / "out" / "folds.md").read_text()
    assert proof.strip() in result.stdout
    assert "20 patients with 40 scans" in proof


def test_the_seed_chooses_the_folds(manifest):
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        run(
            "--set",
            "data.manifest=manifest.csv",
            "--set",
            "split.folds=2",
            "--seed",
            seed,
            "--out",
            f"{name}.csv",
            "-q",
        )
    a, b, c = (read_folds(manifest / f"{name}.csv") for name in "abc")
    assert a == b != c


def test_too_many_folds_write_nothing(manifest):
    result = run("--set", "data.manifest=manifest.csv", "--set", "split.folds=21")
    assert isinstance(result.exception, FoldError)
    assert [path.name for path in manifest.iterdir()] == ["manifest.csv"]
