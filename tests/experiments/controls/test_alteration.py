from pathlib import Path

import numpy as np
import pytest

from volest.experiments.controls.alteration import keep_field_of_view, permute_labels, shuffle_voxels, write_altered
from volest.geometry import Grid
from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.preprocessing.pipeline import prepare
from volest.progress import Silent
from volest.records.manifest import Manifest, Scan, read_manifest

GRID = Grid((16, 16, 16), 4.0)
CLIP = (0.0, 100.0)


@pytest.fixture
def manifest(tmp_path, rng):
    """Twelve patients of one or two scans, some smaller than the grid."""
    scans = []
    for n in range(18):
        edge = 12 + n % 3
        path = tmp_path / "scans" / f"{n}.nrrd"
        voxels = rng.integers(0, 256, size=(edge, edge, edge), dtype=np.uint8)
        write_nrrd(Image(voxels, np.diag([4.0, 4.0, 4.0, 1.0])), path)
        scans.append(Scan(f"s{n}", f"P{n % 12}", path, float(10 + 5 * n)))
    return Manifest(tuple(scans))


@pytest.fixture
def altered(manifest, tmp_path):
    """Scans on the grid after an alteration, as a training would read them."""

    def write(alter, grid=GRID):
        write_altered(manifest, grid, CLIP, alter, tmp_path / "altered", Silent())
        written = read_manifest(tmp_path / "altered" / "manifest.csv")
        return [prepare(read_image(scan.path), grid, CLIP).voxels for scan in written], written

    return write


def test_labels_move_between_training_patients_alone(manifest, rng):
    training = {f"P{n}" for n in range(9)}
    permuted = permute_labels(manifest, training, rng)
    for before, after in zip(manifest, permuted, strict=True):
        assert (before.scan_id, before.path) == (after.scan_id, after.path)
        if before.patient_id not in training:
            assert before == after
    given = {scan.volume_ml for scan in permuted.of(training)}
    assert given <= {scan.volume_ml for scan in manifest.of(training)}


def test_permuted_labels_tell_nothing_of_the_true_ones():
    scans = tuple(Scan(f"s{n}", f"P{n}", Path("none.nrrd"), float(10 + 3 * n)) for n in range(12))
    for seed in range(10):
        permuted = permute_labels(Manifest(scans), {s.patient_id for s in scans}, np.random.default_rng(seed))
        truth, dealt = ([np.log(s.volume_ml) for s in m] for m in (Manifest(scans), permuted))
        assert abs(np.corrcoef(truth, dealt)[0, 1]) < 0.05
        assert sorted(truth) == sorted(dealt)


def test_shuffling_keeps_every_grey_level_and_one_order(manifest, altered, rng):
    shown, _ = altered(shuffle_voxels(GRID, rng))
    order = None
    for scan, voxels in zip(manifest, shown, strict=True):
        plain = prepare(read_image(scan.path), GRID, CLIP).voxels
        assert np.sort(voxels.ravel()) == pytest.approx(np.sort(plain.ravel()), abs=0.003)
        assert not np.allclose(voxels, plain, atol=0.05)
        # the first voxel of all is shown at one place in all scans
        places = {int(p) for p in np.flatnonzero(np.isclose(voxels.ravel(), plain[8, 8, 8], atol=0.002))}
        order = places if order is None else order & places
    assert order


def test_only_the_extent_of_the_field_of_view_is_left(manifest, altered, rng):
    shown, _ = altered(keep_field_of_view(rng))
    for scan, voxels in zip(manifest, shown, strict=True):
        edge = read_image(scan.path).shape[0]
        assert (voxels > 0).sum() == edge**3 - 1  # the voxel that marks the background
        assert voxels[voxels > 0].mean() == pytest.approx(0.625, abs=0.03)
    assert not np.array_equal(shown[0], shown[3])  # alike in extent, and yet no two scans hold the same voxels


def test_a_stretched_scan_keeps_its_field_of_view(manifest, altered, rng):
    _, written = altered(shuffle_voxels(Grid((16, 16, 16), None), rng), Grid((16, 16, 16), None))
    for before, after in zip(manifest, written, strict=True):
        fields = [read_image(scan.path).field_of_view_ml for scan in (before, after)]
        assert fields[0] == pytest.approx(fields[1])
