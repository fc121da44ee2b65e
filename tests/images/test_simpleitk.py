import gzip
import sys
import zlib

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from volest.errors import ScanError
from volest.images.simpleitk import read_simpleitk, read_simpleitk_header, simpleitk_files

HEADER = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "ElementSpacing": "0.5 0.6 0.8",
    "Patient": "P1",
    "DimSize": "3 4 5",
    "ElementType": "MET_UCHAR",
}
VOXELS = np.arange(60, dtype=np.uint8).reshape(3, 4, 5, order="F")


@pytest.fixture
def write(tmp_path):
    """Write a MetaImage by hand; None removes a line."""

    def write(name="scan.mha", payload=None, **changed):
        last = {"ElementDataFile": changed.pop("ElementDataFile", "LOCAL")}
        lines = [f"{key} = {value}" for key, value in (HEADER | changed | last).items() if value is not None]
        path = tmp_path / name
        data = VOXELS.tobytes(order="F") if payload is None else payload
        path.write_bytes("\n".join(lines).encode() + b"\n" + data)
        return path

    return write


@pytest.fixture
def gipl(tmp_path):
    """A GIPL file, its bytes changed at some places."""

    def write(changed=(), end=None, name="scan.gipl"):
        image = sitk.GetImageFromArray(VOXELS.transpose(2, 1, 0))
        image.SetSpacing((0.5, 0.6, 0.8))
        sitk.WriteImage(image, tmp_path / "whole.gipl")
        data = bytearray((tmp_path / "whole.gipl").read_bytes())
        for place, value in changed:
            data[place : place + len(value)] = value
        path = tmp_path / name
        path.write_bytes(gzip.compress(data[:end]) if name.endswith(".gz") else data[:end])
        return path

    return write


def test_voxels_places_and_fields_are_those_of_the_file(write):
    path = write(Offset="1 2 3", TransformMatrix="0 1 0 -1 0 0 0 0 1")
    image, header = read_simpleitk(path), read_simpleitk_header(path)
    np.testing.assert_array_equal(image.voxels, VOXELS)
    # Rows of TransformMatrix are the directions of i, j, k, in LPS.
    np.testing.assert_allclose(image.affine[:3], [[0, 0.6, 0, -1], [-0.5, 0, 0, -2], [0, 0, 0.8, 3]], atol=1e-12)
    assert header.fields == {"Patient": "P1"}


def test_voxels_beside_the_header_belong_to_the_scan(write, tmp_path):
    (tmp_path / "voxels.raw").write_bytes(VOXELS.tobytes(order="F"))
    path = write("scan.mhd", payload=b"", ElementDataFile="voxels.raw")
    np.testing.assert_array_equal(read_simpleitk(path).voxels, VOXELS)
    assert simpleitk_files(path) == (path, tmp_path / "voxels.raw")
    (tmp_path / "voxels.raw").unlink()
    for read in (read_simpleitk, read_simpleitk_header, simpleitk_files):
        with pytest.raises(ScanError, match=r"keeps its voxels in .*voxels\.raw, which does not exist"):
            read(path)


@pytest.mark.parametrize("named", ["../secret.raw", "/etc/passwd", "link.raw", "sub/../../secret.raw"])
def test_voxels_outside_the_folder_are_refused(write, tmp_path, named):
    folder = tmp_path / "scans"
    folder.mkdir()
    (tmp_path / "secret.raw").write_bytes(b"\0" * 60)
    (folder / "link.raw").symlink_to(tmp_path / "secret.raw")
    path = write("scans/scan.mhd", payload=b"", ElementDataFile=named)
    for read in (read_simpleitk, read_simpleitk_header, simpleitk_files):
        with pytest.raises(ScanError, match="outside its folder"):
            read(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ElementSpacing": None}, "gives no ElementSpacing"),
        ({"ElementSpacing": None, "elementspacing": "1 1 1"}, "gives no ElementSpacing"),
        ({"ElementSpacing": "0 0.6 0.8"}, r"'0 0\.6 0\.8'; expected three lengths"),
        ({"ElementSpacing": "-1 0.6 0.8"}, "expected three lengths"),
        ({"ElementSpacing": "nan 1 1"}, "expected three lengths"),
        ({"ElementSpacing": "0,5 0,6 0,8"}, "expected three lengths"),
        ({"DimSize": "90000 90000 90000"}, "million voxels"),
        ({"DimSize": "-3 4 5"}, "'-3 4 5'; expected whole numbers above 0"),
        ({"DimSize": "3 4 5 6"}, "'3 4 5 6'; expected 3 numbers"),
        ({"NDims": "-6"}, "NDims '-6'; expected 3"),
        ({"NDims": None, "NDims:-6": "3"}, "expected `Key = value`"),
        ({"NDims": None, "DimSize": None, "DimSize ": "3 4 5", "NDims ": "3"}, "DimSize before NDims"),
        ({"DimSize ": "3 4 6"}, "DimSize twice"),
        ({"HeaderSize": "1e9"}, "HeaderSize '1e9'; expected a whole number"),
        ({"DimSize": "0 4 5"}, "scan .*scan.mha"),
        ({"NDims": "2", "DimSize": "3 4", "ElementSpacing": "1 1"}, r"got shape \(3, 4\)"),
        ({"NDims": "4", "DimSize": "3 4 5 2", "ElementSpacing": "1 1 1 1"}, r"\(3, 4, 5, 2\)\. Split it"),
        ({"NDims": "30"}, "cannot be read as MetaImage"),
        ({"ElementNumberOfChannels": "3"}, "expected one number each"),
        ({"ElementType": "MET_STRING"}, "expected one number each"),
        ({"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "scan .*scan.mha"),
        ({"TransformMatrix": "nan 0 0 0 1 0 0 0 1"}, "scan .*scan.mha"),
        ({"ElementDataFile": "slice%03d.raw 1 5 1"}, "in several files"),
        ({"ElementDataFile": "%s%n%n"}, "in several files"),
        ({"ElementDataFile": "LIST"}, "in several files"),
        ({"ElementDataFile": "."}, "is a folder"),
        ({"Kinds": "domain domain list"}, "sequence of frames"),
        ({"Seq_Frame0000_ImageStatus": "OK"}, "sequence of frames"),
        ({"Comment": "\0"}, "cannot be read as MetaImage"),
        ({"payload": b"\0" * 59}, "holds less than 60 bytes"),
        ({"payload": b"\0" * 61}, "holds more than 60 bytes"),
        ({"BinaryData": "False"}, "its voxels are text"),
        ({"HeaderSize": "-1"}, "behind a header of their own"),
        ({"CompressedData": "True", "payload": zlib.compress(b"\0" * 60)[:-4]}, "holds less than 60 bytes"),
        ({"CompressedData": "True", "payload": zlib.compress(b"\0" * 10**8)}, "holds more than 60 bytes"),
        ({"CompressedData": "True", "payload": b"\x78\x9c" + b"\0" * 20}, "cannot be read as MetaImage"),
    ],
)
def test_a_metaimage_without_trustworthy_millilitres_is_refused(write, changed, message, capfd):
    with pytest.raises(ScanError, match=message):
        read_simpleitk(write(**changed))
    assert capfd.readouterr().err == ""


def test_a_fourth_axis_of_one_is_no_axis(write):
    path = write(NDims="4", DimSize="3 4 5 1", ElementSpacing="0.5 0.6 0.8 1")
    np.testing.assert_array_equal(read_simpleitk(path).voxels, VOXELS)
    assert read_simpleitk(path).spacing_mm == pytest.approx((0.5, 0.6, 0.8))


@pytest.mark.parametrize("name", ["scan.gipl", "scan.gipl.gz"])
def test_gipl_that_ends_early_is_refused_though_itk_would_fill_it_up(gipl, name):
    assert read_simpleitk(gipl(name=name)).shape == (3, 4, 5)
    with pytest.raises(ScanError, match="holds 306 of 316 bytes"):
        read_simpleitk(gipl(end=-10, name=name))


def test_gipl_without_spacing_or_of_great_size_is_refused(gipl):
    with pytest.raises(ScanError, match=r"gives no spacing \(\[0\.0, 0\.6"):
        read_simpleitk(gipl([(10, b"\0\0\0\0")]))
    with pytest.raises(ScanError, match="million voxels"):
        read_simpleitk(gipl([(0, b"\xff\xff\xff\xff\xff\xff")]))


def test_standard_error_is_given_back(write, capfd):
    with pytest.raises(ScanError, match="cannot be read"):
        read_simpleitk(write(payload=b""))
    print("heard", file=sys.stderr)
    assert "heard" in capfd.readouterr().err
