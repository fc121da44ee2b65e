import pytest

from volest.experiments.doctor import epoch
from volest.experiments.doctor.epoch import EPOCH, together_s


@pytest.fixture
def timed(subject, monkeypatch):
    """A study whose steps and augmentation take as long as told."""
    monkeypatch.setattr(epoch, "usable_cores", lambda: 4.0)

    def take(step_s, augmented_s, *overrides):
        known = subject("training.threads=2", *overrides)
        known.step_s, known.forward_s, known.augmented_s = step_s, 0.0, augmented_s
        return known

    return take


def test_an_epoch_takes_its_steps_and_a_run_its_epochs_and_folds(outcome, timed):
    known = timed(10.0, 0.01, "training.workers=1", "training.epochs=100")
    steps = -(-known.training_scans // 2)
    found = outcome(EPOCH, known)
    assert (found.state, f"about {10 * steps:.1f} s" in found.measured) == ("ok", True)
    assert f"100 epochs x 2 folds: {10 * steps * 200 / 3600:.1f} h" in found.measured


def test_a_loader_that_lags_behind_is_pointed_out(outcome, timed):
    found = outcome(EPOCH, timed(0.01, 5.0, "training.workers=1"))
    assert (found.state, "the loader is the brake" in found.measured) == ("warning", True)
    assert found.remedy.startswith("Raise training.workers to 4")
    assert outcome(EPOCH, timed(0.01, 5.0, "training.workers=4")).remedy.startswith("Take a machine with more cores")


@pytest.mark.parametrize(
    "workers, device, seconds",
    [(0, "cpu", 30.0), (1, "cpu", 20.0), (4, "cpu", 10.0), (1, "cuda", 20.0), (4, "cuda", 10.0)],
)
def test_the_slower_of_steps_and_loader_decides(timed, workers, device, seconds):
    known = timed(1.0, 1.0, f"training.workers={workers}")
    known.device = device
    assert together_s(10.0, 20.0, known) == seconds


def test_on_a_cpu_both_share_the_cores(timed):
    known = timed(1.0, 1.0, "training.workers=4")
    assert together_s(10.0, 36.0, known) == pytest.approx((10 * 2 + 36) / 4)
