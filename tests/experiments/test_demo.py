from contextlib import contextmanager
from dataclasses import replace

import pytest
import yaml

from volest.errors import ConfigError, RunError
from volest.experiments import demo
from volest.phantoms.population import PRESETS
from volest.progress import Silent
from volest.records.estimates import EstimateRow
from volest.records.manifest import read_manifest

OVERRIDES = (
    "preprocessing.voxel_budget=4096",
    "model.widths=[8, 8, 16, 16]",
    "training.epochs=1",
    "training.workers=0",
    "training.threads=1",
    "split.folds=3",
)


def cut_off(*_args, **_kwargs):
    raise KeyboardInterrupt


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
    refused = (
        r"neither an empty folder nor that of the same demo, .*\. Choose another with `volest demo --directory DIR`"
    )
    with pytest.raises(RunError, match=refused):
        demo.run_demo(tmp_path, "small", 0, Silent())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.usefixtures("tiny_preset")
def test_a_demo_that_was_cut_off_goes_on_where_it_stopped(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(demo, "run_fold", cut_off)
        with pytest.raises(KeyboardInterrupt):
            demo.run_demo(tmp_path / "demo", "small", 3, Silent(), OVERRIDES)
    scan = tmp_path / "demo/study/scans/p01_s01.nrrd"
    made_at = scan.stat().st_mtime_ns
    result = demo.run_demo(tmp_path / "demo", "small", 3, Silent(), OVERRIDES)
    assert len(result.estimates) == 5
    assert scan.stat().st_mtime_ns == made_at
    weights = tmp_path / "demo/run/fold_0/model.safetensors"
    trained_at = weights.stat().st_mtime_ns
    demo.run_demo(tmp_path / "demo", "small", 3, Silent(), OVERRIDES)  # a finished one only shows what it has
    assert weights.stat().st_mtime_ns == trained_at
    with pytest.raises(RunError, match="nor that of the same demo"):
        demo.run_demo(tmp_path / "demo", "small", 4, Silent(), OVERRIDES)


@pytest.mark.usefixtures("tiny_preset")
def test_a_demo_that_came_to_nothing_is_begun_anew_with_other_options(tmp_path):
    with pytest.raises(ConfigError, match=r"training\.batch_size"):
        demo.run_demo(tmp_path / "demo", "small", 3, Silent(), (*OVERRIDES, "training.batch_size=500"))
    scan = tmp_path / "demo/study/scans/p01_s01.nrrd"
    of_seed_3 = scan.read_bytes()
    assert len(demo.run_demo(tmp_path / "demo", "small", 4, Silent(), OVERRIDES).estimates) == 5
    assert scan.read_bytes() != of_seed_3


@pytest.mark.usefixtures("tiny_preset")
def test_a_demo_whose_fold_tells_no_number_says_so(tmp_path, monkeypatch):
    @contextmanager
    def predicting(*_args):
        yield [EstimateRow("a.nrrd", None, "no finite number for this scan from fold 0")]

    monkeypatch.setattr(demo, "run_fold", lambda *_args, **_kwargs: [])
    monkeypatch.setattr(demo, "predicting", predicting)
    with pytest.raises(RunError, match="no finite number for this scan from fold 0"):
        demo.run_demo(tmp_path / "demo", "small", 3, Silent(), OVERRIDES)


def test_an_override_that_is_not_allowed_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ConfigError, match="epochz"):
        demo.run_demo(tmp_path / "demo", "small", 0, Silent(), ["training.epochz=1"])
    assert not (tmp_path / "demo").exists()


@pytest.mark.usefixtures("tiny_preset")
def test_the_configuration_of_the_demo_tells_what_it_changes_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "run_fold", cut_off)
    with pytest.raises(KeyboardInterrupt):
        demo.run_demo(tmp_path / "demo", "small", 3, Silent(), ["training.epochs=1"])
    written = yaml.safe_load((tmp_path / "demo/volest.yaml").read_text())
    assert written == {
        "seed": 3,
        "preprocessing": {"voxel_budget": 32768},
        "training": {"epochs": 1, "learning_rate": 0.001},
        "data": {"manifest": "study/labels.csv"},
        "run": {"directory": "run"},
    }


@pytest.mark.usefixtures("tiny_preset")
def test_the_command_ends_with_a_report_to_open(tmp_path, command):
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    outcome = command("demo", "--directory", tmp_path / "demo", *settings)
    assert outcome.status == 0, outcome.stderr
    assert f"{tmp_path / 'demo/run/report.html'}  " in outcome.stdout
    assert "Can this be used?" in (tmp_path / "demo/run/report.html").read_text()
