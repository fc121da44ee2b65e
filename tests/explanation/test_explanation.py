import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from volest.errors import ScanError
from volest.explanation.explanation import HOT_REGION, MASK, explain
from volest.explanation.hiding import RIM_VOXELS, region_elsewhere
from volest.images.image import Image


def codes(explanation):
    return [finding.code for finding in explanation.findings]


def test_of_a_network_that_counts_the_map_lies_on_the_structure_and_nothing_is_warned_of(
    scan, structure, ensemble, counter
):
    told = explain(ensemble(counter), scan, structure)
    assert told.named == MASK
    assert told.mass_in_structure > 0.9
    assert told.mass_in_structure_occluded > 0.7
    assert not codes(told)


def test_without_a_mask_the_hottest_region_stands_for_the_structure(scan, structure, ensemble, counter):
    told = explain(ensemble(counter), scan)
    assert told.named == HOT_REGION
    assert told.mass_in_structure is None
    assert 2 * (told.region & structure).sum() / (told.region.sum() + structure.sum()) > 0.9
    assert told.hiding.without_region_ml < 0.5 * told.hiding.predicted_ml


def test_a_network_that_reads_the_border_is_warned_of(scan, structure, ensemble, reader, box):
    frame = box(1, 23) & ~box(2, 22)
    scan.voxels[frame] = 200
    told = explain(ensemble(reader(frame)), scan, structure)
    assert {"VOL301", "VOL304", "VOL306"} <= set(codes(told))
    assert told.mass_in_structure < 0.2


def test_a_network_that_reads_burnt_in_text_is_warned_of(affine, structure, ensemble, rng, reader, box):
    voxels = np.where(box(6, 20) | structure, rng.integers(80, 121, size=structure.shape), 0)
    text = box(1, 4)
    voxels[text] = 255
    told = explain(ensemble(reader(text)), Image(voxels.astype(np.uint8), affine), structure)
    assert "VOL303" in codes(told)


def test_a_network_that_reads_the_edge_of_the_fan_is_warned_of(affine, structure, ensemble, rng, reader, box):
    rim = box(4, 20) & ~box(5, 19)
    voxels = np.where(box(4, 20), rng.integers(80, 121, size=structure.shape), 0)
    voxels[rim] = 200
    told = explain(ensemble(reader(rim)), Image(voxels.astype(np.uint8), affine), structure)
    assert "VOL305" in codes(told)


def test_a_network_that_measures_something_else_as_well_is_warned_of(scan, structure, ensemble, counter):
    core = ndimage.binary_erosion(structure, iterations=RIM_VOXELS)  # leaves room for the rims of both
    scan.voxels[structure & ~core] = 100
    other = region_elsewhere(scan, ndimage.binary_dilation(core, iterations=RIM_VOXELS))
    other[::2] = False
    scan.voxels[other] = 220
    told = explain(ensemble(counter), scan, core)
    assert told.hiding.change_elsewhere > 0.2
    assert "VOL302" in codes(told)
    assert all(finding.remedy and finding.figures for finding in told.findings)


def test_a_map_that_cannot_add_up_is_warned_of(scan, structure, ensemble):
    told = explain(ensemble(Tells(30.0, 12.0)), scan, structure)  # a step, whose gradient is zero wherever it is asked
    assert told.integrated.due_ml == pytest.approx(18)
    assert "VOL307" in codes(told)


class Tells(nn.Module):
    """One number of every scan, another of one without bright voxels."""

    def __init__(self, number, of_hidden=30.0):
        super().__init__()
        self.number, self.of_hidden = number, of_hidden

    def forward(self, raster):
        bright = raster.amax(dim=(1, 2, 3, 4)) > 2
        return torch.where(bright, self.number, self.of_hidden) + 0 * raster.sum(dim=(1, 2, 3, 4))


@pytest.mark.parametrize("number", [np.nan, np.inf, -5.0, 0.0])
@pytest.mark.parametrize("masked", [True, False])
def test_what_is_no_volume_is_not_explained(scan, structure, ensemble, number, masked):
    with pytest.raises(ScanError, match=r"the run tells .* mL of the scan, so that there is nothing to explain"):
        explain(ensemble(Tells(number)), scan, structure if masked else None)


def test_what_is_no_volume_once_the_structure_is_gone_is_not_explained(scan, structure, ensemble):
    with pytest.raises(ScanError, match=r"of the scan with (nothing in it|a part of it painted over)"):
        explain(ensemble(Tells(30.0, np.nan)), scan, structure)


@pytest.mark.parametrize("masked", [True, False])
def test_the_same_scan_is_explained_alike_each_time(scan, structure, ensemble, masked, counter):
    one, two = (explain(ensemble(counter), scan, structure if masked else None) for _ in range(2))
    np.testing.assert_array_equal(one.integrated.density.voxels, two.integrated.density.voxels)
    assert one.hiding == two.hiding
