"""A short run of the fuzzer, the same every time; `docs/reliability.md` records the long ones."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from volest.errors import ScanError

SCRIPT = Path(__file__).with_name("fuzz_nrrd.py")

pytest.importorskip("resource", reason="the fuzzer limits memory as Unix does")


@pytest.fixture(scope="module")
def fuzz_nrrd():
    """The script beside this file, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("fuzz_nrrd", SCRIPT)
    module = sys.modules["fuzz_nrrd"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz_nrrd"]


def test_damaged_and_hostile_files_are_read_or_refused_soon_and_in_little_memory():
    command = [sys.executable, str(SCRIPT), "--inputs", "200", "--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # as users run the reader
    found = json.loads(done.stdout)
    assert (done.returncode, found["failures"]) == (0, []), done.stderr
    assert found["inputs"] == 200
    assert found["outcomes"]["read"] > 20
    assert found["outcomes"]["refused"] > 100


def test_every_file_the_fuzzer_begins_with_is_sound(fuzz_nrrd, tmp_path):
    for number, files in enumerate(fuzz_nrrd.seeds(None)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        np.testing.assert_array_equal(fuzz_nrrd.read_nrrd(folder / "scan.nhdr").voxels, fuzz_nrrd.VOXELS)


@pytest.mark.parametrize("fault", [TypeError("ours"), MemoryError(), RecursionError()])
def test_a_fault_of_ours_is_found_behind_its_scan_error(fuzz_nrrd, monkeypatch, tmp_path, fault):
    def careless(path):
        try:
            raise fault
        except Exception:
            raise ScanError(f"scan {path} cannot be read") from None

    monkeypatch.setattr(fuzz_nrrd, "read_nrrd", careless)
    tally = fuzz_nrrd.Tally()
    fuzz_nrrd.run_one({"scan.nhdr": b"NRRD0001\n"}, tmp_path, tally)
    assert tally.outcomes == {f"FAILED: refused for {fault!r}: scan {tmp_path / 'scan.nhdr'} cannot be read": 1}


def test_memory_besides_the_voxels_is_found(fuzz_nrrd, monkeypatch, tmp_path):
    monkeypatch.setattr(fuzz_nrrd, "MOST_BYTES", 10_000)
    tally = fuzz_nrrd.fuzz(fuzz_nrrd.examples(np.random.default_rng(0)), seconds=30, most=3)
    assert "MB besides the voxels" in tally.failures[0]
