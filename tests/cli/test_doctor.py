import pytest

from volest.experiments.doctor import examination
from volest.experiments.doctor.verdict import Verdict, failed, ok, skipped, warning


@pytest.fixture
def found(monkeypatch):
    """Pretend that the examination found this."""
    return lambda *outcomes: monkeypatch.setattr(
        examination, "examine", lambda *_: [Verdict(f"check {n}", outcome, 1.25) for n, outcome in enumerate(outcomes)]
    )


def test_a_failed_check_ends_with_1_and_its_remedy_is_shown(command, found):
    found(ok("fine"), failed("[2 GB] missing", "Buy more."))
    outcome = command("doctor")
    assert outcome.status == 1
    assert all(text in outcome.stdout for text in ("check 1", "failed", "[2 GB] missing", "Buy more.", "1.2"))
    assert "1 ok, 1 failed" in outcome.stdout


def test_warnings_and_skipped_checks_end_with_0(command, found):
    found(ok("1"), warning("2", "3"), skipped("4"))
    outcome = command("doctor")
    assert (outcome.status, "1 ok, 1 warning, 1 skipped" in outcome.stdout) == (0, True)


def test_a_configuration_that_cannot_be_used_is_wrong_use(command):
    outcome = command("doctor", "--set", "training.epoch=3")
    assert (outcome.status, "did you mean epochs?" in outcome.stderr) == (2, True)


@pytest.mark.slow
def test_phantoms_on_this_machine_are_fit_to_train(command, tiny_yaml, tmp_path):
    """All of it, the workers of both kinds included."""
    settings = ("--set", f"run.directory={tmp_path / 'run'}", "--set", f"preprocessing.cache={tmp_path / 'cache'}")
    network = ("--set", "model.widths=[8, 16, 32, 64]", "--set", "training.learning_rate=0.003")
    outcome = command("doctor", "-c", tiny_yaml, *settings, *network, folder=tmp_path)
    assert outcome.status == 0, outcome.stdout
    titles = ("versions", "device", "workers: spawn", "shared memory", "run directory", "epoch", "overfitting")
    assert all(title in outcome.stdout for title in titles)
    assert "skipped" not in outcome.stdout
    assert "Traceback" not in outcome.stdout + outcome.stderr
    assert not list(tmp_path.iterdir())
