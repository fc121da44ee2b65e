import json
import subprocess
import sys
from importlib.metadata import version

import pytest

from volest.records import environment
from volest.records.environment import write_environment


@pytest.fixture
def written(tmp_path):
    def write(seed=5):
        write_environment(tmp_path / "environment.json", seed, "cpu")
        return json.loads((tmp_path / "environment.json").read_text())

    return write


def test_it_says_with_what_the_run_was_made(written, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/volest", "train", "--fold", "0"])
    content = written()
    assert content["command"] == ["volest", "train", "--fold", "0"]
    assert (content["seed"], content["device"]) == (5, "cpu")
    assert content["versions"]["numpy"] == version("numpy")
    assert content["python"] == sys.version.split()[0]


def test_a_package_that_is_not_installed_has_no_version(written, monkeypatch):
    monkeypatch.setattr(environment, "PACKAGES", ("numpy", "no-such-package"))
    assert written()["versions"]["no-such-package"] is None


@pytest.mark.parametrize("error", [FileNotFoundError("git"), subprocess.CalledProcessError(128, "git")])
def test_without_git_there_is_no_commit(written, monkeypatch, error):
    def failing(*_, **__):
        raise error

    monkeypatch.setattr(subprocess, "check_output", failing)
    assert written()["git_commit"] is None
