"""Planted runs: tests of one folder cannot import each other's modules, so these come as fixtures."""

import importlib.util
import sys
from pathlib import Path

import pytest

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.diagnosis import diagnose
from volest.diagnostics.run_records import read_run_records


def _module(name):
    spec = importlib.util.spec_from_file_location(f"diagnostics_{name}", Path(__file__).with_name(f"{name}.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def generator():
    return _module("generator")


@pytest.fixture(scope="session")
def tiny_trainings():
    return _module("tiny_trainings")


@pytest.fixture
def planted(generator, tmp_path):
    """A run directory with a fault in it, or a healthy one."""

    def write(fault=None, seed=1, **size):
        study = generator.healthy(seed, **size)
        if fault is not None:
            fault(study, generator.training_target)
        return generator.write(study, tmp_path / f"run-{fault.__name__ if fault else 'healthy'}-{seed}")

    return write


@pytest.fixture
def judged():
    """The diagnosis of a run directory."""
    return lambda run, **thresholds: diagnose(read_run_records(run.path), DiagnosisConfig(**thresholds), seed=0)
