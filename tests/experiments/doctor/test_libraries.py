import importlib

import pytest

from volest.experiments.doctor import libraries
from volest.experiments.doctor.libraries import LIBRARIES


def test_the_libraries_of_this_environment_load(outcome):
    assert outcome(LIBRARIES).state == "ok"


def test_a_binary_of_another_torch_is_named_with_its_family(outcome, monkeypatch):
    true = importlib.import_module

    def broken(name):
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist\nand more")
        return true(name)

    monkeypatch.setattr(importlib, "import_module", broken)
    found = outcome(LIBRARIES)
    assert found.measured == "torchvision does not load: operator torchvision::nms does not exist"
    assert "torch torchvision timm timm-3d" in found.remedy


@pytest.mark.parametrize("error", [ImportError("no"), OSError("libcudart.so.12: cannot open"), AttributeError("x")])
def test_whatever_an_import_raises_is_told(outcome, monkeypatch, error):
    def broken(name):
        raise error

    monkeypatch.setattr(importlib, "import_module", broken)
    assert outcome(LIBRARIES).measured == f"numpy does not load: {error}"


def test_a_compromised_release_is_not_imported(outcome, monkeypatch):
    monkeypatch.setattr(libraries, "compromised", lambda: ["lightning 2.6.2"])
    monkeypatch.setattr(importlib, "import_module", lambda name: pytest.fail(f"{name} was imported"))
    assert outcome(LIBRARIES).measured == "lightning 2.6.2 is not loaded"
