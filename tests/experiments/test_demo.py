from dataclasses import replace

import pytest

from volest.errors import RunError
from volest.experiments import demo
from volest.phantoms.population import PRESETS
from volest.progress import Silent
from volest.records.manifest import read_manifest

OVERRIDES = (
    "preprocessing.voxel_budget=4096",
    "model.widths=[8, 8, 16, 16]",
    "training.epochs=1",
    "training.workers=0",
    "training.threads=1",
    "split.folds=3",
)


@pytest.fixture
def tiny_preset(monkeypatch):
    preset = replace(PRESETS["small"], patients=6, scans=9, shape=(24, 24, 24), samples=(36, 32, 32))
    preset = replace(preset, spacing_mm=(3.4, 4.1))
    monkeypatch.setattr(demo, "PRESETS", {"small": preset})


@pytest.mark.usefixtures("tiny_preset")
def test_the_demo_ends_with_estimates_of_patients_it_never_saw(tmp_path, command):
    result = demo.run_demo(tmp_path / "demo", "small", 3, Silent(), OVERRIDES)
    study, new = read_manifest(tmp_path / "demo/study/labels.csv"), read_manifest(tmp_path / "demo/new/truth.csv")
    assert not set(new.patients) & set(study.patients)
    assert result.truth_ml == [scan.volume_ml for scan in new]
    assert list(result.estimates) == [scan.path.name for scan in new]
    assert {p.patient_id for p in result.held_out} < set(study.patients)
    # what it says to do next works, in the folder it names
    outcome = command("cv", folder=tmp_path / "demo")
    assert (outcome.status, "out of fold" in outcome.stdout) == (0, True), outcome.stderr


def test_the_demo_does_not_write_into_a_folder_with_other_things(tmp_path):
    (tmp_path / "thesis.docx").write_text("")
    with pytest.raises(RunError, match=r"is not an empty folder\. Choose another with `volest demo --directory DIR`"):
        demo.run_demo(tmp_path, "small", 0, Silent())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.usefixtures("tiny_preset")
def test_the_command_ends_with_a_report_to_open(tmp_path, command):
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    outcome = command("demo", "--directory", tmp_path / "demo", *settings)
    assert outcome.status == 0, outcome.stderr
    assert f"{tmp_path / 'demo/run/report.html'}  " in outcome.stdout
    assert "Can this be used?" in (tmp_path / "demo/run/report.html").read_text()
