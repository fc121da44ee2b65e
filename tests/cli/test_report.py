"""`volest report`, as it is typed."""

import importlib.util
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from volest.cli.main import app
from volest.errors import RunError


@pytest.fixture
def run(tmp_path):
    path = Path(__file__).parents[1] / "diagnostics" / "generator.py"
    spec = importlib.util.spec_from_file_location("cli_report_generator", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write(module.healthy(1, patients=12, scans=24, folds=3, epochs=12), tmp_path / "run")


def test_a_run_gets_its_page_and_its_figures(run):
    done = CliRunner().invoke(app, ["report", str(run.path), "--quiet"])
    assert done.exit_code == 0, done.output
    assert (run.path / "report.html").is_file()
    assert (run.path / "figures" / "bland_altman.svg").is_file()
    assert "report.html" in done.output


def test_without_chromium_the_page_is_there_all_the_same(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(app, ["report", str(run.path), "--pdf", "--no-pictures"])
    assert isinstance(done.exception, RunError)
    assert "none of" in str(done.exception)
    assert (run.path / "report.html").is_file()


def test_what_is_no_run_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert isinstance(done.exception, RunError)
    assert "is no run" in str(done.exception)
