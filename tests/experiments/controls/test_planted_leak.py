"""A study whose rasters were cropped knowing the size: their extent tells the volume, and no image is needed."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from volest.experiments.preparation import prepare_run, record_run
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.progress import Silent
from volest.records.findings import Severity, read_findings
from volest.records.history import write_history
from volest.records.manifest import Manifest, Scan, write_manifest

pytestmark = pytest.mark.slow

SPACING_MM = 3.0


@pytest.fixture
def cropped_run(tiny, tmp_path, rng):
    """24 patients, one raster each, noise in all of them; nothing is trained yet."""
    scans = []
    for n in range(24):
        edge = 12 + n // 2
        path = tmp_path / "scans" / f"{n}.nrrd"
        voxels = rng.integers(0, 256, size=(edge, edge, edge), dtype=np.uint8)
        write_nrrd(Image(voxels, np.diag([SPACING_MM] * 3 + [1.0])), path)
        scans.append(Scan(f"s{n}", f"P{n}", path, 0.2 * (edge * SPACING_MM) ** 3 / 1000))
    write_manifest(Manifest(tuple(scans)), tmp_path / "manifest.csv")
    recipe = ("augmentation.enabled=false", "training.epochs=20", "training.batch_size=6", "model.dropout=0")
    run = prepare_run(
        tiny(f"data.manifest={tmp_path / 'manifest.csv'}", "training.learning_rate=0.01", "model.norm=batch", *recipe),
        Silent(),
    )
    record_run(run)
    return run.directory


def codes(run):
    return {finding.code: finding for finding in read_findings(run.findings)}


def test_what_was_cropped_to_its_size_is_told_by_the_controls_and_stays_told(cropped_run, command, monkeypatch):
    monkeypatch.setattr("volest.experiments.controls.controls.BATCH_STEPS", 20)  # one batch is another test
    outcome = command("diagnose", cropped_run.path, "--controls", "--quiet")
    found = codes(cropped_run)
    assert "VOL204" in found, outcome.stdout + outcome.stderr
    assert found["VOL204"].severity is Severity.WARNING
    assert "noise in place of every image" in found["VOL204"].sentence
    assert f"(control trained on {datetime.now(UTC).date()})" in found["VOL204"].sentence
    assert "VOL203" in found  # shuffled voxels still fill as much of the grid
    assert "VOL201" not in found  # and yet labels that belong to others predict nothing

    again = command("diagnose", cropped_run.path)
    assert codes(cropped_run) == found
    assert "VOL201 passed" in again.stdout

    epoch = {"epoch": 0.0, "train_loss": 1.0, "seconds": 2.0}
    write_history([epoch], cropped_run.fold(0).history)
    later = command("diagnose", cropped_run.path)
    assert not {code for code in codes(cropped_run) if code.startswith("VOL2")}
    assert re.search(r"VOL204 not applicable: .* stands beside another training of fold 0", later.stdout)
