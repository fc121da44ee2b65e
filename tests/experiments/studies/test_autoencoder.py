"""Autoencoders as the trials of a study, on the tiny phantoms."""

import numpy as np
import pytest

from volest.config import load_config
from volest.experiments.studies.autoencoder_outcome import (
    HELD_OUT_LOSS,
    LOSS_P,
    R2,
    SPEARMAN,
    VARIATION,
    reconstruction_figures,
)
from volest.experiments.studies.definition import Arm, Study
from volest.experiments.studies.execution import prepare_study, run_study
from volest.progress import Silent
from volest.records.reconstructions import ScanReconstruction, read_reconstructions
from volest.records.study import read_study
from volest.report.study_page import study_table, write_study_page

SETTINGS = {"pretrain.enabled": True, "pretrain.epochs": 2, "pretrain.latent": 6, "pretrain.batch_size": 2}


@pytest.fixture(scope="module")
def study(tiny_yaml, tmp_path_factory):
    """Two arms; the second hardly moves its weights."""
    directory = tmp_path_factory.mktemp("autoencoders") / "study"
    arms = [
        Arm("learns", {**SETTINGS, "pretrain.epochs": 12}),
        Arm("hardly moves", {**SETTINGS, "pretrain.learning_rate": 1e-9}),
    ]
    plan = Study("batches", "Which?", arms, against="learns", seeds=1, subject="autoencoder")
    whole = prepare_study(load_config(tiny_yaml), directory, Silent())
    record = run_study(plan, whole, directory, Silent())
    return record, directory, whole, plan


@pytest.mark.slow
def test_an_autoencoder_that_learns_gives_held_out_scans_back_better(study):
    record, _, _, _ = study
    learns, hardly = (arm.measures for arm in record.arms)
    assert learns[HELD_OUT_LOSS] < hardly[HELD_OUT_LOSS]
    assert learns[VARIATION] > hardly[VARIATION]
    assert 0 <= hardly[LOSS_P] <= 1
    assert LOSS_P not in learns
    assert {R2, SPEARMAN} <= learns.keys()
    assert "reconstructed best with learns" in record.answer


@pytest.mark.slow
def test_every_scan_is_judged_and_nothing_but_the_autoencoder_is_trained(study):
    _, directory, whole, _ = study
    fold = directory / "learns" / "seed_0" / "fold_0"
    rows = read_reconstructions(fold / "reconstructions.csv")
    assert {row.scan_id for row in rows} == {scan.scan_id for scan in whole.manifest}
    held_out = {scan.scan_id for scan in whole.manifest.of(whole.folds.held_out(0))}
    assert {row.scan_id for row in rows if row.is_held_out} == held_out
    assert not (fold / "model.json").exists()


@pytest.mark.slow
def test_a_finished_trial_is_left_as_it_is_and_the_record_comes_back(study):
    record, directory, whole, plan = study
    weights = directory / "learns" / "seed_0" / "fold_0" / "encoder.safetensors"
    before = weights.stat().st_mtime_ns
    again = run_study(plan, whole, directory, Silent())
    assert weights.stat().st_mtime_ns == before
    assert again == record == read_study(directory)


@pytest.mark.slow
def test_reconstructions_and_latents_stand_side_by_side_on_the_page(study):
    record, directory, _, _ = study
    page = write_study_page(record, directory).read_text(encoding="utf-8")
    scans = len(record.reconstructions)
    assert scans == 3
    assert page.count("<img ") == 3 * scans  # what it should be, and two arms
    assert {path.stem for path in (directory / "figures").glob("latents_*.svg")} == {"latents_1", "latents_2"}
    columns, rows = study_table(record)
    assert rows[1][columns.index(HELD_OUT_LOSS)] == f"{record.arms[1].measures[HELD_OUT_LOSS]:.3f}"


def test_individual_variation_is_of_held_out_scans_alone():
    rows = [
        ScanReconstruction("a", "p", "training", 0.25, 9.0, 9.0),
        ScanReconstruction("b", "q", "held_out", 0.5, 1.0, 2.0),
        ScanReconstruction("c", "r", "held_out", 1.0, 0.5, 1.0),
    ]
    figures = reconstruction_figures(rows)
    assert (figures[VARIATION], figures[HELD_OUT_LOSS], figures["Training loss"]) == (0.5, 0.75, 0.25)
    assert np.isnan(reconstruction_figures([rows[0], ScanReconstruction("b", "q", "held_out", 0.5, 0, 0)])[VARIATION])
