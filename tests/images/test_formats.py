import os
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volest.errors import ScanError
from volest.images import formats
from volest.images.formats import FORMATS, SUFFIXES, find_scans, read_header, read_image, scan_sha256, scan_stem
from volest.records.manifest import file_sha256


def test_scans_are_found_below_a_folder_in_order_and_hidden_ones_are_not(write_raw, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".cache").mkdir()
    for name in ("b.nrrd", "sub/a.NRRD", "a.nhdr", ".hidden.nrrd", ".cache/c.nrrd", "notes.txt"):
        write_raw(name=name)
    assert [str(path.relative_to(tmp_path)) for path in find_scans(tmp_path)] == ["a.nhdr", "b.nrrd", "sub/a.NRRD"]


def test_scans_of_every_format_are_found_and_voxels_beside_a_header_are_no_scan(tmp_path):
    for name in ("a.mhd", "a.raw", "b.nii.gz", "c.gipl.gz", "d.npy", "d.json", "e.mha", "f.csv", "README"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in find_scans(tmp_path)] == ["a.mhd", "b.nii.gz", "c.gipl.gz", "d.npy", "e.mha"]


def test_a_scan_is_read_through_its_suffix(write_raw):
    path = write_raw()
    assert read_image(path).shape == read_header(path).shape == (3, 4, 5)


def test_an_unknown_suffix_lists_what_is_read(tmp_path):
    for read in (read_image, read_header):
        with pytest.raises(ScanError, match=r"end in '\.png' are not read; expected \.nrrd, .* or \.dicom"):
            read(tmp_path / "a.png")


def test_no_folder_is_said_so(tmp_path):
    with pytest.raises(ScanError, match="is no folder"):
        find_scans(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["P1.2024.nrrd", "P1.2024.nii.gz", "P1.2024.nii", "P1.2024.GIPL.GZ", "P1.2024.dcm"])
def test_the_stem_keeps_dots_of_the_name(tmp_path, name):
    assert scan_stem(tmp_path / name) == "P1.2024"


def test_equal_detached_headers_with_other_voxels_are_other_scans(write_raw, tmp_path):
    hashes = set()
    for number in range(2):
        (tmp_path / "voxels.raw").write_bytes(bytes([number]) * 60)
        hashes.add(scan_sha256(write_raw(payload=b"", name="scan.nhdr", extra=["data file: voxels.raw"])))
    assert len(hashes) == 2


def test_an_attached_scan_has_the_hash_of_its_file(write_raw):
    path = write_raw()
    assert scan_sha256(path) == file_sha256(path)


def test_voxels_that_are_missing_cannot_be_hashed(write_raw):
    path = write_raw(payload=b"", name="scan.nhdr", extra=["data file: gone.raw"])
    with pytest.raises(ScanError, match=r"gone\.raw, which does not exist"):
        scan_sha256(path)


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_a_missing_scan_is_said_to_be_missing_in_every_format(tmp_path, suffix):
    for read in (read_image, read_header, scan_sha256):
        with pytest.raises(ScanError, match=f"scan {tmp_path}/gone{suffix} does not exist"):
            read(tmp_path / f"gone{suffix}")


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"NRRD0004\n\0\xff" * 50, b"ElementDataFile", bytes(range(256))]
)
def test_what_is_no_scan_is_refused_by_name_in_every_format(tmp_path, suffix, content, capfd):
    path = tmp_path / f"scan{suffix}"
    path.write_bytes(content)
    for read in (read_image, read_header):
        with pytest.raises(ScanError, match=f"scan {path}"):
            read(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, suffix):
    os.mkfifo(tmp_path / f"scan{suffix}")
    (tmp_path / f"link{suffix}").symlink_to(tmp_path / f"scan{suffix}")
    for name in ("scan", "link"):
        with pytest.raises(ScanError, match="a pipe or device"):
            read_image(tmp_path / f"{name}{suffix}")
    assert find_scans(tmp_path) == []


# nibabel, which our geometry needs, loads pydicom by itself where it is installed.
def test_the_libraries_of_formats_are_loaded_with_the_first_scan_only():
    code = "import sys, volest.images.formats; print({'SimpleITK', 'nrrd', 'volest.images.dicom'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


def test_dicom_without_its_library_names_the_extra(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("pydicom", "volest.images.dicom"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    path = tmp_path / "a.dcm"
    path.write_bytes(b"any")
    assert find_scans(tmp_path) == [path]
    with pytest.raises(ScanError, match=r"needs pydicom.*`pip install 'volest\[dicom\]'"):
        read_header(path)


def test_no_suffix_belongs_to_two_formats():
    assert len(set(formats.SUFFIXES)) == sum(len(known.suffixes) for known in FORMATS)


# GIPL keeps no axes, and its spacing in single precision.
WRITTEN_BY_ITK = [".nii", ".nii.gz", ".mha", ".mhd", ".gipl", ".gipl.gz"]


@pytest.mark.parametrize("suffix", WRITTEN_BY_ITK)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), dtype=st.sampled_from(["uint8", "int16", "uint16", "float32"]))
def test_a_scan_keeps_voxels_and_place_through_every_format(tmp_path, suffix, seed, dtype):
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, 255, size=rng.integers(2, 6, size=3)).astype(dtype)
    spacing, origin = rng.uniform(0.1, 2, size=3), rng.uniform(-100, 100, size=3)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3))) if "gipl" not in suffix else (np.eye(3), None)
    axes[:, 2] *= np.sign(np.linalg.det(axes))  # ITK writes right-handed axes only
    itk = sitk.GetImageFromArray(voxels.transpose(2, 1, 0))
    itk.SetSpacing(spacing)
    itk.SetOrigin(origin)
    itk.SetDirection(axes.ravel())
    path = tmp_path / f"scan{suffix}"
    sitk.WriteImage(itk, path)

    image, header = read_image(path), read_header(path)

    np.testing.assert_array_equal(image.voxels, voxels)
    assert image.voxels.dtype == header.dtype == voxels.dtype
    assert header.shape == voxels.shape
    np.testing.assert_array_equal(header.affine, image.affine)
    corners = np.array([[0, 0, 0], *(np.diag(voxels.shape) - np.eye(3, dtype=int))])
    lps = np.array([itk.TransformContinuousIndexToPhysicalPoint(corner.astype(float)) for corner in corners])
    ras = corners @ image.affine[:3, :3].T + image.affine[:3, 3]
    np.testing.assert_allclose(ras, lps * [-1, -1, 1], atol=1e-4)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_no_bytes_is_said_to_be_empty(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    path.touch()
    for read in (read_image, read_header, scan_sha256):
        with pytest.raises(ScanError, match=r"is empty: the file has 0 bytes\. Copy or export it again"):
            read(path)


def test_a_file_without_a_suffix_is_told_so(tmp_path):
    (tmp_path / "scan").write_bytes(b"any")
    with pytest.raises(ScanError, match=r"files without a suffix are not read; expected \.nrrd"):
        read_image(tmp_path / "scan")
