from dataclasses import replace

import pytest

from volest.records.evaluation import Figure
from volest.records.study import ArmSummary, ReconstructionSummary, StudyCurve, StudyRecord, read_study, write_study
from volest.report.study_page import (
    screen_table,
    split_answer,
    study_plots,
    study_table,
    study_text,
    write_study_page,
)


@pytest.fixture
def record():
    base = ArmSummary("Huber", {}, 5, (), Figure(11.2, 9.0, 13.5), seconds=90.0, memory_bytes=2.5e8)
    better = ArmSummary(
        "batch 16, equal steps, rate linear",
        {"training.loss": "mse"},
        4,
        ("the loss became <nan>",),
        Figure(9.1, 7.7, 11.0),
        against="Huber",
        change_ml=Figure(-2.1, -3.3, -0.9),
        p=0.0004,
        seconds=150.0,
        memory_bytes=3e9,
    )
    curve = StudyCurve("range_test", "Range test", "It falls.", "rate", "loss", {"smooth": ((0.0, 1.0), (2.0, 1.0))})
    answer = "Mse has the smallest error, 9.1 mL out of fold. Shown to be worse: nothing."
    return StudyRecord("loss", "Which loss?", answer, (base, better), 40, 20, 1, 5, ("One seed.",), (curve,))


def test_the_first_sentence_is_the_answer(record, tmp_path):
    page = write_study_page(record, tmp_path).read_text(encoding="utf-8")
    assert "<h1>Mse has the smallest error, 9.1 mL out of fold.</h1>" in page
    assert (tmp_path / "study.md").read_text(encoding="utf-8").startswith(record.answer)
    assert split_answer("It is 1.2 mL.") == ("It is 1.2 mL.", "")


def test_what_a_training_said_cannot_become_markup(record, tmp_path):
    page = write_study_page(record, tmp_path).read_text(encoding="utf-8")
    assert "&lt;nan&gt;" in page
    assert "<nan>" not in page


def test_columns_that_no_arm_fills_are_left_out(record):
    columns, rows = study_table(record)
    assert "Noise scale, scans" not in columns
    assert rows[1][columns.index("Change, mL")] == "−2.10"
    assert rows[1][columns.index("p (Holm)")] == "< 0.001"
    assert [row[columns.index("Time of a training")] for row in rows] == ["90 s", "2.5 min"]
    assert [row[columns.index("Memory of a step")] for row in rows] == ["250 MB", "3.0 GB"]


def test_a_terminal_gets_the_columns_it_has_room_for(record):
    columns, rows = screen_table(record)
    assert columns == ["Arm", "MAE, mL", "95% interval", "Change, mL", "95% interval of it", "p (Holm)", "Failed"]
    assert all(len(row) == len(columns) for row in rows)


def test_reconstructions_have_columns_of_their_own(record):
    summary = ReconstructionSummary(0.2, Figure(0.25, 0.2, 0.3), None, 0.5, 0.6, Figure(-0.125, -0.2, -0.1), 0.0002)
    measured = replace(record.arms[1], reconstruction=summary)
    columns, rows = study_table(replace(record, arms=(record.arms[0], measured)))
    assert [row[columns.index("Held-out loss")] for row in rows] == ["–", "0.250"]
    assert rows[1][columns.index("Change of the loss")] == "−0.125"
    assert rows[1][columns.index("p of the loss (Holm)")] == "< 0.001"
    assert "Individual variation" not in columns


def test_long_names_of_arms_are_not_cut(record):
    assert all(plot.longest_name >= len(record.arms[1].name) for plot in study_plots(record)[:2])


def test_arms_changes_and_curves_are_drawn_and_kept_as_svg(record, tmp_path):
    write_study_page(record, tmp_path)
    assert sorted(path.stem for path in (tmp_path / "figures").glob("*.svg")) == ["arms", "changes", "range_test"]


def test_a_record_comes_back_as_it_was(record, tmp_path):
    write_study(record, tmp_path)
    assert read_study(tmp_path) == record
    assert study_text(read_study(tmp_path)) == study_text(record)
