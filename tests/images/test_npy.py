import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volest.errors import ScanError
from volest.images.npy import EXAMPLE, npy_files, read_npy, read_npy_header

VOXELS = np.arange(60, dtype=np.float32).reshape(3, 4, 5)


@pytest.fixture
def write(tmp_path):
    def write(voxels=VOXELS, sidecar=EXAMPLE, name="scan.npy"):
        path = tmp_path / name
        np.save(path, voxels)
        path.with_suffix(".json").write_text(sidecar if isinstance(sidecar, str) else json.dumps(sidecar))
        return path

    return write


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(["u1", "<i2", ">i2", "<f4", ">f8"]),
    order=st.sampled_from("CF"),
)
def test_array_and_oblique_place_come_back(write, seed, dtype, order):
    rng = np.random.default_rng(seed)
    voxels = np.asarray(rng.integers(0, 99, size=rng.integers(1, 6, size=3)).astype(dtype), order=order)
    affine = np.eye(4)
    affine[:3] = rng.normal(size=(3, 4))
    image = read_npy(write(voxels, {"affine": affine.tolist()}))
    np.testing.assert_array_equal(image.voxels, voxels)
    assert image.voxels.dtype == voxels.dtype.newbyteorder("=")
    np.testing.assert_allclose(image.affine, affine, atol=1e-4)


def test_lps_is_turned_and_further_entries_are_fields(write):
    header = read_npy_header(write(sidecar={"spacing_mm": [1, 2, 3], "space": "LPS", "patient": "P1", "age_days": 12}))
    np.testing.assert_array_equal(header.affine, np.diag([-1.0, -2, 3, 1]))
    assert header.fields == {"patient": "P1", "age_days": "12"}


def test_a_mask_of_bool_becomes_numbers(write):
    path = write(VOXELS > 30)
    assert read_npy(path).voxels.dtype == read_npy_header(path).dtype == np.uint8
    np.testing.assert_array_equal(read_npy(path).voxels, VOXELS > 30)


def test_the_sidecar_belongs_to_the_scan(write):
    assert [path.name for path in npy_files(write())] == ["scan.npy", "scan.json"]


def test_a_missing_sidecar_is_shown_by_example(write):
    path = write()
    path.with_suffix(".json").unlink()
    for read in (read_npy, read_npy_header, npy_files):
        with pytest.raises(ScanError, match=r'scan\.json does not exist.*\{"spacing_mm": \[0\.5, 0\.5, 0\.8\]'):
            read(path)


@pytest.mark.parametrize(
    ("sidecar", "message"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "holds no object"),
        ("{}", "gives no spacing_mm"),
        ('{"spacing_mm": [0.5, 0.5]}', r"expected 3 numbers in mm"),
        ('{"spacing_mm": ["0,5", 1, 1]}', r"expected 3 numbers in mm"),
        ('{"spacing_mm": [NaN, 1, 1]}', r"expected 3 numbers in mm"),
        ('{"spacing_mm": [0, 1, 1]}', "expected lengths above 0"),
        ('{"affine": [[1, 0], [0, 1]]}', "expected 4x4 numbers"),
        ('{"affine": [[1,0,0,0],[1,0,0,0],[0,0,1,0],[0,0,0,1]]}', "span no volume"),
        ('{"spacing_mm": [2, 1, 1], "affine": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}', "two spacings"),
        ('{"spacing_mm": [1, 1, 1], "space": "voxels"}', "its space is 'voxels'"),
        (" " * 2**21, "longer than"),
    ],
)
def test_a_sidecar_that_leaves_the_size_open_is_refused(write, sidecar, message):
    with pytest.raises(ScanError, match=message):
        read_npy_header(write(sidecar=sidecar))


@pytest.mark.parametrize(
    ("voxels", "message"),
    [
        (np.zeros((3, 4)), r"got shape \(3, 4\)"),
        (np.zeros((3, 0, 4)), r"got shape \(3, 0, 4\)"),
        (np.zeros((3, 4, 5), complex), "type complex128"),
        (np.full((3, 4, 5), "a"), "expected integers"),
    ],
)
def test_an_array_that_is_no_volume_is_refused(write, voxels, message):
    with pytest.raises(ScanError, match=message):
        read_npy_header(write(voxels))


def test_pickled_objects_are_never_loaded(write, tmp_path):
    path = write()
    np.save(path, np.array([[[object]]], dtype=object), allow_pickle=True)
    with pytest.raises(ScanError, match=r"type object|allow_pickle"):
        read_npy(path)


def test_a_size_beyond_memory_is_refused_before_memory_is_taken(write):
    path = write()
    path.write_bytes(path.read_bytes().replace(b"(3, 4, 5), }      ", b"(99999, 99999, 9)}"[:18].ljust(18)))
    with pytest.raises(ScanError, match="million voxels"):
        read_npy(path)


def test_a_truncated_array_is_refused(write):
    path = write()
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ScanError, match="holds 59 of 60 voxels"):
        read_npy(path)
