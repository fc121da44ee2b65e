from dataclasses import replace

import pytest

from volest.experiments.doctor.examination import run_checks
from volest.experiments.doctor.subject import Subject
from volest.progress import Silent


@pytest.fixture
def subject(tiny, tmp_path):
    """The tiny study, with overrides."""
    return lambda *overrides: Subject(tiny(*overrides), tmp_path / "doctor")


@pytest.fixture(scope="session")
def outcome():
    """Of one check, as the table would show it, whatever other checks say."""
    return lambda check, subject=None: run_checks([replace(check, needs=())], subject, "", Silent())[0].outcome
