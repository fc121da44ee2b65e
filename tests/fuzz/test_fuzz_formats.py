"""A short run of the fuzzer, the same every time; `docs/reliability.md` records the long ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fuzz_formats.py")

pytest.importorskip("resource", reason="the fuzzer limits memory as Unix does")


def test_damaged_scans_of_every_format_are_read_or_refused_soon_and_in_little_memory():
    command = [sys.executable, "-W", "error::RuntimeWarning", str(SCRIPT), "--inputs", "200", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # a crash ends a process
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["inputs"], found["failures"]) == (200, [])
    assert min(found["outcomes"]["read"], found["outcomes"]["refused"]) > 50
    assert done.stderr == ""
