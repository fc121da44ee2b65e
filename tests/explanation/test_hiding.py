import numpy as np
import pytest
from scipy import ndimage

from volest.explanation.hiding import hiding_test, paint_over, region_elsewhere
from volest.images.image import Image


def test_what_is_painted_over_looks_like_the_tissue_around_it(scan, structure, box):
    painted = paint_over(scan, structure).voxels
    np.testing.assert_array_equal(painted[~structure], scan.voxels[~structure])
    tissue = scan.voxels[box(1, 23) & ~structure]
    assert painted[structure].mean() == pytest.approx(tissue.mean(), rel=0.02)
    assert painted[structure].std() == pytest.approx(tissue.std(), rel=0.1)
    assert painted.max() <= tissue.max()


def test_a_scan_that_is_all_structure_stays_as_it_is(scan):
    everything = np.ones(scan.shape, bool)
    np.testing.assert_array_equal(paint_over(scan, everything).voxels, scan.voxels)


def test_as_much_tissue_elsewhere_is_within_the_fan_and_off_the_structure(scan, structure, box):
    other = region_elsewhere(scan, structure)
    assert other.sum() == structure.sum()
    assert not (other & structure).any()
    assert not (other & ~box(1, 23)).any()


def test_where_there_is_no_room_elsewhere_nothing_is_hidden_there(scan, ensemble, counter, box):
    most = box(3, 21)
    assert region_elsewhere(scan, most) is None
    assert hiding_test(ensemble(counter), scan, most, 7.0).change_elsewhere is None


def test_of_a_network_that_counts_nothing_is_left_when_the_structure_is_hidden(scan, structure, ensemble, counter):
    run = ensemble(counter)
    test = hiding_test(run, scan, structure, run.estimate(scan).volume_ml)
    assert test.fall == pytest.approx(1, abs=0.01)
    assert test.change_elsewhere == pytest.approx(0, abs=0.01)
    assert test.without_region_ml < test.smallest_ml


def test_the_blurred_border_of_a_structure_is_hidden_with_it(scan, structure, ensemble, reader):
    blurred = Image(ndimage.gaussian_filter(scan.voxels.astype(np.float32), 0.7), scan.affine)
    shell = ndimage.binary_dilation(structure) & ~structure
    run = ensemble(reader(shell))
    tissue_ml = run.estimate(paint_over(scan, structure)).volume_ml
    shell_left_ml = run.estimate(paint_over(blurred, structure)).volume_ml
    told_ml = run.estimate(blurred).volume_ml
    assert shell_left_ml > told_ml > tissue_ml
    assert hiding_test(run, blurred, structure, told_ml).without_region_ml < (shell_left_ml + tissue_ml) / 2
