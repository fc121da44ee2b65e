import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volest.errors import ScanError
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, read_nrrd_header, write_nrrd

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")


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


def test_spacings_alone_are_axis_aligned_in_lps_as_for_simpleitk(write_raw):
    image = read_nrrd(write_raw(space=None, space_directions=None, space_origin=None, spacings="0.5 0.6 0.8"))
    np.testing.assert_allclose(image.affine, np.diag([-0.5, -0.6, 0.8, 1]))


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space_directions": None}, "gives no spacing"),
        ({"space_directions": "none none none"}, "gives no spacing"),
        ({"space_directions": None, "spacings": "1 1 nan"}, "gives no spacing"),
        ({"dimension": "2", "sizes": "12 5", "space_directions": None}, r"got shape \(12, 5\)\. Stack"),
        ({"dimension": "4", "sizes": "3 4 5 2", "space_directions": None}, r"got shape \(3, 4, 5, 2\)\. Split it"),
        ({"dimension": "4", "sizes": "3 4 5 1"}, r"3 space directions for 4 axes"),
        ({"kinds": "domain domain"}, r"2 kinds for 3 axes"),
        ({"dimension": "4"}, r"3 sizes in 4 dimensions"),
        ({"sizes": "3 4 5.5"}, r"sizes '5\.5'; expected whole numbers"),
        ({"space_directions": "(1,0) (0,1) (0,0)"}, r"vector of 2 coordinates; expected 3"),
        ({"space_directions": "1 0 0"}, r"'1' where a vector such as \(0,0,1\) is expected"),
        ({"space_units": '"mm" "mm"'}, r"a unit for each of 3 axes"),
        ({"type": "short"}, "lacks 'endian'"),
        ({"type": "short", "endian": "middle"}, "byte order is 'middle'"),
        ({"encoding": "zrl"}, r"encoding is 'zrl'; expected raw, gzip"),
        ({"kinds": "RGB-color domain domain"}, "axis 0 .* is of kind 'RGB-color'"),
        ({"type": "block"}, "voxels are of type 'block'"),
        ({"space": "sideways"}, "space is 'sideways'"),
        ({"space_units": '"pixel" "pixel" "pixel"'}, "unit of length is 'pixel'"),
        ({"space_directions": "(1,0,0) (1,0,0) (0,0,1)"}, "span no volume"),
        ({"sizes": "3 4 6"}, "truncated"),
        ({"sizes": "3 -4 5"}, "sizes"),
        ({"sizes": None}, "lacks 'sizes'"),
        ({"sizes": "100000 100000 100000"}, "million voxels"),
        ({"sizes": "1000 1000 1000"}, "1,000 million voxels"),
        ({"encoding": "gzip"}, "truncated, damaged"),
        ({"encoding": "hex"}, "hexadecimal"),
        ({"encoding": "ascii"}, "truncated, damaged"),
    ],
)
def test_what_cannot_be_a_scan_is_refused_by_name(write_raw, changes, message):
    path = write_raw(**changes)
    with pytest.raises(ScanError, match=message) as caught:
        read_nrrd(path)
    assert str(path) in str(caught.value)


def test_absurd_sizes_are_refused_before_a_voxel_is_read(write_raw):
    with pytest.raises(ScanError, match="999,970,000 million voxels"):
        read_nrrd_header(write_raw(sizes="99999 99999 99999"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScanError, match=r"nowhere\.nrrd does not exist"):
        read_nrrd(tmp_path / "nowhere.nrrd")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "scan.nrrd"
    for content in (b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"x" * (2 << 20)):
        path.write_bytes(content)
        with pytest.raises(ScanError, match=r"cannot be read as NRRD|no NRRD file"):
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


def test_twice_the_same_field_is_read_and_twice_another_is_not(write_raw):
    assert read_nrrd(write_raw(extra=["sizes: 3 4 5"])).shape == (3, 4, 5)
    with pytest.raises(ScanError, match=r"two fields 'sizes' that contradict each other: '3 4 5' and '5 4 3'"):
        read_nrrd(write_raw(extra=["sizes: 5 4 3"]))


@pytest.mark.parametrize(
    "changes",
    [
        {"sizes": "1 3 4 5", "kinds": "list domain domain domain", "space_directions": "none (1,0,0) (0,2,0) (0,0,3)"},
        {"sizes": "3 4 5 1", "kinds": "domain domain domain time", "space_directions": "(1,0,0) (0,2,0) (0,0,3) none"},
        {"sizes": "3 1 4 5", "space_directions": "(1,0,0) none (0,2,0) (0,0,3)"},
        {"sizes": "3 4 5 1", "space": None, "space_directions": None, "space_origin": None, "spacings": "1 2 3 nan"},
        {"sizes": "3 4 5 1", "space": None, "space_directions": None, "space_origin": None, "spacings": "1 2 3 9"},
        {
            "sizes": "3 4 5 1",
            "space": "RAST",
            "kinds": "space space space time",
            "space_directions": "(1,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,0,1)",
            "space_origin": "(1,2,3,0)",
        },
    ],
)
def test_one_time_point_or_component_is_a_volume(write_raw, changes):
    image = read_nrrd(write_raw(dimension="4", **changes))
    np.testing.assert_array_equal(image.voxels, VOXELS)
    assert image.spacing_mm == pytest.approx((1, 2, 3))


def test_names_of_fields_and_types_have_no_case_and_vectors_may_have_spaces(write_raw):
    directions = "( 0.5, 0, 0) (0 ,0.6 ,0) (0, 0, 0.8 )"
    image = read_nrrd(write_raw(type=None, space_directions=directions, extra=["Type: Unsigned  Char"]))
    np.testing.assert_array_equal(image.voxels, VOXELS)
    assert image.spacing_mm == pytest.approx((0.5, 0.6, 0.8))


def test_a_key_may_hold_colons_and_a_line_without_any_is_refused(write_raw):
    assert read_nrrd_header(write_raw(extra=["urn:x:y:=1"])).fields == {"urn:x:y": "1"}
    with pytest.raises(ScanError, match="'free text', which is neither a field nor a key/value pair"):
        read_nrrd_header(write_raw(extra=["free text"]))


@pytest.mark.parametrize("directions", ["(1e400,0,0) (0,1,0) (0,0,1)", "(inf,0,0) (0,1,0) (0,0,1)"])
def test_infinite_steps_are_refused(write_raw, directions):
    with pytest.raises(ScanError, match="are not finite"):
        read_nrrd_header(write_raw(space_directions=directions))


@pytest.mark.parametrize(
    ("step", "message"), [("1e300", "mm apart"), ("1e-300", "span no volume"), ("nan", "no spacing")]
)
def test_steps_beyond_any_distance_are_refused(write_raw, step, message):
    with pytest.raises(ScanError, match=message):
        read_nrrd_header(write_raw(space_directions=f"({step},0,0) (0,{step},0) (0,0,{step})"))


def test_an_origin_that_is_unknown_is_zero(write_raw):
    assert read_nrrd_header(write_raw(space_origin="(nan,nan,nan)")).affine[:3, 3].tolist() == [0, 0, 0]
