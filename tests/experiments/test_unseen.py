from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from volest.datasets.unlabelled import UnlabelledScan
from volest.errors import ScanError
from volest.experiments.unseen import admit_unseen
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.progress import Silent
from volest.records.manifest import read_manifest


@pytest.fixture(scope="module")
def scans(phantom_study):
    return read_manifest(phantom_study).scans


def reasons(training, unlabelled, apart):
    admission = admit_unseen(training, unlabelled, apart, Silent())
    return {scan.scan_id: scan.reason for scan in admission.left_out}, [scan.scan_id for scan in admission.scans]


def copied(scan, path, change, name="copy"):
    image = read_nrrd(scan.path)
    write_nrrd(Image(np.ascontiguousarray(change(image.voxels)), image.affine), path)
    return UnlabelledScan(name, None, path)


def test_all_may_teach_where_nobody_is_kept_apart(scans):
    left_out, admitted = reasons(scans[:3], [UnlabelledScan("x", None, scans[3].path)], ())
    assert left_out == {}
    assert admitted == [*(scan.scan_id for scan in scans[:3]), "x"]


def test_a_scan_of_a_held_out_patient_is_not_even_read(scans, tmp_path):
    gone = UnlabelledScan("gone", scans[0].patient_id, tmp_path / "never_there.nrrd")
    left_out, admitted = reasons(scans[4:6], [gone], scans[:2])
    assert left_out == {"gone": f"of patient {scans[0].patient_id!r}, who is held out"}
    assert admitted == [scan.scan_id for scan in scans[4:6]]


def test_the_same_voxels_in_another_file_are_known(scans, tmp_path):
    copy = copied(scans[0], tmp_path / "renamed.nrrd", lambda voxels: voxels)
    left_out, _ = reasons((), [copy], scans[:2])
    assert left_out == {"copy": f"the voxels of held-out scan {scans[0].scan_id!r}"}


@pytest.mark.parametrize(
    "change",
    [
        lambda voxels: voxels[::-1],
        lambda voxels: np.clip(ndimage.gaussian_filter(voxels.astype(float), 0.3) * 1.1, 0, 255).astype(np.uint8),
    ],
    ids=["mirrored", "blurred and brighter"],
)
def test_a_near_copy_is_known_by_its_texture(scans, tmp_path, change):
    copy = copied(scans[0], tmp_path / "near.nrrd", change)
    left_out, admitted = reasons((), [copy, UnlabelledScan("other", None, scans[5].path)], scans[:1])
    assert admitted == ["other"]
    assert f"looks like held-out scan {scans[0].scan_id!r} (textures correlate at " in left_out["copy"]


def test_a_crowd_of_copies_hides_none_of_them(scans, tmp_path, rng):
    def grainy(voxels):
        return np.clip(voxels + rng.normal(0, 2, voxels.shape), 0, 255).astype(np.uint8)

    copies = [copied(scans[0], tmp_path / f"{n}.nrrd", grainy, f"copy {n}") for n in range(8)]
    training = [scan for scan in scans if scan.patient_id != scans[0].patient_id]
    left_out, admitted = reasons(training, copies, scans[:1])
    assert set(left_out) == {copy.scan_id for copy in copies}
    assert admitted == [scan.scan_id for scan in training]


def test_a_training_scan_that_copies_a_held_out_one_does_not_teach(scans, tmp_path):
    near = replace(scans[4], path=copied(scans[0], tmp_path / "near.nrrd", lambda voxels: voxels[:, :, ::-1]).path)
    left_out, _ = reasons([near], (), scans[:1])
    assert list(left_out) == [scans[4].scan_id]


def test_a_file_that_is_listed_twice_teaches_once(scans):
    again = UnlabelledScan("again", None, scans[3].path)
    assert reasons(scans[3:4], [again], ()) == ({}, [scans[3].scan_id])


def test_an_unlabelled_file_that_cannot_be_read_is_left_out_with_its_reason(tmp_path, scans):
    (tmp_path / "bad.nrrd").write_text("no scan")
    left_out, _ = reasons((), [UnlabelledScan("bad", None, tmp_path / "bad.nrrd")], ())
    assert left_out["bad"].startswith("cannot be used (")


def test_strictness_refuses_and_names_them(scans):
    admission = admit_unseen((), [UnlabelledScan("x", scans[0].patient_id, scans[0].path)], scans[:1], Silent())
    with pytest.raises(ScanError, match=r"1 scan may not be pretrained on: 'x': of patient 'p01', who is held out"):
        admission.require_all()
