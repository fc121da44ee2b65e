import pytest

from volest.evaluation.baselines.mean import Mean


def test_each_patient_counts_once(scan):
    training = [scan("a", "p", 10), scan("b", "p", 20), scan("c", "p", 30), scan("d", "q", 60)]
    assert Mean().fit(training).predict([scan("e", "r", 99)] * 2).tolist() == pytest.approx([40.0, 40.0])
