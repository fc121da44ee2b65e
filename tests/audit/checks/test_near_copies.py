from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from volest.audit.checks.masks import check_masks
from volest.audit.checks.near_copies import check_near_copies
from volest.audit.measures import measure_scan, measure_scans
from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.records.findings import Severity
from volest.records.manifest import read_manifest

TRUS = Path(__file__).parents[3] / "../shared/data/trus/labels.csv"


@pytest.fixture(scope="module")
def trus():
    if not TRUS.exists():
        pytest.skip("the transrectal scans are not on this machine")
    return measure_scans(read_manifest(TRUS), workers=1)


def test_no_two_patients_of_the_transrectal_set_are_taken_for_one(trus):
    assert [finding for finding in check_near_copies(trus) if finding.severity is Severity.ERROR] == []


def test_glands_that_touch_the_border_are_reported(trus):
    touching = [finding.scan_ids[0] for finding in check_masks(trus) if finding.code == "VOL034"]
    assert len(touching) == 18
    assert {"obs005", "obs006", "obs007", "obs008"} <= set(touching)


@pytest.mark.parametrize("number", [0, 20, 44, 70, 88])
def test_a_mirrored_copy_zoomed_by_a_tenth_under_another_patient_is_found(trus, number, tmp_path):
    original = trus[number].scan
    image = read_image(original.path)
    centre = (np.array(image.shape) - 1) / 2
    voxels = ndimage.affine_transform(image.voxels[::-1], np.eye(3) / 1.1, offset=centre - centre / 1.1, order=1)
    path = tmp_path / "copy.nrrd"
    write_nrrd(Image(voxels, image.affine), path)
    copy = measure_scan(replace(original, scan_id="copy", patient_id="another", path=path, mask_path=None))
    found = [finding for finding in check_near_copies([*trus, copy]) if finding.severity is Severity.ERROR]
    assert {original.scan_id, "copy"} in [set(finding.scan_ids) for finding in found]
    assert all("copy" in finding.scan_ids for finding in found)
