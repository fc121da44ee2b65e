"""What is asked of Ray, without a cluster."""

import pickle
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from volest import __version__
from volest.errors import RunError, TrainingError
from volest.experiments.cluster import errand as errand_module
from volest.experiments.cluster.ray import _RayMachines, porter

ELSEWHERE = """
import pickle, sys
from ray import cloudpickle
from volest.experiments.cluster.ray import porter
sent = cloudpickle.dumps(porter())
for name in [name for name in sys.modules if name.partition(".")[0] == "volest"]:
    del sys.modules[name]
sys.modules["volest"] = None  # not installed
print(pickle.loads(sent)(b"", "1.0", None))
"""


def carry(work, version=__version__):
    return porter()(pickle.dumps(work), version, None)


@pytest.fixture
def working(monkeypatch):
    """The work of an errand is what is sent."""
    monkeypatch.setattr(errand_module, "run_errand", lambda work, send: work())


def missing():
    raise ModuleNotFoundError("No module named 'nrrd'")


def diverging():
    raise TrainingError("the loss is not finite")


def done():
    return None


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra volest[ray] is not installed")
def test_a_machine_without_volest_says_so():
    outcome = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=False)
    assert "cannot do the work: import of volest halted" in outcome.stdout, outcome.stderr


def test_another_version_is_not_given_the_work(working):
    assert "has volest" in carry(missing, version="0.0.0")
    assert carry(missing, version="0.0.0").endswith("the command was given with 0.0.0")


def test_what_a_machine_lacks_is_a_sentence_and_what_the_user_can_mend_an_error(working):
    assert carry(missing).endswith("cannot do the work: No module named 'nrrd'")
    assert str(carry(diverging)) == "the loss is not finite"
    assert carry(done) is None


def test_what_a_later_volest_has_renamed_is_told(working):
    parcel = pickle.dumps(done).replace(b"done", b"gone")
    assert "has another volest of the same version" in porter()(parcel, __version__, None)


@pytest.mark.parametrize(
    ("result", "error", "said"),
    [
        ("b has volest 1, the command was given with 2", RunError, r"^b has volest 1, .* with 2\. Install the same"),
        (TrainingError("the loss is not finite"), TrainingError, "the loss is not finite"),
    ],
)
def test_what_a_machine_answers_ends_the_command(result, error, said):
    machines = object.__new__(_RayMachines)
    machines.ray = SimpleNamespace(get=lambda reference: result, exceptions=None)
    with pytest.raises(error, match=said):
        machines._end("a")
