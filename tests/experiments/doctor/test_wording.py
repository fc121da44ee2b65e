import pytest

from volest.experiments.doctor.wording import duration, edges, size


@pytest.mark.parametrize("byte_count, said", [(0, "0 MB"), (4_200_000, "4 MB"), (1.5e9, "1.5 GB")])
def test_bytes_are_said_in_a_unit_that_suits_them(byte_count, said):
    assert size(byte_count) == said


@pytest.mark.parametrize("seconds, said", [(3, "1 min"), (600, "10 min"), (7200, "2.0 h")])
def test_times_are_said_in_a_unit_that_suits_them(seconds, said):
    assert duration(seconds) == said


def test_a_shape_is_said_by_its_edges():
    assert edges((2, 3, 4)) == "2x3x4"
