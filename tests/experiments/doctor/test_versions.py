import platform
from importlib import metadata

import pytest

from volest.experiments.doctor.versions import COMPROMISED, VERSIONS


@pytest.fixture
def installed(monkeypatch):
    """Pretend other versions; None is a library that is not there."""
    true = metadata.version

    def pretend(**versions):
        def version(name):
            found = versions.get(name.replace("-", "_"), true) if name.replace("-", "_") in versions else true(name)
            if found is None:
                raise metadata.PackageNotFoundError(name)
            return found

        monkeypatch.setattr(metadata, "version", version)

    return pretend


def test_the_versions_of_this_environment_fit_together(outcome):
    found = outcome(VERSIONS)
    assert found.state == "ok"
    assert f"torch {metadata.version('torch')}" in found.measured


@pytest.mark.parametrize("version", COMPROMISED["lightning"])
def test_a_compromised_release_is_named_before_all(outcome, installed, version):
    installed(lightning=version, torch="1.0")
    found = outcome(VERSIONS)
    assert (found.state, found.measured) == ("failed", f"lightning {version}: compromised on the registry")
    assert "2.6.5" in found.remedy


def test_a_library_below_our_bound_is_named_with_the_bound(outcome, installed):
    installed(numpy="1.26.4")
    found = outcome(VERSIONS)
    assert found.state == "failed"
    assert "numpy 1.26.4, volest needs >=2" in found.measured
    assert "pip install -U numpy" in found.remedy


def test_a_torch_that_does_not_match_torchvision_is_mended_together(outcome, installed, monkeypatch):
    true = metadata.requires
    monkeypatch.setattr(
        metadata, "requires", lambda name: ["torch (==2.99.0)"] if name == "torchvision" else true(name)
    )
    found = outcome(VERSIONS)
    assert found.state == "failed"
    assert "torchvision needs ==2.99.0" in found.measured
    assert "torch torchvision" in found.remedy


def test_what_only_an_extra_needs_is_not_asked_for(outcome, installed, monkeypatch):
    true = metadata.requires
    extra = ["nothing-of-this-name ; extra == 'all'"]
    monkeypatch.setattr(metadata, "requires", lambda name: extra if name == "timm" else true(name))
    assert outcome(VERSIONS).state == "ok"


def test_a_missing_library_is_named(outcome, installed):
    installed(timm=None)
    found = outcome(VERSIONS)
    assert (found.state, "timm is missing, volest needs it" in found.measured) == ("failed", True)


def test_an_old_python_is_named(outcome, monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.1")
    found = outcome(VERSIONS)
    assert (found.state, found.measured) == ("failed", "Python 3.9.1, volest needs >=3.11")
