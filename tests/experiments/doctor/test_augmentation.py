import pytest

from volest.augmentation.pipeline import AugmentationPipeline
from volest.experiments.doctor import augmentation
from volest.experiments.doctor.augmentation import AUGMENTATION


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(augmentation, "SECONDS", 0.1)


def test_the_time_of_a_scan_is_measured_and_kept_for_the_epoch(outcome, subject):
    healthy = subject()
    found = outcome(AUGMENTATION, healthy)
    assert found.state == "ok", found
    assert 0 < healthy.augmented_s < 10
    assert f"{1000 * healthy.augmented_s:.1f} ms a scan" in found.measured


def test_without_augmentation_a_scan_still_has_to_be_loaded(outcome, subject):
    plain = subject("augmentation.enabled=false")
    assert outcome(AUGMENTATION, plain).measured.endswith("not augmented")
    assert plain.augmented_s > 0


def test_a_transform_that_raises_is_a_failure(outcome, subject, monkeypatch):
    monkeypatch.setattr(AugmentationPipeline, "apply", lambda *_: 1 / 0)
    assert outcome(AUGMENTATION, subject()).measured == "ZeroDivisionError: division by zero"
