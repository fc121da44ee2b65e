from dataclasses import replace

import numpy as np
import pytest

from volest.evaluation.proxy.rank_agreement import rank_agreement
from volest.records.evaluation import Figure
from volest.records.proxy import ProxyValidation, TwiceTrained
from volest.records.search import SearchedKey, SearchRecord, SearchTrial
from volest.report.plots.key_axis import key_axis, short_names
from volest.report.plots.plot import Line, Points
from volest.report.plots.search import parallel_plot, slice_plots
from volest.report.search_page import search_table, search_text, write_search_page

KEYS = (
    SearchedKey("training.learning_rate", "float", 0.0001, 0.01, True),
    SearchedKey("training.batch_size", "int", 2, 16),
    SearchedKey("training.loss", "choice", choices=("huber", "<l1>")),
)


def trial(number, rng):
    values = {
        "training.learning_rate": float(10 ** rng.uniform(-4, -2)),
        "training.batch_size": int(rng.integers(2, 17)),
        "training.loss": ("huber", "<l1>")[number % 2],
    }
    if number == 3:
        return SearchTrial(3, "pruned", values, last_mae_ml=14.0, share_percent=30, seconds=40.0)
    if number in (4, 5):
        return SearchTrial(number, "failed", values, seconds=2.0, reason="the loss became <nan>")
    mae_ml = 10.0 + number
    return SearchTrial(
        number, "complete", values, Figure(mae_ml, mae_ml - 2, mae_ml + 2), (mae_ml, mae_ml + 1), None, 100, 90.0
    )


@pytest.fixture(scope="module")
def record():
    rng = np.random.default_rng(0)
    trials = tuple(trial(number, rng) for number in range(16))
    answer = "The best of 16 configurations is off by 10.00 mL. The recipe itself is best."
    importances = {"training.learning_rate": 0.7, "training.loss": 0.2, "training.batch_size": 0.1}
    notes = ("Confirm it: `volest train -c best.yaml --fold 0`.",)
    return SearchRecord("mine", answer, KEYS, trials, 16, 0, 3, 40, 60, 10, "tpe", "asha", importances, notes)


def test_the_first_sentence_is_the_answer(record, tmp_path):
    page = write_search_page(record, tmp_path).read_text(encoding="utf-8")
    assert "<h1>The best of 16 configurations is off by 10.00 mL.</h1>" in page
    assert (tmp_path / "tune.md").read_text(encoding="utf-8").startswith(record.answer)
    assert "13 judged, 1 given up, 2 failed" in page
    assert "<code>volest train -c best.yaml --fold 0</code>" in page


def test_whether_the_proxy_ranks_goes_before_what_it_says(record, tmp_path):
    trained = tuple(TwiceTrained(f"trial {n}", {}, 8.0 + n, 9.0 + n, 1.0, 5.0) for n in range(5))
    agreement = rank_agreement(trained, np.random.default_rng(0))
    verdict = "The proxy ranks configurations. best.yaml holds trial 0, the best of 5 in full training: 9.00 mL."
    proxy = ProxyValidation(verdict, True, agreement, trained, 0.0, 16, 5.0, ("p1", "p2"), 5, {})
    page = write_search_page(record, tmp_path, proxy).read_text(encoding="utf-8")
    assert "<h1>The proxy ranks configurations.</h1>" in page
    assert page.count("trial 0, the best of 5 in full training: 9.00 mL.") == 1
    assert (tmp_path / "tune.md").read_text(encoding="utf-8").startswith(f"{verdict} {record.answer}")


def test_figures_are_kept_as_svg(record, tmp_path):
    write_search_page(record, tmp_path)
    slices = ["slice_training_batch_size", "slice_training_learning_rate", "slice_training_loss"]
    written = sorted(path.stem for path in (tmp_path / "figures").glob("*.svg"))
    assert written == ["configurations", "course", "importances", *slices]


def test_what_a_training_or_a_space_said_cannot_become_markup(record, tmp_path):
    page = write_search_page(record, tmp_path).read_text(encoding="utf-8")
    assert "&lt;nan&gt;" in page
    assert "<nan>" not in page
    assert "<l1>" not in page


def test_each_reason_of_failure_is_told_once(record):
    assert "- failed, trials 4, 5: the loss became <nan>" in search_text(record)


def test_the_table_begins_with_the_best_and_ends_with_what_failed(record):
    columns, rows = search_table(record)
    assert [row[0] for row in rows[:2]] == ["0", "1"]
    assert [row[1] for row in rows[-3:]] == ["pruned at 30%, 14.00 mL", "failed", "failed"]
    assert rows[0][columns.index("95% interval")] == "8.00 to 12.00"
    assert len(search_table(record, 5)[1]) == 5


def test_a_search_in_which_all_failed_has_a_page_without_figures(record, tmp_path):
    failed = replace(record, trials=tuple(replace(t, state="failed") for t in record.trials if t.state == "failed"))
    page = write_search_page(failed, tmp_path).read_text(encoding="utf-8")
    assert "<figure" not in page
    assert "the loss became &lt;nan&gt;" in page


def test_every_judged_configuration_is_a_line_and_the_best_stands_out(record):
    plot = parallel_plot(record)
    lines = [mark for mark in plot.marks if isinstance(mark, Line)]
    assert len(lines) == len(record.complete)
    assert [line.look for line in lines].count("smooth") == 1
    assert lines[-1].look == "smooth"  # drawn last, above the others
    assert all(-0.03 <= x <= 1.03 for line in lines for x in line.x)


def test_a_logarithmic_range_is_drawn_in_its_logarithm(record):
    plot = slice_plots(record)[0]
    points = [mark for mark in plot.marks if isinstance(mark, Points)]
    assert all(-4 <= x <= -2 for mark in points for x in mark.x)
    assert "0.001" in dict(plot.x.ticks).values()
    assert plot.x.label.endswith("(logarithmic)")


def test_a_range_within_one_decade_has_its_ends_written():
    narrow = SearchedKey("training.learning_rate", "float", 0.0011, 0.0014, True)
    assert [text for _, text in key_axis(narrow).ticks] == ["0.0011", "0.0014"]


def test_a_short_name_is_that_of_no_other_key():
    names = short_names(["training.loss", "pretrain.loss", "augmentation.zoom.isotropic", "model.dropout", "seed"])
    assert names == {
        "training.loss": "training.loss",
        "pretrain.loss": "pretrain.loss",
        "augmentation.zoom.isotropic": "zoom.isotropic",
        "model.dropout": "dropout",
        "seed": "seed",
    }


@pytest.mark.slow
@pytest.mark.parametrize("width, scheme", [(1440, "light"), (390, "dark")])
def test_axe_finds_no_serious_violation_and_nothing_is_requested(
    open_page, serious_violations, requested, record, tmp_path, width, scheme
):
    page = write_search_page(record, tmp_path)
    opened = open_page(page, width=width, scheme=scheme)
    assert all(address.startswith(("file:", "data:", "about:")) for address in requested())
    assert serious_violations(opened) == []
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width
