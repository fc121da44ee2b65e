import dataclasses
import math

import numpy as np
import pytest

from volest.errors import RunError
from volest.evaluation.evaluation import evaluate
from volest.records.evaluation import Figure, LimitsOfAgreement, read_evaluation, write_evaluation
from volest.records.follow_up import FollowedScans
from volest.records.judged import Judged
from volest.records.predictions import Prediction


def judged(sample, **more):
    rows = zip(sample.scan_ids, sample.patient_ids, sample.predicted_ml, sample.reference_ml, strict=True)
    return Judged("run", tuple(Prediction(s, p, 0, float(y), float(r)) for s, p, y, r in rows), **more)


def run(subject, **more):
    return evaluate(subject, np.random.default_rng(0), n_draws=300, **more)


def figures(summary):
    """Every figure by name, limits included."""
    for name, value in vars(summary).items():
        if isinstance(value, Figure):
            yield name, value
        elif isinstance(value, LimitsOfAgreement):
            yield from ((f"{name}.{part}", getattr(value, part)) for part in ("bias", "lower", "upper"))


def test_every_figure_of_a_study_lies_within_its_interval(study):
    for name, figure in figures(run(judged(study)).overall):
        assert figure.low <= figure.value <= figure.high, name
        assert figure.low < figure.high, name


def test_shuffling_rows_changes_no_figure(study):
    order = np.random.default_rng(0).permutation(study.n_scans)
    for (name, one), (_, other) in zip(
        figures(run(judged(study)).overall), figures(run(judged(study.of(order))).overall), strict=True
    ):
        assert one.value == pytest.approx(other.value), name


def test_what_else_is_asked_moves_no_figure(study):
    columns = {"device": dict.fromkeys(study.scan_ids, "A")}
    alone, more = run(judged(study)), run(judged(study, columns=columns), against={"itself": judged(study)})
    assert (more.overall, more.bands["volume_ml"]) == (alone.overall, alone.bands["volume_ml"])


def test_a_baseline_that_says_nothing_is_left_out(study):
    said = judged(study).predictions
    silent = tuple(dataclasses.replace(p, predicted_ml=math.nan) for p in said)
    rows = run(judged(study, baselines={"mean": said, "previous_scan": silent})).baselines
    assert [row.against for row in rows] == ["mean"]


def test_follow_ups_stand_beside_the_same_scans_told_nothing_and_move_no_figure(study):
    said = judged(study).predictions
    bounded = [dataclasses.replace(p, interval_low_ml=0.0, interval_high_ml=100.0) for p in said]
    nearer = [dataclasses.replace(p, predicted_ml=(p.predicted_ml + p.reference_ml) / 2) for p in bounded[::2]]
    told = tuple(dataclasses.replace(p, interval_high_ml=60.0) for p in nearer)
    grown = tuple(dataclasses.replace(p, predicted_ml=p.reference_ml + 1) for p in told)
    plain = dataclasses.replace(judged(study), predictions=tuple(bounded), level=0.9, baselines={"mean": said})
    alone, more = run(plain), run(dataclasses.replace(plain, follow_ups=FollowedScans(told, grown)))
    assert (more.overall, more.intervals.overall, more.baselines) == (
        alone.overall,
        alone.intervals.overall,
        alone.baselines,
    )
    assert [row.against for row in more.follow_ups] == ["networks_alone", "earlier_volume"]
    row = more.follow_ups[0]
    assert (row.n_scans, row.mae_ml.value) == (len(told), pytest.approx(row.against_mae_ml.value / 2))
    assert more.follow_ups[1].against_mae_ml.value == pytest.approx(1)
    assert [part.width_ml.value for part in more.intervals.bands["follow-ups"]] == [pytest.approx(60)]
    assert not alone.follow_ups
    assert "follow-ups" not in alone.intervals.bands


def test_the_unit_of_volume_scales_what_is_in_ml_and_nothing_else(study, sample_of):
    tenfold = sample_of(10 * study.predicted_ml, 10 * study.reference_ml, study.patient_ids)
    pairs = zip(figures(run(judged(study)).overall), figures(run(judged(tenfold)).overall), strict=True)
    for (name, one), (_, other) in pairs:
        factor = 10 if "_ml" in name else 1
        assert [other.value, other.low, other.high] == pytest.approx(
            [factor * number for number in (one.value, one.low, one.high)]
        ), name


def test_writing_and_reading_is_the_identity(study, tmp_path):
    columns = {"device": dict.fromkeys(study.scan_ids, "A")}
    evaluation = run(judged(study, columns=columns, remarks=("half a run",)), against={"itself": judged(study)})
    write_evaluation(evaluation, tmp_path / "evaluation.json")
    assert read_evaluation(tmp_path / "evaluation.json") == evaluation


@pytest.mark.parametrize(("content", "message"), [(None, "volest evaluate"), ("{", "damaged"), ("{}", "damaged")])
def test_a_file_that_is_no_evaluation_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "evaluation.json").write_text(content)
    with pytest.raises(RunError, match=message):
        read_evaluation(tmp_path / "evaluation.json")


@pytest.mark.parametrize(
    ("predicted_ml", "reference_ml", "patients"),
    [
        ([10], [12], [0]),
        ([10, 11], [12, 12], [0, 0]),
        ([10, 11], [12, 13], [0, 1]),
        ([10] * 8, np.arange(8) + 5, range(8)),
        (np.arange(8) + 5, [7] * 8, range(8)),
        ([7] * 8, [7] * 8, range(8)),
        (np.arange(8) + 5, np.arange(8), range(8)),
        (np.arange(8) + 5, np.arange(8) + 5, [0, 0, 1, 1, 2, 2, 3, 4]),
        ([-1, 1e12, 5, math.nan, 6, 7, 8, 9], np.arange(8) + 1, range(8)),
    ],
)
def test_whatever_the_data_leave_undefined_is_empty_and_never_a_failure(
    sample_of, tmp_path, predicted_ml, reference_ml, patients
):
    evaluation = run(judged(sample_of(predicted_ml, reference_ml, patients)))
    write_evaluation(evaluation, tmp_path / "e.json")
    assert evaluation.overall.mae_ml.value is not None


def test_scans_without_a_number_are_left_out_and_said(study, sample_of):
    predicted_ml = study.predicted_ml.copy()
    predicted_ml[:3] = math.nan
    evaluation = run(judged(sample_of(predicted_ml, study.reference_ml, study.patient_ids)))
    assert evaluation.overall.n_scans == study.n_scans - 3
    assert evaluation.remarks[0].startswith("3 of")


def test_a_table_without_any_number_is_refused(sample_of):
    with pytest.raises(RunError, match=r"run: no scan can be judged\. 2 of 2 scans have no finite prediction"):
        run(judged(sample_of([math.nan, math.nan], [1, 2])))
    with pytest.raises(RunError, match=r"no scan can be judged\. The table is empty"):
        run(judged(sample_of([], [])))


def test_intraclass_intervals_of_single_scans_are_those_of_the_paper(single_scans):
    from volest.evaluation.icc import intraclass_correlations

    ratings = np.column_stack([single_scans.predicted_ml, single_scans.reference_ml])
    overall = run(judged(single_scans)).overall
    assert dataclasses.astuple(intraclass_correlations(ratings)) == tuple(
        dataclasses.astuple(figure) for figure in (overall.icc_1_1, overall.icc_2_1, overall.icc_3_1)
    )
