import numpy as np
import pytest

from volest.errors import ConfigError
from volest.evaluation.latents.category_probe import probe_category
from volest.records.latents import FoldLatents


def _by_patient(study, *values):
    """The patients take turns."""
    return {name: values[int(scan.patient_id[1:]) % len(values)] for name, scan in study.scans.items()}


def _with_device(study, device, strength):
    """Every fold's scans moved along five features by their device."""
    moved = []
    for part in study.latents:
        vectors = part.vectors.copy()
        vectors[:, :5] += [[strength * (device[name] == "A")] for name in part.scan_ids]
        moved.append(FoldLatents(part.fold, part.scan_ids, part.patient_ids, part.held_out, vectors))
    return moved


def test_a_planted_device_is_recognised(study, rng):
    made = study()
    device = _by_patient(made, "A", "B", "B", "A", "B")
    skill = probe_category("device", device, _with_device(made, device, 6.0), rng)
    assert skill.recall_percent.value > 90
    assert skill.shown
    assert (skill.values, skill.chance_percent) == (("A", "B"), 50)


def test_a_device_that_left_no_trace_is_guessed(study, rng):
    made = study()
    skill = probe_category("device", _by_patient(made, "A", "B"), made.latents, rng)
    assert not skill.shown
    assert skill.recall_percent.low <= 50


def test_always_saying_the_frequent_value_is_no_skill(study, rng):
    made = study()
    device = _by_patient(made, *"AAAAAAAAB")
    assert probe_category("device", device, made.latents, rng).recall_percent.value < 70


def test_scans_without_a_value_are_left_out(study, rng):
    made = study()
    device = _by_patient(made, "A", "B")
    known = dict(list(device.items())[:60])
    assert probe_category("device", known, made.latents, rng).n_scans == 60


def test_a_value_that_one_training_part_lacks_is_no_crash(study, rng):
    made = study()
    fold_0 = set(np.array(made.latents[0].patient_ids)[made.latents[0].held_out])
    device = {name: "A" if scan.patient_id in fold_0 else "B" for name, scan in made.scans.items()}
    assert probe_category("device", device, made.latents, rng).recall_percent.value < 60


def test_numbers_of_many_values_are_no_category(study, rng):
    made = study()
    ages = {name: str(number) for number, name in enumerate(made.scans)}
    with pytest.raises(ConfigError, match=r"--category age: its 90 values are no categories; expected 2 to 12"):
        probe_category("age", ages, made.latents, rng)


def test_one_value_is_no_category(study, rng):
    made = study()
    with pytest.raises(ConfigError, match=r"at least two values with two patients each, got 'A' in 30"):
        probe_category("device", _by_patient(made, "A"), made.latents, rng)


def test_of_a_category_that_one_value_alone_is_held_out_of_nothing_can_be_told(study, rng):
    made = study()
    fold_0 = made.latents[0]
    held_out = set(np.array(fold_0.patient_ids)[fold_0.held_out])
    others = sorted({scan.patient_id for scan in made.scans.values()} - held_out)
    device = {name: "B" if scan.patient_id in others[::2] else "A" for name, scan in made.scans.items()}
    skill = probe_category("device", device, _with_device(made, device, 6.0)[:1], rng)
    assert skill.chance_percent == 100
    assert not skill.shown
