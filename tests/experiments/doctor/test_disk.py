import os
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from volest.experiments.doctor.disk import CACHE_FOLDER, RUN_DIRECTORY, nearest_folder

Usage = namedtuple("Usage", "total used free")


def test_a_folder_that_is_still_to_be_made_is_fine_and_is_not_made(outcome, subject, tmp_path):
    found = outcome(RUN_DIRECTORY, subject(f"run.directory={tmp_path}/a/b/c"))
    assert found.state in ("ok", "warning")  # as the disk of the test is
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("check, key", [(RUN_DIRECTORY, "run.directory"), (CACHE_FOLDER, "preprocessing.cache")])
def test_a_full_disk_fails_and_a_small_one_is_pointed_out(outcome, subject, monkeypatch, check, key):
    for free, state in ((5e6, "failed"), (5e8, "warning"), (5e9, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: Usage(0, 0, int(free)))
        found = outcome(check, subject())
        assert (found.state, key in found.remedy) == (state, state != "ok")


def test_a_read_only_folder_fails(outcome, subject, monkeypatch):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    found = outcome(CACHE_FOLDER, subject())
    assert (found.state, "cannot be written to (Permission denied)" in found.measured) == ("failed", True)
    assert "preprocessing.cache" in found.remedy


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, where nobody can write")
def test_a_file_system_that_takes_no_files_fails(outcome, subject):
    assert outcome(RUN_DIRECTORY, subject("run.directory=/proc/run")).state == "failed"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_folder_without_write_rights_fails(outcome, subject, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert outcome(RUN_DIRECTORY, subject(f"run.directory={tmp_path}/locked/run")).state == "failed"


def test_a_file_in_the_way_fails(outcome, subject, tmp_path):
    (tmp_path / "taken").write_text("")
    assert outcome(RUN_DIRECTORY, subject(f"run.directory={tmp_path}/taken/run")).state == "failed"


def test_the_nearest_folder_is_the_one_that_is_there(tmp_path):
    assert nearest_folder(tmp_path / "a" / "b") == tmp_path
    assert nearest_folder(tmp_path) == tmp_path
