"""`volest predict` that is killed, and goes on."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.inference.prediction import predicting
from volest.progress import Silent
from volest.records.estimate_journal import journal_path
from volest.records.estimates import write_estimates
from volest.records.follow_up import FollowUp, FollowUpModel, write_follow_up
from volest.records.intervals import Calibration
from volest.records.run import RunDirectory

COPIES = 12


@pytest.fixture(scope="module")
def folder(scan_paths, tmp_path_factory):
    """Some scans, and two that cannot be read."""
    folder = tmp_path_factory.mktemp("many")
    for n in range(COPIES):
        shutil.copy(scan_paths[n % len(scan_paths)], folder / f"{n:02}.nrrd")
    (folder / "07.nrrd").write_bytes(b"no scan")
    (folder / "11.nrrd").write_bytes(b"")
    return folder


class Interruption(Exception):  # noqa: N818 (it stands for a kill, which is no error)
    pass


class Interrupting(Silent):
    """Stops the work after some scans."""

    def __init__(self, scans):
        self.left = scans

    def task(self, title, total, done=0):
        import contextlib

        def step(note=""):
            self.left -= 1
            if not self.left:
                raise Interruption

        return contextlib.nullcontext(step)


def predict(run, folder, out, progress=None):
    with predicting(run, [str(folder)], progress or Silent(), out=out) as predicted:
        write_estimates(predicted, out)
    return out.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_twice_interrupted_equals_unbroken(finished_run, folder, tmp_path, suffix):
    whole = predict(finished_run, folder, tmp_path / f"whole{suffix}")
    out = tmp_path / f"broken{suffix}"
    for scans in (3, 5):
        with pytest.raises(Interruption):
            predict(finished_run, folder, out, Interrupting(scans))
        assert not out.exists()
    assert len(journal_path(out).read_bytes().splitlines()) == 1 + 3 + 5
    assert predict(finished_run, folder, out) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"broken{suffix}", f"whole{suffix}"]


def test_another_run_or_other_scans_do_not_go_on_from_it(command, finished_run, folder, scan_paths, tmp_path):
    out = tmp_path / "out.csv"
    with pytest.raises(Interruption):
        predict(finished_run, folder, out, Interrupting(3))
    shutil.copytree(finished_run.path, tmp_path / "run")
    (tmp_path / "run" / "fold_1" / "predictions.csv").unlink()  # a fold less
    other_run = command("predict", tmp_path / "run", folder, "--out", out)
    other_scans = command("predict", finished_run.path, scan_paths[0], "--out", out)
    assert (other_run.status, other_scans.status) == (2, 2)
    assert "differs in the run. Repeat that one to finish it" in other_run.stderr
    assert "differs in the list of scans" in other_scans.stderr


def test_the_level_and_the_refusal_may_change_as_they_are_applied_at_the_end(finished_run, folder, tmp_path):
    out, direct = tmp_path / "out.csv", tmp_path / "direct.csv"
    with pytest.raises(Interruption):
        predict(finished_run, folder, out, Interrupting(3))
    for path in (out, direct):
        with predicting(finished_run, [str(folder)], Silent(), level=0.8, refuse=True, out=path) as predicted:
            write_estimates(predicted, path)
    assert out.read_bytes() == direct.read_bytes()


def test_earlier_scans_are_gone_on_from_and_other_volumes_of_them_count(finished_run, folder, scan_paths, tmp_path):
    run = RunDirectory(shutil.copytree(finished_run.path, tmp_path / "run"))
    errors = Calibration(0.8, "pooled", "relative", tuple(range(6)), (0, 1) * 3, (0.1,) * 6)
    write_follow_up(FollowUp(FollowUpModel("relative", 0, 0.1, 0, 1, 0.1), errors, errors, 4, 8, 16), run.follow_up)
    image = read_nrrd(scan_paths[0])
    for name in ("before.nrrd", "new.nrrd"):  # none of the run's own
        write_nrrd(Image(np.roll(image.voxels, len(name), axis=0), image.affine), tmp_path / name)
    table, asked = tmp_path / "earlier.csv", [str(tmp_path / "new.nrrd"), str(folder)]

    def told(out, earlier_ml, progress):
        table.write_text(f"path,earlier_volume_ml,earlier_path\nnew.nrrd,{earlier_ml},before.nrrd\n")
        with predicting(run, asked, progress, out=tmp_path / out, earlier=table) as predicted:
            write_estimates(predicted, tmp_path / out)
        return (tmp_path / out).read_bytes()

    with pytest.raises(Interruption):
        told("out.csv", 30, Interrupting(2 + 4))  # two files are held against the run's own first
    assert len(journal_path(tmp_path / "out.csv").read_bytes().splitlines()) == 1 + 4
    assert told("out.csv", 40, Silent()) == told("whole.csv", 40, Silent())
    assert told("other.csv", 30, Silent()) != told("whole.csv", 40, Silent())


def test_a_long_table_is_not_shown_in_full_beside_a_file(command, finished_run, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("volest.cli.estimate_table.ROWS", 5)
    beside_a_file = command("predict", finished_run.path, folder, "--out", tmp_path / "out.csv").stdout
    alone = command("predict", finished_run.path, folder).stdout
    assert "12 scans, 2 of them refused; the first 5 are shown, all are in " in beside_a_file
    assert "12 scans, 2 of them refused." in alone
    assert (beside_a_file.count("volume (mL)"), alone.count("volume (mL)")) == (1, 3)  # heads of tables


@pytest.mark.slow
def test_killed_twice_equals_unbroken(command, finished_run, folder, tmp_path):
    assert command("predict", finished_run.path, folder, "--out", tmp_path / "whole.csv").status == 1
    out = tmp_path / "out.csv"
    arguments = (finished_run.path, folder, "--out", out, "--quiet")
    for rows in (2, 6):
        process = subprocess.Popen([sys.executable, "-m", "volest", "predict", *map(str, arguments)])
        while _rows(out) < rows and process.poll() is None:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not out.exists()
    assert command("predict", *arguments).status == 1
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def _rows(out):
    return journal_path(out).read_bytes().count(b"\n") - 1 if journal_path(out).exists() else 0
