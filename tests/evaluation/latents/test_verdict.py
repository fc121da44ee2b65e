from volest.evaluation.latents.verdict import answer
from volest.records.evaluation import Figure
from volest.records.probes import CategorySkill, Fingerprint, VolumeSkill


def _skill(name, value, low=None, high=None):
    r2 = Figure(value, low, high)
    return VolumeSkill(name, 90, 30, r2, r2, r2)


FOUND = Fingerprint(60, 20, Figure(83, 70, 92), 6.0, 0.0001, 41.0)


def test_the_sentence_names_what_the_probe_stands_beside():
    told = answer([_skill("linear probe", 0.6, 0.4, 0.7), _skill("kernel ridge", 0.5)], FOUND)
    assert told == (
        "The latent knows the volume: held out, a linear probe has R2 0.60 (0.40 to 0.70), kernel ridge 0.50. "
        "It is a fingerprint of the patient: the nearest other held-out scan is of the same patient in 83 (70 to 92)%, "
        "by chance in 6%, by the reference volume alone in 41% (p = 0.0001)."
    )


def test_an_interval_that_holds_zero_shows_no_knowledge():
    assert "is not shown to know the volume" in answer([_skill("linear probe", 0.1, -0.2, 0.3)], FOUND)


def test_no_interval_shows_nothing():
    assert "is not shown to know the volume" in answer([_skill("linear probe", 0.9)], FOUND)


def test_a_search_that_chance_explains_is_no_fingerprint():
    chance = Fingerprint(60, 20, Figure(8, 2, 20), 6.0, 0.3, 41.0)
    assert "is not shown to be a fingerprint" in answer([_skill("linear probe", 0.6, 0.4, 0.7)], chance)


def test_without_patients_of_several_scans_nothing_is_claimed():
    assert "cannot be told: no held-out patient" in answer([_skill("linear probe", 0.6, 0.4, 0.7)], None)


def test_a_device_that_is_recognised_is_told():
    device = CategorySkill("device", ("A", "B"), 90, 30, Figure(95, 80, 99), 50.0)
    assert "It knows device: 95 (80 to 99)% of" in answer([_skill("linear probe", 0.6, 0.4, 0.7)], FOUND, [device])
