import gzip
import tracemalloc

import nibabel
import numpy as np
import pytest

from volest.errors import ScanError
from volest.images.nifti import read_nifti, read_nifti_header

VOXELS = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
AFFINE = np.diag([0.5, 0.6, 0.8, 1.0])


@pytest.fixture
def write(tmp_path):
    """Write a file whose header was changed behind the back of the library."""

    def write(voxels=VOXELS, name="scan.nii", affine=AFFINE, payload=None, kind=nibabel.Nifti1Image, **changed):
        header = kind(voxels, affine).header.copy()
        header["vox_offset"], header["magic"] = (352, b"n+1") if kind is nibabel.Nifti1Image else (544, header["magic"])
        header["pixdim"][1:4] = np.linalg.norm(affine[:3, :3], axis=0)
        for key, value in changed.items():
            header[key] = value
        data = header.binaryblock + b"\0" * 4 + (voxels.tobytes(order="F") if payload is None else payload)
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


@pytest.mark.parametrize(("code", "mm"), [(0, 1), (1, 1000), (2, 1), (3, 0.001)])
def test_units_of_length_become_millimetres(write, code, mm):
    header = read_nifti_header(write(xyzt_units=code))
    np.testing.assert_allclose(header.affine[:3, :3], AFFINE[:3, :3] * mm, rtol=1e-6)


def test_version_2_is_read(write):
    image = read_nifti(write(kind=nibabel.Nifti2Image))
    np.testing.assert_array_equal(image.voxels, VOXELS)


def test_big_endian_voxels_come_in_native_order(tmp_path):
    nibabel.save(nibabel.Nifti1Image(VOXELS, AFFINE, nibabel.Nifti1Header(endianness=">")), tmp_path / "scan.nii")
    image = read_nifti(tmp_path / "scan.nii")
    np.testing.assert_array_equal(image.voxels, VOXELS)
    assert image.voxels.dtype.isnative
    assert image.voxels.dtype == read_nifti_header(tmp_path / "scan.nii").dtype


def test_sheared_axes_keep_their_volume(write):
    sheared = AFFINE.copy()
    sheared[0, 1] = 0.2
    path = write(affine=sheared)
    assert read_nifti(path).voxel_volume_ml == pytest.approx(0.5 * 0.6 * 0.8 / 1000)


def test_scaled_voxels_are_scaled_and_the_header_says_so(write):
    path = write(scl_slope=2, scl_inter=1)
    assert read_nifti(path).voxels.dtype == read_nifti_header(path).dtype == np.float32
    np.testing.assert_array_equal(read_nifti(path).voxels, VOXELS * 2.0 + 1)


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_a_fourth_axis_of_one_is_no_axis(write, name):
    path = write(VOXELS[..., None], name=name)
    assert read_nifti(path).shape == read_nifti_header(path).shape == (3, 4, 5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"voxels": np.zeros((3, 4, 5, 2), np.int16)}, r"got shape \(3, 4, 5, 2\)\. Split it"),
        ({"voxels": np.zeros((3, 4), np.int16)}, r"got shape \(3, 4\)\. Stack"),
        ({"voxels": np.zeros((3, 4, 5, 1, 3), np.int16)}, "Split it"),
        ({"voxels": np.zeros((3, 4, 5), np.complex64)}, "type complex64"),
        ({"voxels": np.zeros((3, 4, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])}, "expected integers"),
        ({"pixdim": [1, 0, 0, 0, 0, 0, 0, 0]}, "gives no spacing"),
        ({"pixdim": [1, np.nan, 1, 1, 0, 0, 0, 0]}, "gives no spacing|cannot be read"),
        ({"pixdim": [1, 5, 6, 8, 0, 0, 0, 0]}, r"two spacings: \[0\.5, 0\.6, 0\.8\] by its affine and \[5\.0, 6\.0"),
        ({"dim": [3, 30000, 30000, 30000, 1, 1, 1, 1]}, "27,000,000 million voxels"),
        ({"dim": [3, 1000, 1000, 1000, 1, 1, 1, 1]}, "1,000 million voxels"),
        ({"dim": [4, 256, 256, 128, 40, 1, 1, 1]}, "Split it into one file per time point"),
        ({"dim": [3, -3, 4, 5, 1, 1, 1, 1]}, "scan .*scan.nii"),
        ({"datatype": 108}, "cannot be read as NIfTI"),
        ({"vox_offset": 3e9}, "begin at byte 3e"),
        ({"payload": b"\0" * 40}, "cannot be read as NIfTI"),
    ],
)
def test_what_has_no_trustworthy_millilitres_is_refused(write, changed, message, capfd):
    for name in ("scan.nii", "scan.nii.gz"):
        with pytest.raises(ScanError, match=message):
            read_nifti(write(name=name, **changed))
    assert capfd.readouterr().err == ""


def test_a_truncated_archive_is_refused(write):
    path = write(name="scan.nii.gz")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ScanError, match=r"scan\.nii\.gz cannot be read as NIfTI"):
        read_nifti(path)


def test_free_text_of_the_header_does_not_leave_the_reader(write):
    header = read_nifti_header(write(descrip=b"MUSTERMANN", db_name=b"ERIKA"))
    assert header.fields == {}


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_memory_is_taken_for_voxels_that_are_there_not_for_those_that_the_header_claims(write, name):
    path = write(name=name, dim=[3, 1000, 1000, 250, 1, 1, 1, 1])
    tracemalloc.start()
    try:
        with pytest.raises(ScanError, match=r"it holds .* of 500000352 bytes"):
            read_nifti(path)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
