"""Autoencoders as the trials of a study, on the tiny phantoms."""

import numpy as np
import pytest

from volest.config import load_config
from volest.experiments.studies.autoencoder_outcome import loss_answer, reconstruction_figures
from volest.experiments.studies.definition import Arm, Study
from volest.experiments.studies.execution import prepare_study, run_study
from volest.progress import Silent
from volest.records.evaluation import Figure
from volest.records.reconstructions import ScanReconstruction, read_reconstructions
from volest.records.study import ReconstructionSummary, read_study
from volest.report.study_page import study_table, write_study_page

SETTINGS = {"pretrain.enabled": True, "pretrain.epochs": 2, "pretrain.latent": 6, "pretrain.batch_size": 2}


@pytest.fixture(scope="module")
def study(tiny_yaml, tmp_path_factory):
    """Two arms that end, the second of which hardly moves its weights, and one that does not begin."""
    directory = tmp_path_factory.mktemp("autoencoders") / "study"
    arms = [
        Arm("learns", {**SETTINGS, "pretrain.epochs": 12}),
        Arm("hardly moves", {**SETTINGS, "pretrain.learning_rate": 1e-9}),
        Arm("cannot be built", {**SETTINGS, "pretrain.latent": 4096}),
    ]
    plan = Study("batches", "Which?", arms, against="learns", seeds=1, subject="autoencoder")
    whole = prepare_study(load_config(tiny_yaml), directory, Silent())
    record = run_study(plan, whole, directory, Silent())
    return record, directory, whole, plan


@pytest.mark.slow
def test_an_autoencoder_that_learns_reconstructs_held_out_scans_better(study):
    record, _, _, _ = study
    learns, hardly = (arm.reconstruction for arm in record.arms[:2])
    assert hardly.change.value == pytest.approx(hardly.held_out_loss.value - learns.held_out_loss.value)
    assert hardly.change.value > 0
    assert 0 < learns.individual_variation < 1
    assert (learns.p, learns.change.value) == (None, None)
    assert 0 <= hardly.p <= 1
    assert "Held-out scans are reconstructed best with learns: loss" in record.answer


@pytest.mark.slow
def test_an_arm_that_cannot_be_built_has_failed_and_the_others_are_judged(study):
    record, _, _, _ = study
    (failed,) = (arm for arm in record.arms if arm.failures)
    assert failed.name == "cannot be built"
    assert "larger than what the encoder" in failed.failures[0]
    assert failed.reconstruction is None


@pytest.mark.slow
def test_every_scan_is_judged_and_nothing_but_the_autoencoder_is_trained(study):
    _, directory, whole, _ = study
    fold = directory / "learns" / "seed_0" / "fold_0"
    rows = read_reconstructions(fold / "reconstructions.csv")
    assert {row.scan_id for row in rows} == {scan.scan_id for scan in whole.manifest}
    held_out = {scan.scan_id for scan in whole.manifest.of(whole.folds.held_out(0))}
    assert {row.scan_id for row in rows if row.is_held_out} == held_out
    assert not (fold / "model.json").exists()
    assert not (fold / "predictions.csv").exists()


@pytest.mark.slow
def test_a_finished_trial_is_left_as_it_is_and_the_record_comes_back(study):
    record, directory, whole, plan = study
    weights = directory / "learns" / "seed_0" / "fold_0" / "encoder.safetensors"
    before = weights.stat().st_mtime_ns
    again = run_study(plan, whole, directory, Silent())
    assert weights.stat().st_mtime_ns == before
    assert again == record == read_study(directory)


@pytest.mark.slow
def test_a_lost_judgement_is_made_again_and_nothing_is_pretrained_for_it(study):
    record, directory, whole, plan = study
    fold = directory / "learns" / "seed_0" / "fold_0"
    before = (fold / "encoder.safetensors").stat().st_mtime_ns
    (fold / "reconstructions.csv").unlink()
    assert run_study(plan, whole, directory, Silent()) == record
    assert (fold / "encoder.safetensors").stat().st_mtime_ns == before


@pytest.mark.slow
def test_reconstructions_and_latents_stand_side_by_side_on_the_page(study):
    record, directory, _, _ = study
    page = write_study_page(record, directory).read_text(encoding="utf-8")
    scans = len(record.reconstructions)
    assert scans == 3
    assert page.count("<img ") == 3 * scans  # targets, and two arms
    assert {path.stem for path in (directory / "figures").glob("latents_*.svg")} == {"latents_1", "latents_2"}
    columns, rows = study_table(record)
    assert rows[1][columns.index("Held-out loss")] == f"{record.arms[1].reconstruction.held_out_loss.value:.3f}"


def test_individual_variation_is_of_held_out_scans_alone():
    rows = [
        ScanReconstruction("a", "p", "training", 0.25, 9.0, 9.0),
        ScanReconstruction("b", "q", "held_out", 0.5, 1.0, 2.0),
        ScanReconstruction("c", "r", "held_out", 1.0, 0.5, 1.0),
    ]
    figures = reconstruction_figures(rows)
    assert figures["individual_variation"] == 0.5
    assert (figures["held_out_reconstruction_loss"], figures["train_reconstruction_loss"]) == (0.75, 0.25)
    alone = reconstruction_figures([rows[0], ScanReconstruction("b", "q", "held_out", 0.5, 0, 0)])
    assert np.isnan(alone["individual_variation"])


@pytest.mark.parametrize(
    ("change", "p", "told"),
    [
        (
            Figure(-0.1, -0.2, -0.05),
            0.01,
            "Held-out scans are reconstructed best with small: loss 0.400, against 0.500",
        ),
        (Figure(-0.1, -0.2, 0.05), 0.01, "Nothing is shown to reconstruct held-out scans better than recipe"),
        (Figure(-0.1, -0.2, -0.05), 0.4, "Nothing is shown to reconstruct held-out scans better than recipe"),
        (Figure(0.1, 0.05, 0.2), 0.01, "Held-out scans are reconstructed best with recipe: loss 0.500."),
    ],
)
def test_a_winner_is_named_where_interval_and_test_agree(change, p, told):
    recipe = ReconstructionSummary(0.4, Figure(0.5, 0.4, 0.6), None, None, None)
    small = ReconstructionSummary(0.3, Figure(0.4, 0.3, 0.5), None, None, None, change, p)
    assert loss_answer({"recipe": recipe, "small": small}, "recipe").startswith(told)


def test_a_lower_loss_that_may_be_chance_does_not_hide_one_that_is_shown():
    recipe, noisy, sure = (
        ReconstructionSummary(0.4, Figure(loss, None, None), None, None, None, change, p)
        for loss, change, p in (
            (0.5, Figure(None, None, None), None),
            (0.3, Figure(-0.2, -0.5, 0.1), 0.4),
            (0.4, Figure(-0.1, -0.15, -0.05), 0.01),
        )
    )
    told = loss_answer({"recipe": recipe, "noisy": noisy, "sure": sure}, "recipe")
    assert told == "Held-out scans are reconstructed better with sure: loss 0.400, against 0.500 with recipe."


def test_nothing_is_said_of_reconstructions_that_are_not_there():
    assert loss_answer({}, "recipe").startswith("Nothing can be said")
