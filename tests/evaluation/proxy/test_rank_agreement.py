from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from volest.errors import RunError
from volest.evaluation.proxy.rank_agreement import can_rank, rank_agreement, speed_up, verdict
from volest.records.proxy import TwiceTrained


def trained(proxy_ml, full_ml):
    pairs = zip(proxy_ml, full_ml, strict=True)
    return [TwiceTrained(f"trial {n}", {}, float(p), float(f), 2.0, 10.0) for n, (p, f) in enumerate(pairs)]


def test_correlations_are_those_of_scipy_ties_included(rng):
    proxy_ml, full_ml = rng.integers(3, 9, 16).astype(float), rng.integers(3, 9, 16).astype(float)
    told = rank_agreement(trained(proxy_ml, full_ml), rng)
    assert told.spearman.value == pytest.approx(stats.spearmanr(proxy_ml, full_ml).statistic)
    assert told.kendall.value == pytest.approx(stats.kendalltau(proxy_ml, full_ml).statistic)
    assert told.pearson.value == pytest.approx(stats.pearsonr(proxy_ml, full_ml).statistic)


def test_regret_is_what_the_choice_of_the_proxy_costs_in_full_training(rng):
    told = rank_agreement(trained([3, 2, 5, 6, 7], [4.0, 4.4, 6, 7, 8]), rng)
    assert (told.chosen, told.best) == ("trial 1", "trial 0")
    assert told.regret_ml == pytest.approx(0.4)
    assert told.regret_percent == pytest.approx(10)


def test_a_proxy_of_the_same_order_ranks_and_says_so(rng):
    full_ml = np.linspace(3, 9, 12)
    told = rank_agreement(trained(full_ml + rng.normal(0, 0.3, 12), full_ml), rng)
    assert can_rank(told)
    assert verdict(told, 6.0).startswith("The proxy ranks configurations.")


def test_a_proxy_without_any_order_is_warned_of(rng):
    told = rank_agreement(trained(rng.permutation(12).astype(float), np.arange(1.0, 13.0)), rng)
    assert told.spearman.low <= 0 or told.spearman.value < 0.5
    assert not can_rank(told)
    assert "do not choose by it" in verdict(told, 6.0)
    assert "Raise proxy.share" in verdict(told, 6.0)


def test_a_proxy_that_tells_nothing_apart_cannot_rank(rng):
    told = rank_agreement(trained([4.0] * 6, np.arange(1.0, 7.0)), rng)
    assert told.spearman.value is None
    assert not can_rank(told)
    assert "undefined" in verdict(told, 6.0)


def test_four_configurations_have_no_interval_and_cannot_show_that_a_proxy_ranks(rng):
    told = rank_agreement(trained([1, 2, 3, 4], [1, 2, 3, 4]), rng)
    assert told.spearman.value == pytest.approx(1)
    assert told.spearman.low is None
    assert not can_rank(told)
    assert "fewer than five" in verdict(told, 6.0)
    assert verdict(told, 6.0).endswith("Validate more configurations.")


def test_the_order_of_the_configurations_changes_nothing():
    both = trained([3, 2, 5, 6, 7, 9], [4.0, 4.4, 6, 7, 8, 5])
    one, other = (rank_agreement(rows, np.random.default_rng(0)) for rows in (both, both[::-1]))
    assert replace(one, spearman=other.spearman, kendall=other.kendall, pearson=other.pearson) == other
    assert one.spearman.value == pytest.approx(other.spearman.value)


def test_one_configuration_cannot_be_ranked(rng):
    with pytest.raises(RunError, match="1 configurations were trained both as proxy and in full"):
        rank_agreement(trained([1], [1]), rng)


def test_choosing_the_patients_is_paid_for_by_all_that_was_searched():
    both = trained([1, 2], [1, 2])
    assert speed_up(both, selection_seconds=0, searched=2) == pytest.approx(5)
    assert speed_up(both, selection_seconds=6, searched=2) == pytest.approx(2)
    assert speed_up(both, selection_seconds=6, searched=60) == pytest.approx(10 / 2.1)
