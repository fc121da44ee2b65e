"""`report.html` as text: everything in it, escaped, and words in place of what a run does not have."""

import json
import re
import shutil
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pytest

from volest.diagnostics.run_records import read_run_records
from volest.errors import RunError
from volest.evaluation.risk_coverage import risk_coverage
from volest.evaluation.sample import judged_scans
from volest.records.controls import ControlsRecord, training_of, write_controls
from volest.records.findings import Finding, Severity
from volest.records.follow_up import FollowedScans, write_followed
from volest.records.history import read_history
from volest.records.metrics import read_metrics, write_metrics
from volest.records.predictions import read_predictions
from volest.records.refusal import Refusal, write_refusal
from volest.report.page import ticked
from volest.report.report_page import write_report

HOSTILE = "<script>alert(1)</script>"

RECORDS = (
    *("config.yaml", "manifest.csv", "folds.csv", "folds.md", "predictions.csv", "metrics.json", "baselines.csv"),
    *("headers.csv", "environment.json", "evaluation.json", "findings.json", "fold_1/history.csv", "fold_1/model.json"),
)

SECTIONS = (
    "can",
    "wrong",
    "next",
    "agreement",
    "learning",
    "where",
    "intervals",
    "refusal",
    "baselines",
    "worst",
    "data",
    "folds",
    "findings",
)


def _attributes(text):
    """Names of all attributes, and what src and href hold."""
    names, addresses = set(), []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            names.update(name for name, _ in attrs)
            addresses.extend(value for name, value in attrs if name in ("src", "href"))

    Reader().feed(text)
    return names, addresses


def _text(page):
    return page.read_text(encoding="utf-8")


def test_the_answer_stands_before_the_figures(report):
    text = _text(report)
    places = [text.index(f'<h2 id="{name}">') for name in (*SECTIONS, "settings", "paper", "card")]
    assert places == sorted(places)


def test_every_figure_is_there_and_says_its_message(report):
    text = _text(report)
    names = ("predicted_against_reference", "bland_altman", "calibration", "error_by_patient", "error_by_volume")
    for name in (*names, "baselines", "folds", *(f"learning_curve_fold_{fold}" for fold in range(3))):
        figure = text.partition(f'id="figure-{name}"')[2].partition("</figure>")[0]
        assert re.search(r'role="img" aria-label="[^"]{40,}"', figure), name


def test_what_a_scan_is_called_stays_text(report):
    text = _text(report)
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert "größe-μ-例" in text
    assert text.count("<script") == text.count("</script>") == 2


def test_hovering_has_every_scan_with_its_pictures(report, report_run):
    data = json.loads(re.search(r'<script type="application/json" id="scans">(.*?)</script>', _text(report)).group(1))
    assert len(data) == 40
    assert data[0]["scan"] == HOSTILE
    assert sum(len(scan["views"]) == 3 for scan in data) == 3


def test_pictures_stay_out_when_they_are_not_asked_for(report_run, tmp_path):
    copy = shutil.copytree(report_run.path, tmp_path / "copy")
    assert "data:image/jpeg" not in _text(write_report(copy, with_pictures=False))


def test_the_page_asks_nothing_of_the_network(report):
    text = _text(report)
    assert not re.findall(r"(?:https?:)?//[a-z]", text)
    names, addresses = _attributes(text)
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert all(address.startswith(("#", "data:")) for address in addresses)


def test_figures_for_papers_lie_beside_the_page(report):
    names = {path.stem for path in (report.parent / "figures").glob("*.svg")}
    assert {"predicted_against_reference", "bland_altman", "calibration", "learning_curve_fold_0"} <= names


def test_a_turned_curve_is_marked(report):
    figure = _text(report).partition('id="figure-learning_curve_fold_1"')[2].partition("</figure>")[0]
    assert "turns at" in figure


def test_the_same_run_gives_the_same_page(report, report_run):
    before = report.read_bytes()
    assert write_report(report_run.path).read_bytes() == before


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("baselines.csv", "baselines.csv does not exist"),
        ("intervals.json", "intervals.json does not exist"),
        ("folds.md", "which proves that no patient stands in two folds"),
        ("manifest.csv", "no manifest that can be read"),
        ("config.yaml", "configuration of the run cannot be read"),
        ("environment.json", "environment is not recorded"),
        ("headers.csv", "Not there: headers.csv"),
    ],
)
def test_a_missing_record_is_told_in_words(written_run, gone, words):
    (written_run.path / gone).unlink(missing_ok=True)
    text = _text(write_report(written_run.path))
    assert words in text
    assert 'id="figure-bland_altman"' in text


def test_without_history_there_are_words_for_the_curves(written_run):
    for fold in range(3):
        written_run.fold(fold).history.unlink()
    assert "No fold has left a history.csv" in _text(write_report(written_run.path))


def test_without_predictions_the_answer_is_not_yet(written_run):
    written_run.predictions.unlink()
    for fold in range(3):
        written_run.fold(fold).predictions.unlink()
    text = _text(write_report(written_run.path))
    assert "Not yet" in text
    assert "nothing to draw" in text


def test_an_unfinished_run_says_so(written_run):
    written_run.predictions.unlink()
    written_run.metrics.unlink()
    written_run.fold(2).predictions.unlink()
    text = _text(write_report(written_run.path))
    assert "Too early to say" in text or "No, not as it is" in text
    assert "2 of 3 folds are finished" in text


def test_a_note_is_told_where_nothing_else_is_wrong(generator, tmp_path):
    study = generator.healthy(1)
    for history in study.histories.values():
        history["loader_wait_share"] = 0.6
    run = generator.write(study, tmp_path / "run")
    answers = _text(write_report(run.path, with_pictures=False)).partition("<nav")[0]
    assert re.search(r"No error and no warning: .* and there (is 1 note|are \d+ notes)", answers)


def test_what_short_curves_do_not_show_is_not_explained(generator, tmp_path):
    study = generator.healthy(1, patients=12, scans=24, folds=3, epochs=3)
    learning = _text(write_report(generator.write(study, tmp_path / "run").path, with_pictures=False))
    learning = learning.partition('<h2 id="learning">')[2].partition("</section>")[0]
    assert "smoothed" not in learning


def test_the_two_questions_about_a_baseline_are_told_apart(report):
    table = _text(report).partition('<h2 id="baselines">')[2].partition("</section>")[0]
    assert "interval asks" in table
    assert "rests on the interval" in table


def test_what_an_earlier_volume_is_worth_stands_beside_the_baselines(written_run):
    def section():
        return _text(write_report(written_run.path)).partition('<h2 id="baselines">')[2].partition("</section>")[0]

    assert "Told the volume" not in section()
    rows = read_predictions(written_run.predictions)
    told = [replace(p, predicted_ml=(p.predicted_ml + p.reference_ml) / 2) for p in rows[::2]]
    write_followed(FollowedScans(tuple(told), tuple(rows[::2])), written_run.followed)
    follow_ups = section().partition("Told the volume of the patient's earlier scan")[2]
    assert "networks, told nothing" in follow_ups
    assert "earlier volume, no scan seen" in follow_ups
    assert "what is told of the earlier volume errs less" in follow_ups
    assert "verdict of the diagnosis" not in follow_ups


def test_numbers_in_findings_have_a_minus_sign():
    words = "difference -1.60 mL (-3.35 to 0.46) of scan p06-0: `--fold -1`"
    assert "".join(part for part, _ in ticked(words)) == (
        "difference \u22121.60 mL (\u22123.35 to 0.46) of scan p06-0: --fold -1"
    )


def test_bias_and_limits_have_bands_of_their_own_look(report):
    figure = _text(report).partition('id="figure-bland_altman"')[2].partition("</figure>")[0]
    assert re.findall(r'class="strip (\w+)"', figure) == ["bias", "limit", "limit"]


def test_the_locked_test_set_is_told(written_run):
    metrics = read_metrics(written_run.metrics)
    write_metrics(replace(metrics, test=metrics.oof), written_run.metrics)
    assert "Locked test set" in _text(write_report(written_run.path))


def test_predictions_that_are_no_numbers_are_named(generator, tmp_path):
    study = generator.healthy(3, patients=12, scans=24, folds=3, epochs=12)
    study.scans.loc[5, "predicted_ml"] = np.nan
    text = _text(write_report(generator.write(study, tmp_path / "run").path))
    assert f"1 scan without a finite prediction and reference: {study.scans.loc[5, 'scan_id']}" in text


def test_a_network_that_diverged_everywhere_is_told_and_not_drawn(generator, tmp_path):
    study = generator.healthy(3, patients=6, scans=12, folds=2, epochs=12)
    study.scans["predicted_ml"] = np.nan
    for history in study.histories.values():
        history.loc[3:, ["train_mae_ml", "val_mae_ml"]] = np.nan
    assert "Not yet" in _text(write_report(generator.write(study, tmp_path / "run").path))


@pytest.mark.parametrize("size", [(1, 1, 1, 1), (1, 4, 1, 12), (2, 2, 2, 2), (3, 3, 3, 12), (6, 9, 2, 3)])
def test_few_patients_folds_or_epochs_give_a_page(generator, tmp_path, size):
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # such a study has no spread
        study = generator.healthy(4, **dict(zip(("patients", "scans", "folds", "epochs"), size, strict=True)))
    text = _text(write_report(generator.write(study, tmp_path / "run").path))
    assert "Yes, in research" not in text


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00\x81", b"{}"])
@pytest.mark.parametrize("name", RECORDS)
def test_a_damaged_record_gives_a_page(written_run, name, damage):
    (written_run.path / name).write_bytes(damage)
    assert 'id="figure-bland_altman"' in _text(write_report(written_run.path))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("predictions.csv", "Intervals of the held-out scans cannot be judged: "),
        ("intervals.json", "Intervals of the held-out scans cannot be judged: "),
        ("refusal.json", "What refusing scans is worth cannot be told: "),
        ("baselines.csv", "Errors cannot be compared scan by scan: "),
    ],
)
def test_a_damaged_record_is_the_reason_that_is_given(written_run, name, words):
    (written_run.path / name).write_bytes(b"")
    given = _text(write_report(written_run.path)).partition(words)[2][:300]
    assert f"{name} is damaged" in given


def test_a_finding_of_the_control_experiments_is_taken_over(written_run):
    control = Finding("VOL201", Severity.ERROR, "Permuted labels were learnt.", "Look for a leak.")
    training = training_of(written_run.fold(0))
    record = ControlsRecord(0, date(2026, 2, 3), training, (control,), passed=(), not_applicable=())
    written_run.controls(0).mkdir(parents=True)
    write_controls(record, written_run.control_verdicts(0))
    text = _text(write_report(written_run.path))
    assert "No, not as it is" in text
    assert "Permuted labels were learnt." in text


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is no run"):
        write_report(tmp_path)


def test_a_curve_is_read_as_it_was_recorded(report, report_run):
    figure = _text(report).partition('id="figure-learning_curve_fold_0"')[2].partition("</figure>")[0]
    curves = json.loads(re.search(r'data-curves="(.*?)"', figure).group(1).replace("&#34;", '"'))
    recorded = read_history(report_run.fold(0).history)["val_mae_ml"].round(2).tolist()
    assert curves["series"][1]["values"] == pytest.approx(recorded)


def test_no_deep_learning_library_is_loaded(written_run):
    code = (
        "import sys; from pathlib import Path; from volest.report.report_page import write_report;"
        f"write_report(Path({str(written_run.path)!r}));"
        "print([m for m in ('torch', 'monai', 'lightning', 'torchio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow  # a large run
def test_a_large_run_is_told_within_five_seconds_and_eight_megabytes(generator, tmp_path):
    study = generator.healthy(5, patients=60, scans=400, folds=6, epochs=200)
    run = generator.write(study, tmp_path / "run")
    start = time.process_time()
    page = write_report(run.path)
    assert time.process_time() - start < 5
    assert page.stat().st_size < 8_000_000


def test_what_refusing_is_worth_is_drawn_and_told(generator, tmp_path):
    study = generator.healthy(1, patients=12, scans=24, folds=3, epochs=20)
    study.overrides.append("refusal.rejected_percent=30")
    written_run = generator.write(study, tmp_path / "run")
    records = read_run_records(written_run.path).held_out
    scores = dict(zip(records["scan_id"], np.abs(records["error_ml"]).tolist(), strict=True))
    sample = judged_scans(read_predictions(written_run.predictions))
    risk = risk_coverage(sample, np.abs(sample.error_ml), 0.2, np.random.default_rng(0), 200)
    write_refusal(Refusal(scores, {0.2: float(np.quantile(list(scores.values()), 0.8))}, risk), written_run.refusal)
    text = _text(write_report(written_run.path, with_pictures=False))
    assert "figure-risk_coverage" in text
    assert (written_run.path / "figures" / "risk_coverage.svg").exists()
    assert "Refusing the least typical 20% lowers the mean absolute error by" in text
    assert '<h3 id="refused">' in text


def test_without_a_record_of_refusal_the_page_says_how_to_get_one(written_run):
    text = _text(write_report(written_run.path, with_pictures=False))
    assert "Nothing is recorded of what refusing scans is worth" in text
    assert "figure-risk_coverage" not in text


@pytest.mark.parametrize("content", ["{", '{"scores": {}}'])
def test_a_record_of_refusal_that_cannot_be_read_is_said_to_be_damaged(written_run, content):
    written_run.refusal.write_text(content)
    text = _text(write_report(written_run.path, with_pictures=False))
    assert "refusal.json is damaged" in text.partition("What refusing scans is worth cannot be told: ")[2][:300]
    assert "figure-risk_coverage" not in text
