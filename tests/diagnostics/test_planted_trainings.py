"""Faults that are really trained, seconds each; what records alone can show is in `test_diagnosis.py`."""

from dataclasses import replace
from pathlib import Path

import pytest

from volest.preprocessing.target import fit_target
from volest.records.findings import Severity
from volest.records.model import TargetScaling

pytestmark = pytest.mark.slow


def nothing(study):
    """No fault; each scan is normed by itself, as running statistics of so few batches shake a curve to its end."""
    study.overrides += ["model.norm=group", "model.widths=[5, 5, 5, 9]", "training.learning_rate=0.01"]


def stopped_early(study):
    """Steps that would arrive, had they not been ended halfway."""
    study.overrides += ["training.epochs=14", "training.learning_rate=0.002", "training.schedule=constant"]
    study.overrides += ["training.warmup_epochs=1", "augmentation.enabled=false"]


def steps_too_large(study):
    """A learning rate far too high, and nothing that holds it back."""
    study.overrides += ["training.epochs=60", "training.learning_rate=0.1", "training.schedule=constant"]
    study.overrides += ["training.warmup_epochs=0", "training.ema_decay=0", "training.gradient_clip=null"]


def steps_too_small(study):
    """A learning rate that arrives nowhere in the epochs there are."""
    study.overrides += ["training.epochs=16", "training.learning_rate=0.0006", "training.warmup_epochs=1"]


def labels_of_others(study):
    """Nothing to learn but by heart; and eight scans stand under two names."""
    volumes_ml = study.rng.permutation([scan.volume_ml for scan in study.scans]).tolist()
    study.scans = [replace(scan, volume_ml=ml) for scan, ml in zip(study.scans, volumes_ml, strict=True)]
    for n in range(8):
        twin = replace(study.scans[10 * n], scan_id=f"twin{n}", patient_id=f"twin{n}", path=Path(f"twin{n}.nrrd"))
        original = study.voxels[study.scans[10 * n].scan_id]
        study.voxels[twin.scan_id] = original + study.rng.normal(0, 1, original.shape)
        study.scans.append(twin)
    study.overrides += ["augmentation.enabled=false", "training.ema_decay=0", "training.weight_decay=0"]
    study.overrides += ["model.widths=[16, 32, 32, 32]", "training.epochs=12", "training.learning_rate=0.005"]


def zoom_without_its_label(study):
    """Labels that do not follow a zoom, a target scaled by all scans, and warps that take longer than the steps."""
    study.overrides += ["augmentation.follow=false", "augmentation.zoom.probability=1", "training.epochs=10"]
    study.overrides += ["augmentation.elastic.probability=1"]
    everyone = fit_target("log_ml", [scan.volume_ml for scan in study.scans], [1.0] * len(study.scans))
    study.patches["volest.experiments.fold.fit_target"] = lambda *_: everyone


def target_in_millilitres(study):
    """The network is asked for mL as they are."""
    study.overrides += ["training.target=ml", "training.epochs=12"]
    study.patches["volest.experiments.fold.fit_target"] = lambda *_: TargetScaling(kind="ml", mean=0.0, sd=1.0)


def loss_of_every_pair(study):
    """(batch, 1) against (batch,): every prediction is held against every target, and the mean is the best there is."""
    study.overrides += ["training.epochs=14", "training.learning_rate=0.002"]
    study.patches["volest.training.module.VolumeRegression.data_loss"] = _every_pair


def _every_pair(module, batch):
    predicted, target = module(batch[0]), batch[1]
    return (predicted[:, None] - target[None, :]).square().mean()


def device_of_another_measure(study):
    """Labels of one device are half as large again, of scans that look alike."""
    study.scans = [replace(s, volume_ml=s.volume_ml * (1.5 if s.device == "B" else 1)) for s in study.scans]
    study.overrides += ["training.epochs=24"]


def device_of_one_fold(study):
    """A device whose scans are noisy, and no patient of it in any other fold."""
    study.folds = {scan.patient_id: n % 3 for n, scan in enumerate(study.scans)}
    study.scans = [replace(s, device="C" if study.folds[s.patient_id] == 2 else s.device) for s in study.scans]
    for scan in study.scans:
        if scan.device == "C":
            voxels = study.voxels[scan.scan_id]
            study.voxels[scan.scan_id] = voxels + study.rng.normal(0, 25, voxels.shape)
    study.overrides += ["training.epochs=24"]


def labels_in_another_unit(study):
    """One patient of four scans, whose labels are five times too large, and a scan whose label is as much too small."""
    for n in range(-10, -6):
        scan = study.scans[n]
        study.scans[n] = replace(scan, patient_id="odd", volume_ml=5 * scan.volume_ml)
    study.scans[50] = replace(study.scans[50], volume_ml=study.scans[50].volume_ml / 5)
    study.overrides += ["training.epochs=20"]


def labels_of_each_patients_own_scale(study):
    """Three scans a patient; whoever measured a patient measured all of them half too large or a third too small."""
    order = study.rng.permutation(len(study.scans)).tolist()
    factors = study.rng.choice([1.5, 1 / 1.5], size=len(order))
    for place, n in enumerate(order):
        scan, patient = study.scans[n], place // 3
        study.scans[n] = replace(scan, patient_id=f"q{patient}", volume_ml=scan.volume_ml * factors[patient])
    study.overrides += ["training.epochs=24"]


WEAK = {"VOL103", "VOL104", "VOL105", "VOL106", "VOL107", "VOL110", "VOL113", "VOL114", "VOL120"}
"""What networks that have learnt little are told, whatever the reason."""

TABLE = {
    stopped_early: ({"VOL110"}, WEAK | {"VOL101"}),
    steps_too_large: ({"VOL111", "VOL112"}, WEAK | {"VOL102"}),
    steps_too_small: ({"VOL103", "VOL104", "VOL105", "VOL106", "VOL113"}, WEAK),
    labels_of_others: ({"VOL101", "VOL117"}, WEAK | {"VOL102", "VOL111", "VOL112"}),
    zoom_without_its_label: ({"VOL116", "VOL118", "VOL122"}, WEAK),
    target_in_millilitres: ({"VOL115", "VOL118"}, WEAK),
    loss_of_every_pair: ({"VOL103", "VOL104", "VOL105", "VOL114"}, WEAK),
    device_of_another_measure: ({"VOL120"}, {"VOL106", "VOL107", "VOL110"}),
    device_of_one_fold: ({"VOL108", "VOL120"}, WEAK | {"VOL101"}),
    labels_of_each_patients_own_scale: ({"VOL119"}, WEAK | {"VOL101", "VOL102"}),
    labels_in_another_unit: ({"VOL109", "VOL121"}, WEAK | {"VOL101"}),
}
"""By fault: codes that must be there, and those above a note that may be there as its consequence.

Stopping, steps, devices, scales and units were found on each of the seeds 0, 1 and 2. VOL119, VOL121, VOL122 are notes.
Left to records alone (`test_diagnosis.py`, `test_broken_records.py`) are
- VOL100 and VOL123: volest leaves no damaged record behind, and writes no prediction that is no number;
- VOL102: networks of this size hug the mean where they have learnt by heart, and the held-out curve rises by some 5%;
- VOL107: it comes with other faults, and is certain by itself of none: 13% of bias have an interval of +-10% here.
"""


@pytest.fixture(scope="module")
def trained(tiny_trainings, tmp_path_factory):
    """The diagnosis of a training with a fault in it."""

    def train(fault, seed=0, patients=100):
        study = tiny_trainings.balls(seed, patients)
        fault(study)
        return tiny_trainings.train(study, tmp_path_factory.mktemp("planted"), seed)

    return train


def loud(diagnosis):
    return {finding.code for finding in diagnosis.findings if finding.severity is not Severity.NOTE}


def test_a_healthy_training_has_nothing_above_a_note(trained):
    """Nor had seeds 1 to 4: 2.4 to 2.6 mL off, the labels alone 2.1, the mean 11, and 1.1 to 1.2 times the training."""
    diagnosis = trained(nothing, patients=160)
    assert loud(diagnosis) == set()
    assert {said.code for said in diagnosis.not_applicable} == {"VOL108", "VOL119"}  # two folds, a scan each


@pytest.mark.parametrize("fault", TABLE, ids=lambda fault: fault.__name__)
def test_a_training_is_told_of_its_fault_and_of_no_other(trained, fault):
    must, may = TABLE[fault]
    diagnosis = trained(fault)
    assert must <= {finding.code for finding in diagnosis.findings}
    assert loud(diagnosis) <= must | may
