"""Every test sees array shapes and types checked at run time; networks are trained once and shared."""

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import hypothesis
import numpy as np
import pytest
from jaxtyping import install_import_hook

# An int where a float is expected is no fault (PEP 484), though beartype takes it for one unless told.
install_import_hook("volest", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("volest", deadline=None)
hypothesis.settings.load_profile("volest")

TINY = """
data: {{manifest: {manifest}}}
split: {{folds: 2}}
preprocessing: {{voxel_budget: 4096, cache: {cache}}}
model: {{widths: [8, 8, 16, 16], dropout: 0.2}}
training: {{epochs: 3, batch_size: 2, workers: 0, threads: 1, device: cpu}}
"""
"""Dropout makes the weights depend on torch's random numbers, so that equal weights prove more."""


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _private_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache."""
    monkeypatch.setenv("VOLEST_CACHE", str(tmp_path_factory.mktemp("cache")))


@dataclass(frozen=True)
class Outcome:
    """What a command left on the screen, and its exit status."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def command() -> Callable[..., Outcome]:
    """Run `volest ARGUMENTS` in this process, as the installed program would."""

    def run_command(*arguments: object, folder: Path = Path()) -> Outcome:
        from volest.cli.main import run

        stdout, stderr, status = io.StringIO(), io.StringIO(), 0
        streams = contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr)
        argv = mock.patch.object(sys, "argv", ["volest", *map(str, arguments)])
        with contextlib.ExitStack() as stack:
            for context in (*streams, argv, contextlib.chdir(folder)):
                stack.enter_context(context)
            try:
                run()
            except SystemExit as end:
                status = int(end.code or 0)
        return Outcome(status, stdout.getvalue(), stderr.getvalue())

    return run_command


@pytest.fixture(scope="session")
def phantom_study(tmp_path_factory) -> Path:
    """Table of 12 tiny phantom scans of 6 patients."""
    return _write_study(tmp_path_factory, masks=False)


@pytest.fixture(scope="session")
def masked_study(tmp_path_factory) -> Path:
    """The same with their masks."""
    return _write_study(tmp_path_factory, masks=True)


def _write_study(tmp_path_factory, masks: bool) -> Path:
    from volest.phantoms.population import PRESETS
    from volest.phantoms.study import write_phantoms

    preset = replace(
        PRESETS["small"], patients=6, scans=12, shape=(24, 24, 24), spacing_mm=(3.4, 4.1), samples=(36, 32, 32)
    )
    return write_phantoms(preset, tmp_path_factory.mktemp("study"), seed=0, masks=masks)


@pytest.fixture(scope="session")
def scan_paths(phantom_study) -> list[Path]:
    """The files of its scans."""
    return sorted((phantom_study.parent / "scans").glob("*.nrrd"))


@pytest.fixture(scope="session")
def tiny_yaml(phantom_study, tmp_path_factory) -> Path:
    """A configuration that trains a fold in a second; its cache is shared by all tests."""
    folder = tmp_path_factory.mktemp("tiny")
    path = folder / "volest.yaml"
    path.write_text(TINY.format(manifest=phantom_study, cache=folder / "cache"))
    return path


@pytest.fixture
def tiny(tiny_yaml, tmp_path):
    """The tiny configuration with overrides, writing to a run directory named `run` unless told otherwise."""
    from volest.config import load_config

    return lambda *overrides: load_config(tiny_yaml, [f"run.directory={tmp_path / 'run'}", *overrides])


@pytest.fixture(scope="session")
def finished_run(command, phantom_study, tiny_yaml, tmp_path_factory):
    """The whole road through the command line: index, split, cv. Tests read it and never write to it."""
    from volest.records.run import RunDirectory

    folder = tmp_path_factory.mktemp("road")
    scans = phantom_study.parent / "scans"
    settings = ("-c", tiny_yaml, "--set", "data.manifest=manifest.csv", "--set", "run.directory=run")
    for arguments in (
        ("index", scans, "--labels", phantom_study),
        ("split", *settings),
        ("cv", *settings, "--set", "data.folds=folds.csv"),
    ):
        outcome = command(*arguments, folder=folder)
        assert outcome.status == 0, outcome.stderr
    return RunDirectory(folder / "run")
