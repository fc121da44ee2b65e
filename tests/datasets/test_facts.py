import numpy as np
import pytest

from volest.datasets.facts import facts_of, scan_facts
from volest.images.image import Image
from volest.images.nrrd import read_nrrd


def test_facts_of_the_header_are_those_of_the_image(study):
    scan = study.scans[0]
    image = read_nrrd(scan.path)
    facts = scan_facts(scan)
    assert facts == facts_of(image, facts.sha256)
    assert facts.field_of_view_ml == pytest.approx(image.field_of_view_ml)


def test_shape_and_spacing_follow_the_axes_of_the_patient_not_of_the_file():
    affine = np.zeros((4, 4))
    affine[2, 0], affine[0, 1], affine[1, 2], affine[3, 3] = -0.5, 0.8, 1.2, 1  # k downwards, then i, then j
    facts = facts_of(Image(np.zeros((10, 20, 30), np.uint8), affine), "0" * 64)
    assert facts.shape == (20, 30, 10)
    assert facts.spacing_mm == pytest.approx((0.8, 1.2, 0.5))
