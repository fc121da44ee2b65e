from dataclasses import replace

import pytest

from volest.records.evaluation import Figure
from volest.records.proxy import ProxyValidation, RankAgreement, TwiceTrained
from volest.report.plots.drawing import draw
from volest.report.plots.proxy import proxy_plot
from volest.report.proxy_table import proxy_figures, proxy_table


@pytest.fixture
def validation():
    return ProxyValidation(
        verdict="The proxy ranks configurations.",
        can_rank=True,
        agreement=RankAgreement(
            Figure(0.5, -0.5, 0.9), Figure(0.3, None, None), Figure(None, None, None), "trial 7", "trial 2", 0.5, 12.5
        ),
        trained=(
            TwiceTrained("trial 2", {}, 5.0, 4.5, 3.0, 30.0),
            TwiceTrained("trial 7", {}, 6.0, 4.0, 3.0, 31.0),
            TwiceTrained("trial 4", {}, 7.0, 9.0, 3.0, 32.0),
        ),
        selection_seconds=1.2,
        searched=12,
        speed_up=9.8,
        patients=("a", "b"),
        of_patients=6,
        changes={},
    )


def test_the_best_in_full_training_comes_first_with_its_rank_by_proxy(validation):
    columns, rows = proxy_table(validation)
    assert [row[0] for row in rows] == ["trial 7", "trial 2", "trial 4"]
    assert [row[columns.index("Rank by proxy")] for row in rows] == ["2", "1", "3"]


def test_figures_have_their_intervals_and_undefined_ones_a_dash(validation):
    told = proxy_figures(validation)
    assert told["Spearman"] == "0.50 (−0.50 to 0.90)"
    assert told["Pearson"] == "–"
    assert told["Regret of its best"] == "0.50 mL (12%)"
    assert told["Patients that train"] == "2 of 6"


def test_the_figure_says_what_the_choice_of_the_proxy_costs(validation):
    plot = proxy_plot(validation)
    assert plot.message.endswith("The proxy chooses trial 2, 0.50 mL worse in full than trial 7, the best.")
    assert draw(plot)
    agreed = replace(validation, agreement=replace(validation.agreement, chosen="trial 7"))
    assert proxy_plot(agreed).message.endswith("Both choose trial 7.")
