import pytest

from volest.datasets.facts import scan_facts
from volest.images.nrrd import read_nrrd


def test_facts_of_the_header_are_those_of_the_image(study):
    facts = scan_facts(study.scans[0])
    image = read_nrrd(study.scans[0].path)
    assert (facts.shape, facts.spacing_mm) == (image.shape, image.spacing_mm)
    assert facts.field_of_view_ml == pytest.approx(image.field_of_view_ml)
