import nrrd
import numpy as np
import pytest

from volest.errors import ScanError
from volest.geometry import centred_affine
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, read_nrrd_header, write_nrrd

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")
AFFINE = np.diag([1.0, 2.0, 3.0, 1.0])


def test_writing_and_reading_is_the_identity(tmp_path, rng):
    affine = centred_affine((3, 4, 5), (0.1, 1 / 3, 0.7))
    affine[:3, :3] = affine[:3, :3] @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    image = Image(rng.normal(size=(3, 4, 5)).astype(np.float32), affine)
    fields = {"patient": "J\u00fcrgen", "volume": "31.5", "note": "a\\nb\nc"}
    for compress in (True, False):
        write_nrrd(image, tmp_path / "a.nrrd", fields, compress=compress)
        again = read_nrrd(tmp_path / "a.nrrd")
        np.testing.assert_array_equal(again.voxels, image.voxels)
        np.testing.assert_array_equal(again.affine, affine)
        assert read_nrrd_header(tmp_path / "a.nrrd").fields == fields


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_type_of_number_comes_back_to_its_last_bit(tmp_path, code, order, compress):
    dtype = np.dtype(order + code)
    ends = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    voxels = VOXELS.astype(dtype)
    voxels[0, 0, :2] = ends.min, ends.max
    write_nrrd(Image(voxels, AFFINE), tmp_path / "a.nrrd", compress=compress)
    again = read_nrrd(tmp_path / "a.nrrd").voxels
    np.testing.assert_array_equal(again, voxels)
    assert again.dtype == dtype.newbyteorder("=")
    assert nrrd.read(str(tmp_path / "a.nrrd"))[0].tolist() == voxels.tolist()


def test_nan_and_infinity_come_back(tmp_path):
    voxels = VOXELS.astype(np.float64)
    voxels[0, 0, :3] = np.nan, np.inf, -np.inf
    write_nrrd(Image(voxels, AFFINE), tmp_path / "a.nrrd")
    np.testing.assert_array_equal(read_nrrd(tmp_path / "a.nrrd").voxels, voxels)


@pytest.mark.parametrize("turned", [VOXELS[::-1], VOXELS.transpose(2, 0, 1), VOXELS[:, ::2], np.asfortranarray(VOXELS)])
def test_the_layout_in_memory_does_not_matter(tmp_path, turned):
    write_nrrd(Image(turned, AFFINE), tmp_path / "a.nrrd")
    np.testing.assert_array_equal(read_nrrd(tmp_path / "a.nrrd").voxels, turned)


def test_half_precision_is_written_as_single(tmp_path):
    voxels = (VOXELS / 7).astype(np.float16)
    write_nrrd(Image(voxels, AFFINE), tmp_path / "a.nrrd")
    np.testing.assert_array_equal(read_nrrd(tmp_path / "a.nrrd").voxels, voxels.astype(np.float32))


def test_the_same_image_gives_the_same_bytes(tmp_path):
    image = Image(VOXELS, AFFINE)
    write_nrrd(image, tmp_path / "a.nrrd")
    write_nrrd(image, tmp_path / "b.nrrd")
    assert (tmp_path / "a.nrrd").read_bytes() == (tmp_path / "b.nrrd").read_bytes()
    assert b"#" not in (tmp_path / "a.nrrd").read_bytes().partition(b"\n\n")[0]


def test_a_mask_of_bool_is_written_as_bytes(tmp_path):
    write_nrrd(Image(VOXELS > 7, AFFINE), tmp_path / "mask.nrrd")
    np.testing.assert_array_equal(read_nrrd(tmp_path / "mask.nrrd").voxels, (VOXELS > 7).astype(np.uint8))


@pytest.mark.parametrize("dtype", [np.complex64, np.longdouble, object])
def test_numbers_without_a_type_in_nrrd_are_not_written(tmp_path, dtype):
    with pytest.raises(ScanError, match="NRRD has no type for voxels of"):
        write_nrrd(Image(VOXELS.astype(dtype), AFFINE), tmp_path / "a.nrrd")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["", " ", "#note", "a:=b", "a\nsizes: 1 1 1", "a\0"])
def test_a_key_cannot_smuggle_a_field_into_the_header(tmp_path, key):
    with pytest.raises(ScanError, match="is no key/value pair of a header"):
        write_nrrd(Image(VOXELS, AFFINE), tmp_path / "a.nrrd", {key: "x"})


@pytest.mark.parametrize("value", ["a\nsizes: 1 1 1", "a\n\nb", "\\n", "\u00b5 := #", "a\rb"])
def test_no_value_can_either(tmp_path, value):
    write_nrrd(Image(VOXELS, AFFINE), tmp_path / "a.nrrd", {"note": value})
    assert read_nrrd_header(tmp_path / "a.nrrd").fields == {"note": value}


def test_a_position_that_is_no_number_is_not_written(tmp_path):
    with pytest.raises(ScanError, match="is not finite"):
        write_nrrd(Image(VOXELS, np.full((4, 4), np.nan)), tmp_path / "a.nrrd")
