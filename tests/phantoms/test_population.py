from dataclasses import replace

import numpy as np
import pytest

from volest.phantoms.population import PRESETS, draw_population


@pytest.mark.parametrize(("name", "patients", "scans"), [("small", 30, 90), ("question", 30, 200)])
def test_preset_has_the_patients_and_scans_it_promises(name, patients, scans):
    population = draw_population(PRESETS[name], np.random.default_rng(0))
    visits = [visit for patient in population for visit in patient.visits]
    assert len({patient.patient_id for patient in population}) == len(population) == patients
    assert len({visit.scan_id for visit in visits}) == len(visits) == scans
    assert min(len(patient.visits) for patient in population) >= 2


def test_every_raster_of_the_question_has_128_voxels_a_side_at_spacings_that_differ():
    population = draw_population(PRESETS["question"], np.random.default_rng(0))
    parameters = [visit.parameters for patient in population for visit in patient.visits]
    assert {p.shape for p in parameters} == {(128, 128, 128)}
    volumes = [np.prod(p.spacing_mm) for p in parameters]
    assert max(volumes) / min(volumes) > 1.4


def test_volumes_have_the_mean_and_spread_asked_for(many_parameters):
    volumes_ml = np.array([p.volume_ml for p in many_parameters])
    assert 8 < volumes_ml.min() < 12
    assert 60 < volumes_ml.max() < 80
    assert volumes_ml.mean() == pytest.approx(30, abs=2)
    assert volumes_ml.std() == pytest.approx(12, abs=2)


def test_a_patient_changes_little_between_visits_and_time_runs_forward():
    for patient in draw_population(PRESETS["question"], np.random.default_rng(1)):
        volumes_ml = [visit.parameters.volume_ml for visit in patient.visits]
        days = [visit.acquired_on for visit in patient.visits]
        assert max(volumes_ml) / min(volumes_ml) < 1.3
        assert days == sorted(set(days))


def test_every_structure_lies_wholly_in_the_scanned_field(many_parameters):
    for p in many_parameters:
        half_extent = tuple(n * step / 2 for n, step in zip(p.shape, p.spacing_mm, strict=True))
        assert p.structure.is_scanned_by(p.sector, half_extent)


def test_header_position_and_settings_tell_nothing_of_the_volume():
    preset = replace(PRESETS["small"], patients=800, scans=800)
    population = draw_population(preset, np.random.default_rng(0))
    parameters = [patient.visits[0].parameters for patient in population]
    volumes_ml = [p.volume_ml for p in parameters]
    facts = {
        "voxel volume": [np.prod(p.spacing_mm) for p in parameters],
        "voxels": [np.prod(p.shape) for p in parameters],
        "field of view": [np.prod(p.shape) * np.prod(p.spacing_mm) for p in parameters],
        "depth": [p.sector.depth_mm for p in parameters],
        "right": [p.structure.pose.centre_mm[0] for p in parameters],
        "anterior": [p.structure.pose.centre_mm[1] for p in parameters],
        "gain": [p.receiver.gain_db for p in parameters],
        "attenuation": [p.receiver.attenuation_db_per_cm for p in parameters],
        "contrast": [p.structure.echo_db for p in parameters],
    }
    for name, values in facts.items():
        correlation = np.corrcoef(volumes_ml, values)[0, 1]
        assert abs(correlation) < 0.125, name  # 3.5 standard errors of a correlation of zero


def test_same_seed_same_population():
    one, other = (draw_population(PRESETS["small"], np.random.default_rng(7)) for _ in range(2))
    assert repr(one) == repr(other)
