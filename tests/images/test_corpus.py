"""Every NRRD file of four public projects: read as SimpleITK reads it, or for a reason not."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from volest.errors import ScanError
from volest.images.nrrd import read_nrrd, read_nrrd_header

CORPUS = Path(__file__).parents[2] / "../shared/data/nrrd"
BALL = "pynrrd/nrrd/tests/data/BallBinary30x30x30"
HEADERS = "nrrd_jl/test/headers"
IO = "nrrd_jl/test/io"
DMRI = "slicerdmri/Modules"

FLAT = "Stack the slices of a sweep"
COLOUR = "is of kind 'RGB-color'"

REFUSED = {
    # SimpleITK refuses these too.
    f"{BALL}_byteskip_minus_five.nhdr": r"skips 0 lines and -5 bytes",
    f"{HEADERS}/test3d_units_range_axes.nhdr": r"keeps its voxels in .*dummy\.raw, which does not exist",
    **dict.fromkeys([f"{HEADERS}/test3d_time{end}.nhdr" for end in ("", "_labels", "_labels_units")], "of kind 'time'"),
    f"{HEADERS}/test3d_time_labels_units_s.nhdr": "of kind 'time'",
    f"{HEADERS}/test3dlist_origin.nhdr": "of kind 'list'",
    f"{IO}/small_time.nrrd": "of kind 'time'",
    f"{IO}/test_helix.nrrd": "of kind '3D-masked-symmetric-matrix'",
    f"{DMRI}/Loadable/TractographyDisplay/Testing/Data/Input/helix-DTI.nhdr": "of kind '3D-masked-symmetric-matrix'",
    **dict.fromkeys([f"{HEADERS}/test2drgb{end}.nhdr" for end in ("", "_last", "_spu_sd", "_spu_spacing")], COLOUR),
    f"{HEADERS}/test2drgb_spu_spacing_labels.nhdr": COLOUR,
    **dict.fromkeys(
        [f"{HEADERS}/test2d{end}.nhdr" for end in ("float", "uchar", "ushort", "_spu_spacing_labels")], FLAT
    ),
    **dict.fromkeys([f"pynrrd/nrrd/tests/data/test{name}.nrrd" for name in ("1d_ascii", "_customFields")], FLAT),
    # SimpleITK reads an image of two dimensions, which has no volume.
    "pynrrd/nrrd/tests/data/test2d_ascii.nrrd": FLAT,
    f"{IO}/bswap.nrrd": FLAT,
    **dict.fromkeys([f"{IO}/eltype_{name}.nrrd" for name in ("gray_u12", "gray_u12_hex", "gray_u16")], FLAT),
    **dict.fromkeys([f"{IO}/eltype_{name}.nrrd" for name in ("gray_u8", "u8", "uint8")], FLAT),
    f"{IO}/eltype_rgb_u8.nrrd": COLOUR,
    # SimpleITK reads several values a voxel: 9 of a tensor, 7 and 13 of a diffusion series.
    f"{DMRI}/CLI/DWIToDTIEstimation/Data/Baseline/helix-DTI.nhdr": "of kind '3D-matrix'",
    f"{DMRI}/CLI/DWIToDTIEstimation/Data/helix-DWI.nhdr": "of kind 'list'",
    "slicerdmri/Testdata/3x3x3_13_b1000_b3000.nrrd": "of kind 'list'",
    # SimpleITK takes the 352 bytes of a NIfTI header for the first 176 voxels, and drops the last 176.
    f"{BALL}_nifti.nhdr": r"asks for 54000 bytes of voxels, and more follow",
    # SimpleITK takes pixels for millimetres; the volume is unknown.
    f"{IO}/fiji-stack-pixels-16bit.nrrd": "unit of length is 'pixel'",
}
"""File: why it is no scan."""

READ_HERE_ALONE = {
    # SimpleITK is built without bzip2.
    f"{BALL}_bz2.nrrd": ((30, 30, 30), 1.0),
    # A fourth axis of one sample; SimpleITK asks for as many axes as the space has dimensions.
    "pynrrd/nrrd/tests/data/test_simple4d_raw.nrrd": ((1, 1, 1), 1.5 * 1.5 * 1.0),
}
"""File: its shape, and cubic millimetres of a voxel."""

LENGTHS_DIFFER = {
    # `space units` say microns, which SimpleITK takes for millimetres.
    f"{IO}/fiji-stack-microns-16bit.nrrd": 1e-3,
}
"""File: millimetres in what SimpleITK calls a millimetre."""

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the NRRD corpus of ../shared/data is not here")


def _files() -> list[str]:
    found = [*CORPUS.rglob("*.nrrd"), *CORPUS.rglob("*.nhdr")]
    return sorted(str(path.relative_to(CORPUS)) for path in found)


AS_SIMPLEITK = [name for name in _files() if name not in REFUSED and name not in READ_HERE_ALONE]


def test_the_table_tells_of_every_file():
    listed = {entry["file"].removeprefix("nrrd/") for entry in json.loads((CORPUS / "corpus.json").read_text())}
    assert set(_files()) == listed
    assert {*REFUSED, *READ_HERE_ALONE, *LENGTHS_DIFFER} <= listed
    assert (len(REFUSED), len(READ_HERE_ALONE), len(AS_SIMPLEITK)) == (35, 2, 53)


@pytest.mark.parametrize("name", AS_SIMPLEITK)
def test_voxels_and_affine_are_those_of_simpleitk(name):
    sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is the witness")
    sitk.ProcessObject_SetGlobalWarningDisplay(False)
    ours, theirs = read_nrrd(CORPUS / name), sitk.ReadImage(str(CORPUS / name))
    voxels = sitk.GetArrayViewFromImage(theirs).T
    assert ours.voxels.dtype == voxels.dtype
    np.testing.assert_array_equal(ours.voxels, voxels)
    mm = LENGTHS_DIFFER.get(name, 1.0)
    to_ras = mm * np.diag([-1.0, -1.0, 1.0])
    steps = np.array(theirs.GetDirection()).reshape(3, 3) * np.array(theirs.GetSpacing())
    np.testing.assert_allclose(ours.affine[:3, :3], to_ras @ steps, rtol=1e-9, atol=1e-9 * mm)
    np.testing.assert_allclose(ours.affine[:3, 3], to_ras @ theirs.GetOrigin(), rtol=1e-9, atol=1e-9 * mm)
    assert read_nrrd_header(CORPUS / name).affine.tolist() == ours.affine.tolist()


@pytest.mark.parametrize("name", READ_HERE_ALONE)
def test_what_simpleitk_cannot_read_is_read(name):
    shape, cubic_mm = READ_HERE_ALONE[name]
    image = read_nrrd(CORPUS / name)
    assert image.shape == shape
    assert image.voxel_volume_ml == pytest.approx(cubic_mm / 1000)


def test_the_bzip2_file_holds_the_voxels_of_its_raw_twin():
    np.testing.assert_array_equal(
        read_nrrd(CORPUS / f"{BALL}_bz2.nrrd").voxels, read_nrrd(CORPUS / f"{BALL}.nrrd").voxels
    )


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_scan_is_refused_with_its_reason(name):
    with pytest.raises(ScanError, match=REFUSED[name]) as caught:
        read_nrrd(CORPUS / name)
    assert re.match(r"scan .*" + re.escape(Path(name).name), str(caught.value))
