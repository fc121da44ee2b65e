import time
from itertools import permutations

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from volest.config.schema import SplitConfig
from volest.datasets.split import check_folds, fold_proof, make_folds
from volest.errors import FoldError
from volest.records.folds import Folds
from volest.records.manifest import Manifest

SETS = [(30, 200, 6), (30, 200, 5), (49, 371, 5)]


def deviations(manifest, of_patient):
    """Largest deviation of a fold's mean volume and of its number of scans from the whole's, as fractions."""
    volumes_ml = np.array([scan.volume_ml for scan in manifest])
    folds = np.array([of_patient[scan.patient_id] for scan in manifest])
    counts = np.bincount(folds)
    means_ml = np.bincount(folds, volumes_ml) / counts
    return abs(means_ml / volumes_ml.mean() - 1).max(), abs(counts / counts.mean() - 1).max()


def of_library(manifest, count, seed):
    """The folds of scikit-learn, stratified on quintiles."""
    volumes_ml = np.array([scan.volume_ml for scan in manifest])
    patients = np.array([scan.patient_id for scan in manifest])
    bins = np.digitize(volumes_ml, np.quantile(volumes_ml, [0.2, 0.4, 0.6, 0.8]))
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    parts = enumerate(held_out for _, held_out in splitter.split(volumes_ml, bins, patients))
    return {patient: part for part, held_out in parts for patient in patients[held_out]}


@pytest.mark.parametrize(("patients", "scans", "count"), SETS)
def test_fold_means_are_within_a_tenth_and_scans_nearly_equal(realistic, patients, scans, count):
    found = []
    for seed in range(12):
        manifest = realistic(seed, patients, scans)
        found.append(deviations(manifest, make_folds(manifest, SplitConfig(folds=count), seed).of_patient))
    mean_off, count_off = np.array(found).T
    assert mean_off.max() < 0.10
    assert mean_off.mean() < 0.03
    assert count_off.max() < 0.12
    assert count_off.mean() < 0.05


def test_means_stay_within_a_tenth_even_where_patients_differ_threefold(realistic):
    for seed in range(8):
        manifest = realistic(seed, 30, 200, between=0.5)
        assert deviations(manifest, make_folds(manifest, SplitConfig(folds=5), seed).of_patient)[0] < 0.10


@pytest.mark.parametrize(("patients", "scans", "count"), SETS)
def test_folds_are_better_balanced_than_stratified_group_k_fold(realistic, patients, scans, count):
    ours, theirs = [], []
    for seed in range(6):
        manifest = realistic(seed, patients, scans)
        ours.append(deviations(manifest, make_folds(manifest, SplitConfig(folds=count), seed).of_patient))
        theirs.append(deviations(manifest, of_library(manifest, count, seed)))
    assert (np.mean(ours, axis=0) < np.mean(theirs, axis=0)).all()


def test_every_patient_is_held_out_once_and_never_trained_on_there(realistic):
    manifest = realistic(0, 30, 200)
    folds = make_folds(manifest, SplitConfig(folds=6), 0)
    held_out = [patient for fold in range(6) for patient in folds.held_out(fold)]
    assert sorted(held_out) == sorted(manifest.patients)
    for fold in range(6):
        assert not folds.held_out(fold) & folds.training(fold)


def test_the_order_of_rows_changes_nothing(realistic, rng):
    manifest = realistic(0, 30, 200)
    shuffled = Manifest(tuple(manifest.scans[n] for n in rng.permutation(len(manifest))))
    config = SplitConfig(folds=6, test_fraction=0.2)
    assert make_folds(shuffled, config, 3) == make_folds(manifest, config, 3)


def test_a_seed_gives_the_same_folds_and_another_seed_others(realistic):
    manifest = realistic(0, 30, 200)
    one, again, other = (make_folds(manifest, SplitConfig(), seed) for seed in (0, 0, 1))
    assert one == again
    assert not any(one.held_out(0) == other.held_out(fold) for fold in range(5))


def test_leaving_one_patient_out_holds_out_each_alone(realistic):
    manifest = realistic(0, 12, 60)
    folds = make_folds(manifest, SplitConfig(leave_one_patient_out=True), 0)
    assert folds.count == 12
    assert all(len(folds.held_out(fold)) == 1 for fold in range(12))


def test_the_locked_set_is_representative_and_stays_when_the_folds_change(realistic):
    for seed in range(5):
        manifest = realistic(seed, 49, 371)
        folds = make_folds(manifest, SplitConfig(folds=5, test_fraction=0.2), seed)
        assert len(folds.test) == 10
        locked_ml = np.mean([scan.volume_ml for scan in manifest.of(folds.test)])
        assert locked_ml == pytest.approx(np.mean([scan.volume_ml for scan in manifest]), rel=0.10)
        assert len(manifest.of(folds.test)) == pytest.approx(371 * 10 / 49, rel=0.10)
        assert make_folds(manifest, SplitConfig(folds=3, test_fraction=0.2), seed).test == folds.test
        assert not any(folds.test & (folds.training(fold) | folds.held_out(fold)) for fold in range(5))


def test_fifty_patients_are_split_within_a_second(realistic):
    manifest = realistic(0, 50, 380)
    begin = time.process_time()
    make_folds(manifest, SplitConfig(), 0)
    assert time.process_time() - begin < 1


def test_one_patient_cannot_be_split(study):
    with pytest.raises(FoldError, match="at least 2 patients, got 1"):
        make_folds(Manifest(study.of({"A"})), SplitConfig(), 0)


def test_fewer_patients_than_folds_are_refused(study):
    with pytest.raises(FoldError, match=r"5 folds need at least 5 patients, got 2\. Set `split.folds` to 2 or less"):
        make_folds(study, SplitConfig(), 0)


def test_a_locked_set_that_leaves_too_few_is_refused(realistic):
    with pytest.raises(FoldError, match=r"got 4 \(6 more are locked in the test set\)"):
        make_folds(realistic(0, 10, 50), SplitConfig(folds=5, test_fraction=0.6), 0)


def test_folds_of_other_patients_are_refused(study):
    with pytest.raises(FoldError, match="1 patient of the manifest without a fold: 'B'"):
        check_folds(study, Folds({"A": 0, "C": 1}))
    with pytest.raises(FoldError, match="1 patient of the folds that the manifest lacks: 'C'"):
        check_folds(study, Folds({"A": 0, "B": 1, "C": 1}))
    for parts in permutations((0, 1)):
        check_folds(study, Folds(dict(zip("AB", parts, strict=True))))


def test_the_proof_names_every_patient_once_and_every_fold(realistic):
    manifest = realistic(0, 30, 200)
    folds = make_folds(manifest, SplitConfig(folds=5, test_fraction=0.1), 0)
    proof = fold_proof(manifest, folds)
    assert "30 patients with 200 scans" in proof
    assert all(proof.count(patient) == 1 for patient in manifest.patients)
    assert "- locked test set: " in proof
    assert proof.count("\n| ") == 1 + 5 + 1 + 1


def test_the_figures_of_the_proof_are_those_of_the_scans(study):
    proof = fold_proof(study, Folds({"A": 0, "B": 1}))
    assert "| 0 | 1 | 2 | 10.5 | -4.5% | 0.7 | 10.0 | 10.5 | 11.0 |" in proof
    assert "| 1 | 1 | 1 | 12.0 | +9.1% | - | 12.0 | 12.0 | 12.0 |" in proof


def test_no_proof_is_written_of_folds_that_do_not_fit(study):
    with pytest.raises(FoldError, match="without a fold: 'B'"):
        fold_proof(study, Folds({"A": 0}))


def test_a_patient_in_two_folds_is_no_proof(study):
    class Leaky(Folds):
        def held_out(self, fold):
            return {"A", "B"} if fold else {"A"}

    with pytest.raises(FoldError, match="patient 'A' is held out 2 times"):
        fold_proof(study, Leaky({"A": 0, "B": 1}))
