import bz2
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volest.errors import ScanError
from volest.geometry import centred_affine
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, read_nrrd_header, write_nrrd

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")
CORPUS = Path(__file__).parents[2] / "../shared/data/nrrd"


def test_voxels_and_positions_are_those_of_the_file(write_raw):
    image = read_nrrd(write_raw())
    np.testing.assert_array_equal(image.voxels, VOXELS)
    assert image.spacing_mm == pytest.approx((0.5, 0.6, 0.8))
    np.testing.assert_allclose(image.affine[:3, 3], [1, 2, 3])


def test_lps_and_ras_files_of_one_scan_lie_in_one_place(write_raw):
    ras = read_nrrd(write_raw())
    lps = read_nrrd(
        write_raw(space="LPS", space_directions="(-0.5,0,0) (0,-0.6,0) (0,0,0.8)", space_origin="(-1,-2,3)")
    )
    np.testing.assert_allclose(lps.affine, ras.affine)


def test_oblique_directions_keep_spacing_and_volume(write_raw):
    c, s = np.cos(0.3), np.sin(0.3)
    image = read_nrrd(write_raw(space_directions=f"({0.5 * c},{0.5 * s},0) ({-0.6 * s},{0.6 * c},0) (0,0,0.8)"))
    assert image.spacing_mm == pytest.approx((0.5, 0.6, 0.8))
    assert image.voxel_volume_ml == pytest.approx(0.5 * 0.6 * 0.8 / 1000)


@pytest.mark.parametrize(("endian", "code"), [("little", "<"), ("big", ">")])
@pytest.mark.parametrize("name", ["int16", "uint16", "float"])
def test_both_byte_orders_give_the_same_numbers_in_native_order(write_raw, endian, code, name):
    numbers = (VOXELS * 100).astype(np.dtype({"float": "f4"}.get(name, name)))
    image = read_nrrd(write_raw(numbers.astype(numbers.dtype.newbyteorder(code)), type=name, endian=endian))
    np.testing.assert_array_equal(image.voxels, numbers)
    assert image.voxels.dtype == numbers.dtype
    assert image.voxels.dtype.isnative


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("gzip", gzip.compress(VOXELS.tobytes(order="F"))),
        ("GZIP", gzip.compress(VOXELS.tobytes(order="F"))),
        ("bzip2", bz2.compress(VOXELS.tobytes(order="F"))),
        ("ascii", " ".join(map(str, VOXELS.ravel(order="F"))).encode()),
    ],
)
def test_every_encoding_holds_the_same_voxels(write_raw, encoding, payload):
    np.testing.assert_array_equal(read_nrrd(write_raw(payload=payload, encoding=encoding)).voxels, VOXELS)


def test_a_detached_header_finds_its_voxels_beside_it(write_raw, tmp_path):
    (tmp_path / "voxels.raw").write_bytes(VOXELS.tobytes(order="F"))
    path = write_raw(payload=b"", name="scan.nhdr", extra=["data file: voxels.raw"])
    np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS)


def test_a_detached_header_without_its_voxels_names_the_missing_file(write_raw):
    path = write_raw(payload=b"", name="scan.nhdr", extra=["data file: gone.raw"])
    with pytest.raises(ScanError, match=r"scan\.nhdr keeps its voxels in .*gone\.raw, which does not exist"):
        read_nrrd(path)


def test_spacings_alone_are_axis_aligned(write_raw):
    image = read_nrrd(write_raw(space=None, space_directions=None, space_origin=None, spacings="0.5 0.6 0.8"))
    np.testing.assert_allclose(image.affine, np.diag([0.5, 0.6, 0.8, 1]))


@pytest.mark.parametrize(("unit", "mm"), [("mm", 1), ("cm", 10), ("m", 1000), ("\u00b5m", 1e-3)])
def test_space_units_are_turned_into_millimetres(write_raw, unit, mm):
    header = read_nrrd_header(write_raw(space_units=f'"{unit}" "{unit}" "{unit}"'))
    np.testing.assert_allclose(header.affine[:3, 3], np.array([1, 2, 3]) * mm)
    assert np.linalg.norm(header.affine[:3, 0]) == pytest.approx(0.5 * mm)


def test_key_value_pairs_are_text_and_never_hide_a_field(write_raw):
    extra = ["patient:=P 07", "space:=left", "note:=two\\nlines: one"]
    header = read_nrrd_header(write_raw(extra=extra))
    assert header.fields == {"patient": "P 07", "space": "left", "note": "two\nlines: one"}
    assert header.affine[0, 0] == pytest.approx(0.5)


def test_writing_and_reading_is_the_identity(tmp_path, rng):
    affine = centred_affine((3, 4, 5), (0.1, 1 / 3, 0.7))
    affine[:3, :3] = affine[:3, :3] @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    image = Image(rng.normal(size=(3, 4, 5)).astype(np.float32), affine)
    fields = {"patient": "J\u00fcrgen", "volume": "31.5", "note": "a\\nb\nc"}
    for compress in (True, False):
        write_nrrd(image, tmp_path / "a.nrrd", fields, compress=compress)
        again = read_nrrd(tmp_path / "a.nrrd")
        np.testing.assert_array_equal(again.voxels, image.voxels)
        np.testing.assert_allclose(again.affine, affine, rtol=0, atol=1e-12)
        assert read_nrrd_header(tmp_path / "a.nrrd").fields == fields


def test_the_same_image_gives_the_same_bytes(tmp_path):
    image = Image(VOXELS, np.diag([1.0, 1, 1, 1]))
    write_nrrd(image, tmp_path / "a.nrrd")
    write_nrrd(image, tmp_path / "b.nrrd")
    assert (tmp_path / "a.nrrd").read_bytes() == (tmp_path / "b.nrrd").read_bytes()
    assert b"#" not in (tmp_path / "a.nrrd").read_bytes().partition(b"\n\n")[0]


def test_a_mask_of_bool_is_written_as_bytes(tmp_path):
    write_nrrd(Image(VOXELS > 7, np.diag([1.0, 1, 1, 1])), tmp_path / "mask.nrrd")
    np.testing.assert_array_equal(read_nrrd(tmp_path / "mask.nrrd").voxels, (VOXELS > 7).astype(np.uint8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space_directions": None}, "gives no spacing"),
        ({"space_directions": "none none none"}, "gives no spacing"),
        ({"space_directions": None, "spacings": "1 1 nan"}, "gives no spacing"),
        ({"dimension": "2", "sizes": "12 5"}, r"got shape \(12, 5\)\. Stack"),
        ({"dimension": "4", "sizes": "3 4 5 1"}, r"got shape \(3, 4, 5, 1\)\. Split it"),
        ({"kinds": "RGB-color domain domain"}, "axis 0 .* is of kind 'RGB-color'"),
        ({"type": "block"}, "voxels are of type 'block'"),
        ({"space": "sideways"}, "space is 'sideways'"),
        ({"space_units": '"pixel" "pixel" "pixel"'}, "unit of length is 'pixel'"),
        ({"space_directions": "(1,0,0) (1,0,0) (0,0,1)"}, "span no volume"),
        ({"sizes": "3 4 6"}, "truncated"),
        ({"sizes": "3 -4 5"}, "sizes"),
        ({"sizes": None}, "lacks 'sizes'"),
        ({"sizes": "100000 100000 100000"}, "GiB of voxels"),
        ({"encoding": "gzip"}, "truncated, damaged"),
        ({"encoding": "hex"}, "Unsupported encoding"),
        ({"encoding": "ascii"}, "truncated, damaged"),
    ],
)
def test_what_cannot_be_a_scan_is_refused_by_name(write_raw, changes, message):
    path = write_raw(**changes)
    with pytest.raises(ScanError, match=message) as caught:
        read_nrrd(path)
    assert str(path) in str(caught.value)


def test_absurd_sizes_are_refused_before_a_voxel_is_read(write_raw):
    with pytest.raises(ScanError, match=r"9\.31e\+05 GiB"):
        read_nrrd_header(write_raw(sizes="99999 99999 99999"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScanError, match=r"nowhere\.nrrd does not exist"):
        read_nrrd(tmp_path / "nowhere.nrrd")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "scan.nrrd"
    for content in (b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"x" * (2 << 20)):
        path.write_bytes(content)
        with pytest.raises(ScanError, match="cannot be read as NRRD"):
            read_nrrd(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_but_never_anything_else(tmp_path, data):
    path = tmp_path / "scan.nrrd"
    write_nrrd(Image(VOXELS, np.diag([1.0, 2, 3, 1])), path)
    content = bytearray(path.read_bytes())
    end = data.draw(st.integers(0, len(content)))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[:end])
    try:
        image = read_nrrd(path)
    except ScanError:
        return
    assert image.field_of_view_ml > 0


@pytest.mark.skipif(not CORPUS.exists(), reason="the NRRD corpus of ../shared/data is not here")
def test_every_file_of_the_corpus_is_read_or_refused():
    entries = json.loads((CORPUS / "corpus.json").read_text())
    files = sorted([*CORPUS.rglob("*.nrrd"), *CORPUS.rglob("*.nhdr")])
    assert len(files) == len(entries) == 90
    read = {path for path in files if _is_read(path)}
    for entry in entries:
        path = CORPUS.parent / entry["file"]
        solid = entry["read_by_pynrrd"] != "error" and entry["dimension"] == "3" and entry["space"] is not None
        assert path in read or not solid, path


def _is_read(path: Path) -> bool:
    try:
        image = read_nrrd(path)
    except ScanError:
        return False
    return image.voxels.ndim == 3 and image.field_of_view_ml > 0
