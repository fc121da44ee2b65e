from datetime import date

import numpy as np
import pytest

from volest.errors import ConfigError
from volest.evaluation.bands import bands_by_column, bands_by_volume

RNG_SEED = 0


def by(sample, values, column="device"):
    cells = dict(zip(sample.scan_ids, values, strict=True))
    return bands_by_column(column, cells, sample, np.random.default_rng(RNG_SEED), 200)


def test_bands_of_volume_are_thirds_in_order(sample_of):
    reference_ml = np.arange(30.0) + 10
    bands = bands_by_volume(sample_of(reference_ml, reference_ml), np.random.default_rng(0), 200)
    assert [band.label for band in bands] == ["10 to 19 mL", "20 to 29 mL", "30 to 39 mL"]
    assert [band.n_scans for band in bands] == [10, 10, 10]


def test_each_scan_is_in_one_band(study):
    bands = bands_by_volume(study, np.random.default_rng(0), 200)
    assert sum(band.n_scans for band in bands) == study.n_scans


def test_a_device_that_errs_is_seen(sample_of):
    reference_ml = np.full(20, 50.0)
    devices = ["A", "B"] * 10
    error_ml = np.where(np.array(devices) == "B", 10.0, 1.0)
    first, second = by(sample_of(reference_ml + error_ml, reference_ml), devices)
    assert (first.label, second.label) == ("A", "B")
    assert (first.mae_ml.value, second.mae_ml.value) == (1, 10)
    assert (first.within_10_percent.value, second.within_10_percent.value) == (100, 0)
    assert (second.bias_ml.value, second.mape_percent.value) == pytest.approx((10, 20))


def test_dates_are_cut_into_thirds(sample_of):
    days = [date(2025, 1, day) for day in range(1, 13)]
    labels = [band.label for band in by(sample_of(np.arange(12) + 1, np.arange(12) + 2), days)]
    assert labels == ["2025-01-01 to 2025-01-04", "2025-01-05 to 2025-01-08", "2025-01-09 to 2025-01-12"]


def test_few_numbers_are_kept_apart(sample_of):
    bands = by(sample_of(np.arange(6) + 1, np.arange(6) + 2), [1, 0, 2, 1, 0, 2])
    assert [(band.label, band.n_scans) for band in bands] == [("0", 2), ("1", 2), ("2", 2)]


def test_many_equal_numbers_lose_no_scan(sample_of):
    values = [5.0] * 20 + [1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0]
    bands = by(sample_of(np.arange(27) + 1, np.arange(27) + 2), values)
    assert sum(band.n_scans for band in bands) == 27


def test_scans_without_a_value_have_a_band_of_their_own(sample_of):
    bands = by(sample_of([1, 2, 3], [1, 2, 3]), ["A", None, "A"])
    assert [(band.label, band.n_scans) for band in bands] == [("A", 2), ("(empty)", 1)]


def test_numbers_among_words_are_words(sample_of):
    assert [band.label for band in by(sample_of([1, 2], [1, 2]), ["A", 7.0])] == ["7.0", "A"]


def test_a_column_of_too_many_words_is_refused(sample_of):
    sample = sample_of(np.arange(40) + 1, np.arange(40) + 2)
    with pytest.raises(ConfigError, match=r"--by site: the scans have 40 different values"):
        by(sample, [f"w{n}" for n in range(40)], "site")
