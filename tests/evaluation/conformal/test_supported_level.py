import pytest

from volest.evaluation.conformal.supported_level import patients_needed, refusal, widest_level


@pytest.mark.parametrize(("level", "patients"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999)])
def test_as_many_patients_are_needed_as_the_paper_says(level, patients):
    assert patients_needed(level) == patients  # 1 / a - 1, Lee et al. arXiv 2306.06342


@pytest.mark.parametrize("n_patients", [1, 2, 9, 19, 30, 59, 371])
def test_the_widest_level_is_supported_and_nothing_above_it(n_patients):
    widest = widest_level(n_patients)
    assert patients_needed(widest) == n_patients
    assert refusal(widest, n_patients) == ""
    assert refusal(widest + 1e-6, n_patients)


def test_a_refusal_names_the_patients_that_are_needed_and_what_these_support():
    told = refusal(0.99, 30)
    assert "needs at least 99 patients" in told
    assert "30 held-out patients support 96.7% at most" in told
    assert "1 held-out patient supports 50% at most" in refusal(0.9, 1)
