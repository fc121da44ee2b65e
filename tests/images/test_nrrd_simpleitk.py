"""What the corpus does not hold, written by hand and read by SimpleITK too."""

import bz2
import gzip

import numpy as np
import pytest

from volest.images.nrrd import read_nrrd

sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is the witness")

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")
RAW = VOXELS.tobytes(order="F")
TEXT = " ".join(map(str, VOXELS.ravel(order="F"))).encode()
BARE = {"space": None, "space_directions": None, "space_origin": None}


def _affine(path):
    image = sitk.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def _require_same(path):
    ours, voxels = read_nrrd(path), sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T
    np.testing.assert_array_equal(ours.voxels, voxels)
    assert ours.voxels.dtype == voxels.dtype
    np.testing.assert_allclose(ours.affine, _affine(path), atol=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"space": name}
            for name in ("RAS", "LPS", "LAS", "left-anterior-superior", "scanner-xyz", "3D-right-handed")
        ),
        {"space_directions": "(0.4,0.3,0) (-0.3,0.4,0) (0,0,0.8)"},
        {"space_directions": "(0.5,0,0) (0.1,0.6,0) (0,0,0.8)"},
        {"space_directions": "(-0.5,0,0) (0,0.6,0) (0,0,0.8)"},
        {"space_directions": "( 0.5 , 0, 0) (0, 0.6, 0) (0 ,0 ,0.8)"},
        {**BARE, "spacings": "0.5 0.6 0.8"},
        {**BARE, "spacings": "-0.5 0.6 0.8"},
        {
            "dimension": "4",
            "sizes": "1 3 4 5",
            "kinds": "list domain domain domain",
            "space_directions": "none (0.5,0,0) (0,0.6,0) (0,0,0.8)",
        },
        {"encoding": "text", "payload": TEXT},
        {"encoding": "txt", "payload": TEXT.replace(b" ", b", ")},
        {"encoding": "hex", "payload": RAW.hex("\n").upper().encode()},
        {"encoding": "gz", "payload": gzip.compress(RAW[:30]) + gzip.compress(RAW[30:])},
        {"encoding": "gzip", "payload": gzip.compress(b"abc" + RAW), "byte_skip": "3"},
        {"encoding": "gzip", "payload": gzip.compress(b"abc" + RAW), "byte_skip": "-1"},
        {"payload": b"a\nb\nc" + RAW, "line_skip": "2", "byte_skip": "1"},
        {"payload": b"abc" + RAW, "byte_skip": "-1"},
        {"payload": RAW + b"\n"},
    ],
)
def test_header_and_encoding_mean_the_same(write_raw, changes):
    _require_same(write_raw(**changes))


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(
            ("signed char", "i1"),
            ("uchar", "u1"),
            ("short int", "i2"),
            ("ushort", "u2"),
            ("int", "i4"),
            ("uint32_t", "u4"),
        ),
        *(("long long", "i8"), ("unsigned long long int", "u8"), ("float", "f4"), ("double", "f8")),
    ],
)
def test_every_type_of_number_means_the_same(write_raw, name, code, order):
    stored = VOXELS.astype(("<" if order == "little" else ">") + code)
    _require_same(write_raw(stored, type=name, endian=order))
    _require_same(write_raw(payload=stored.tobytes(order="F").hex().encode(), type=name, endian=order, encoding="hex"))


@pytest.mark.parametrize(
    "field", ["LIST\nv0\nv1\nv2\nv3\nv4", "LIST 3\nv0\nv1\nv2\nv3\nv4", "v%d 0 4 1", "v%d 4 0 -1", "v%01d 0 4 1 2"]
)
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_lists_and_patterns_mean_the_same(write_raw, tmp_path, field, encoding):
    for number in range(5):
        part = RAW[12 * number : 12 * (number + 1)]
        (tmp_path / f"v{number}").write_bytes(gzip.compress(part) if encoding == "gzip" else part)
    # SimpleITK takes the blank line that ends the header for a name of the list.
    path = write_raw(payload=b"", name="scan.nhdr", encoding=encoding, extra=[f"data file: {field}"])
    path.write_bytes(path.read_bytes().rstrip() + b"\n")
    _require_same(path)


@pytest.mark.parametrize(
    ("changes", "ratio"),
    [
        ({"space_units": '"cm" "cm" "cm"'}, np.diag([10.0, 10, 10, 1])),  # it reads no units
        ({"space": "3D-left-handed"}, np.diag([-1.0, 1, 1, 1])),  # it takes a mirror image for the scan
    ],
)
def test_where_lengths_or_hands_differ_we_know_why(write_raw, changes, ratio):
    path = write_raw(**changes)
    np.testing.assert_allclose(read_nrrd(path).affine, ratio @ _affine(path), atol=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        {"encoding": "bzip2", "payload": bz2.compress(RAW)},
        {"extra": ["sizes: 3 4 5"]},
        {"space_directions": "none none none", "spacings": "1 1 1"},
        {"dimension": "4", "sizes": "3 4 5 1", "space_directions": "(1,0,0) (0,1,0) (0,0,1) none"},
        {"space_origin": "(nan,0,0)"},
    ],
)
def test_what_it_cannot_read_is_read(write_raw, changes):
    path = write_raw(**changes)
    np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS)
    with pytest.raises(RuntimeError, match="ITK"):
        sitk.ReadImage(str(path))
