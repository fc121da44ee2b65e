import errno
import os
import resource
import shutil
import subprocess
import sys

import numpy as np
import pytest

from volest import __version__
from volest.cli import main
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.records import atomic
from volest.records.estimate_journal import EstimateJournal
from volest.records.manifest import read_manifest

VICTIM = "p03_s01"
"""The scan that a test makes unusable."""


@pytest.fixture
def study(phantom_study, tmp_path):
    """A copy of the study that a test may damage, and the run directory that must not come to be."""
    shutil.copytree(phantom_study.parent, tmp_path / "study")
    return tmp_path / "study" / phantom_study.name


@pytest.fixture
def train(command, tiny_yaml, study, tmp_path):
    """`volest train --fold 0` on the damaged study."""

    def run(*arguments):
        settings = (f"data.manifest={study}", f"run.directory={tmp_path / 'run'}")
        options = [part for setting in settings for part in ("--set", setting)]
        return command("train", "--fold", 0, "-c", tiny_yaml, *options, *arguments, folder=tmp_path)

    return run


def scan_path(study):
    return study.parent / "scans" / f"{VICTIM}.nrrd"


def rewritten(study, voxels, affine=None):
    image = read_nrrd(scan_path(study))
    write_nrrd(Image(voxels(image.voxels), image.affine if affine is None else affine), scan_path(study))


def header_replaced(study, *replacements):
    head, _, data = scan_path(study).read_bytes().partition(b"\n\n")
    for old, new in replacements:
        assert old in head
        head = b"\n".join(line for line in head.replace(old, new).split(b"\n") if line)
    scan_path(study).write_bytes(head + b"\n\n" + data)


def gone(study):
    scan_path(study).unlink()


def truncated(study):
    path = scan_path(study)
    path.write_bytes(path.read_bytes()[:-200])


def without_spacing(study):
    lines = scan_path(study).read_bytes().partition(b"\n\n")[0].split(b"\n")
    spatial = [line for line in lines if line.startswith((b"space", b"kinds"))]
    header_replaced(study, *((line, b"") for line in spatial))


def of_two_dimensions(study):
    by_hand(study, np.ones((6, 7), np.uint8), "(1,0,0) (0,1,0)")


def of_four_dimensions(study):
    by_hand(study, np.ones((6, 7, 5, 3), np.uint8), "(1,0,0) (0,1,0) (0,0,1) none")


def by_hand(study, voxels, directions):
    sizes = " ".join(map(str, voxels.shape))
    lines = ("NRRD0005", "type: uint8", f"dimension: {voxels.ndim}", f"sizes: {sizes}", "encoding: raw")
    spatial = ("space: RAS", f"space directions: {directions}", "space origin: (0,0,0)")
    scan_path(study).write_bytes("\n".join((*lines, *spatial)).encode() + b"\n\n" + voxels.tobytes(order="F"))


def with_nan(study):
    rewritten(study, lambda v: np.where(v == v.max(), np.nan, v.astype(np.float32)))


def constant(study):
    rewritten(study, lambda v: np.full_like(v, 7))


def edited(study, change):
    """The table with its rows changed, as a list of cells each; the first holds the names."""
    rows = [line.split(",") for line in study.read_text().splitlines()]
    study.write_text("\n".join(",".join(row) for row in change(rows)) + "\n")


def with_volume(text):
    def fault(study):
        def change(rows):
            column = rows[0].index("volume_ml")
            return [[*row[:column], text, *row[column + 1 :]] if row[0] == VICTIM else row for row in rows]

        edited(study, change)

    return fault


def one_patient(study):
    edited(study, lambda rows: [rows[0], *(row for row in rows[1:] if row[1] == "p03")])


def twice(study):
    edited(study, lambda rows: [*rows, next(row for row in rows if row[0] == VICTIM)])


def misspelt(study):
    edited(study, lambda rows: [[name.replace("volume_ml", "volum_ml") for name in rows[0]], *rows[1:]])


def nothing(study):
    pass


@pytest.mark.parametrize(
    ("fault", "arguments", "named"),
    [
        (gone, (), (VICTIM, "does not exist")),
        (truncated, (), (VICTIM, "truncated")),
        (without_spacing, (), (VICTIM, "spac")),
        (of_two_dimensions, (), (VICTIM, "expected 3 spatial axes")),
        (of_four_dimensions, (), (VICTIM, "expected 3 spatial axes", "(6, 7, 5, 3)")),
        (with_nan, (), (VICTIM, "NaN")),
        (constant, (), (VICTIM, "every voxel is 7")),
        (with_volume("0"), (), (VICTIM, "volume_ml '0'")),
        (with_volume("-3.5"), (), (VICTIM, "volume_ml '-3.5'")),
        (with_volume("12 mL"), (), (VICTIM, "volume_ml '12 mL'")),
        (with_volume("90000"), (), (VICTIM, "larger than the field of view")),
        (one_patient, (), ("patient_id",)),
        (nothing, ("--set", "split.folds=7"), ("split.folds", "7 patients, got 6")),
        (twice, (), (VICTIM, "scan_id")),
        (misspelt, (), ("volume_ml", "volum_ml")),
        (nothing, ("--set", "training.epoch=3"), ("unknown key training.epoch", "did you mean epochs?")),
        (nothing, ("--set", "training.epochs=many"), ("training.epochs", "'many'")),
        (nothing, ("--set", "training.epochs"), ("training.epochs", "section.key=value")),
        (nothing, ("--set", "model.name=resnet50"), ("model.name", "'resnet50'")),
        (nothing, ("--set", "model.name=timm:resnet19"), ("model.name", "'timm:resnet19'")),
        (nothing, ("--set", "preprocessing.fit=stretch", "--set", "training.target=ml"), ("training.target",)),
        (nothing, ("--fold", "2"), ("fold 2", "numbered 0 to 1")),
        (nothing, ("--fold", "-1"), ("fold -1", "numbered 0 to 1")),
        (nothing, ("--set", "data.manifest=gone.csv"), ("gone.csv", "volest index")),
        (nothing, ("--set", "data.folds=gone.csv"), ("gone.csv", "volest split")),
        (nothing, ("-c", "gone.yaml"), ("gone.yaml", "does not exist")),
    ],
)
def test_bad_input_is_told_in_one_paragraph_and_leaves_nothing_behind(train, study, tmp_path, fault, arguments, named):
    fault(study)
    outcome = train(*arguments)
    assert outcome.status == 2
    told = outcome.stderr[outcome.stderr.index("volest: ") :]
    assert told.count("\n") == 1
    assert all(name in told for name in named), told
    assert "Traceback" not in outcome.stderr
    assert outcome.stdout == ""
    assert not (tmp_path / "run").exists()


def test_several_bad_scans_are_told_together(train, study):
    for scan in read_manifest(study).scans[:3]:
        scan.path.unlink()
    outcome = train()
    assert outcome.status == 2
    assert "3 of 12 scans cannot be used" in outcome.stderr


@pytest.mark.parametrize("command_line", [("train",), ("train", "--fold", "one"), ("nonsense",), ("predict",)])
def test_wrong_use_has_status_2(command, command_line):
    outcome = command(*command_line)
    assert outcome.status == 2
    assert "Usage: volest" in outcome.stderr


def test_the_version_is_printed(command):
    assert command("--version").stdout == f"{__version__}\n"


def test_ctrl_c_outside_of_training_has_the_status_that_shells_expect(command, monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("volest.datasets.index.index_scans", interrupted)
    outcome = command("index", tmp_path)
    assert (outcome.status, outcome.stderr.startswith("volest: interrupted.")) == (130, True)


def test_a_fault_of_ours_is_not_hidden(command, monkeypatch, tmp_path):
    monkeypatch.setattr("volest.datasets.index.index_scans", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        command("index", tmp_path)


def test_help_loads_nothing_heavy():
    code = "import sys, volest.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert not loaded & {"torch", "lightning", "monai", "torchio", "pandas", "numpy", "sklearn", "pydantic", "rich"}
    assert main.__name__.partition(".")[0] in loaded


def test_help_answers_within_half_a_second():
    """Of processor time, best of three, so that a busy machine does not decide."""

    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        program = "from volest.cli.main import run; run()"
        shown = subprocess.check_output([sys.executable, "-c", program, "--help"], text=True, env=os.environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert all(name in shown for name in ("demo", "index", "split", "train", "cv", "predict", "monitor"))
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5


def test_every_command_describes_itself(command):
    for name in (entry.callback.__name__ for entry in main.app.registered_commands):
        outcome = command(name, "--help")
        assert outcome.status == 0
        assert "--help" in outcome.stdout


def test_python_runs_the_package_as_the_program():
    shown = subprocess.check_output([sys.executable, "-m", "volest", "--version"], text=True)
    assert shown.strip() == __version__


def test_a_place_that_cannot_be_written_to_is_named(command, phantom_study, tmp_path):
    (tmp_path / "taken").write_text("")
    outcome = command("split", "--set", f"data.manifest={phantom_study}", "--out", "taken/folds.csv", folder=tmp_path)
    assert outcome.status == 2
    assert outcome.stderr.startswith("volest: taken cannot be read or written: ")


def test_a_full_disk_says_what_to_free_and_the_table_is_gone_on_with(
    command, finished_run, scan_paths, tmp_path, monkeypatch
):
    out = tmp_path / "out.csv"

    def full(self, row):
        with atomic.naming(self.path):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(EstimateJournal, "append", full)
        outcome = command("predict", finished_run.path, scan_paths[0], "--out", out)
    assert outcome.status == 2
    assert outcome.stderr.startswith(f"volest: the disk of {out}.partial is full: No space left on device. Nothing is")
    assert "checkpoints of finished folds" in outcome.stderr
    assert not out.exists()
    assert command("predict", finished_run.path, scan_paths[0], "--out", out).status == 0
