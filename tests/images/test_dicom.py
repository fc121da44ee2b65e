import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, generate_uid

from volest.errors import ScanError
from volest.images.dicom import dicom_files, read_dicom, read_dicom_header
from volest.images.formats import find_scans, read_header, read_image, scan_sha256

CORPUS = Path(__file__).parents[2] / "../shared/data/dicom_us"
FRAMES = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)


@pytest.fixture
def write(tmp_path, dicom):
    def write(frames=FRAMES, name="scan.dcm", **attributes):
        return dicom.save(dicom.dataset_of(frames, **attributes), tmp_path / name)

    return write


@pytest.fixture
def series(tmp_path, dicom):
    """A folder of single frames whose names are in no order."""

    def write(frames=FRAMES, name="series", each=lambda k: {}, **attributes):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for k, frame in enumerate(frames):
            own = {"NumberOfFrames": None, "InstanceNumber": k + 1} | attributes | each(k)
            dicom.save(dicom.dataset_of(frame[None], **own), folder / f"IM{(7 * k) % len(frames):04d}")
        return folder

    return write


def oblique(rng, frames):
    """Axes, steps and positions of a random even stack."""
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    axes = axes.T
    axes[2] = np.cross(axes[0], axes[1])
    spacing = rng.uniform(0.1, 2, size=3)
    origin = rng.uniform(-100, 100, size=3)
    positions = origin + np.arange(frames)[:, None] * axes[2] * spacing[2]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = (axes * spacing[:, None]).T, origin
    return axes, spacing, positions, affine


SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(seed=st.integers(0, 2**32 - 1), dtype=st.sampled_from(["u1", "u2", "i2"]), volume=st.booleans())
def test_an_enhanced_volume_keeps_voxels_and_place_in_any_order_of_its_frames(tmp_path, dicom, seed, dtype, volume):
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 99, size=(*rng.integers(2, 6, size=2), 4)).astype(dtype)
    axes, spacing, positions, affine = oblique(rng, len(frames))
    order = rng.permutation(len(frames))
    dataset = dicom.enhanced(frames[order], axes[:2], positions[order], spacing=spacing[[1, 0]], volume=volume)
    image = read_dicom(dicom.save(dataset, tmp_path / "scan.dcm"))
    np.testing.assert_array_equal(image.voxels, frames.transpose(2, 1, 0))
    assert image.voxels.dtype == frames.dtype
    np.testing.assert_allclose(image.affine, np.diag([-1, -1, 1, 1]) @ affine, atol=1e-4)


@SETTINGS
@given(seed=st.integers(0, 2**32 - 1))
def test_a_series_keeps_voxels_and_place_in_any_order_of_its_files(tmp_path_factory, dicom, seed):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("series")
    frames = rng.integers(0, 99, size=rng.integers(2, 6, size=3)).astype(np.uint16)
    axes, spacing, positions, affine = oblique(rng, len(frames))
    for name, k in enumerate(rng.permutation(len(frames))):
        dataset = dicom.dataset_of(
            frames[k : k + 1],
            NumberOfFrames=None,
            SpacingBetweenSlices=None,
            PixelSpacing=dicom.numbers(spacing[1], spacing[0]),
            ImageOrientationPatient=dicom.numbers(*axes[:2].ravel()),
            ImagePositionPatient=dicom.numbers(*positions[k]),
        )
        dicom.save(dataset, folder / f"{name}.dcm")
    image, header = read_image(folder), read_header(folder)
    np.testing.assert_array_equal(image.voxels, frames.transpose(2, 1, 0))
    np.testing.assert_allclose(image.affine, np.diag([-1, -1, 1, 1]) @ affine, atol=1e-4)
    assert (header.shape, header.dtype) == (image.shape, image.voxels.dtype)
    np.testing.assert_array_equal(header.affine, image.affine)


def test_ultrasound_regions_calibrate_in_centimetres(write, dicom):
    path = write(PixelSpacing=None, SequenceOfUltrasoundRegions=dicom.regions(dicom.region()))
    assert read_dicom_header(path).affine.diagonal() == pytest.approx([-0.5, -0.6, 0.8, 1])


def test_regions_that_are_no_picture_calibrate_nothing(write, dicom):
    doppler = dicom.region(delta_cm=(9, 9), RegionSpatialFormat=3, PhysicalUnitsXDirection=4)
    path = write(PixelSpacing=None, SequenceOfUltrasoundRegions=dicom.regions(doppler, dicom.region()))
    assert read_dicom_header(path).affine[0, 0] == pytest.approx(-0.5)


def test_slice_thickness_serves_where_nothing_better_is_there(write):
    path = write(SpacingBetweenSlices=None, SliceThickness=1.5)
    assert read_dicom_header(path).affine[2, 2] == pytest.approx(1.5)


def test_a_sweep_that_knows_its_steps_is_a_volume_though_it_took_time(write):
    assert read_dicom_header(write(FrameTime=33.3)).shape == (4, 4, 5)


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, ImplicitVRLittleEndian])
def test_every_byte_order_gives_the_same_numbers(write, syntax):
    numbers = FRAMES.astype(np.uint16) * 300
    image = read_dicom(write(numbers, syntax=syntax))
    np.testing.assert_array_equal(image.voxels, numbers.transpose(2, 1, 0))
    assert image.voxels.dtype.isnative


REFUSED = {
    "single frame": ({"frames": FRAMES[:1]}, "is a single frame"),
    "cine": ({"SpacingBetweenSlices": None, "FrameTime": 33.3, "SliceThickness": 1}, r"5 frames follow .* \(cine\)"),
    "no distance": ({"SpacingBetweenSlices": None}, "how far apart its slices lie"),
    "zero distance": ({"SpacingBetweenSlices": 0}, "expected a length above 0"),
    "no spacing": ({"PixelSpacing": None}, "neither PixelSpacing nor SequenceOfUltrasoundRegions"),
    "zero spacing": ({"PixelSpacing": [0, 0]}, "expected two lengths"),
    "deflated": ({"syntax": DeflatedExplicitVRLittleEndian}, "deflated as a whole"),
    "frames without end": ({"NumberOfFrames": 2**31 - 1}, "2147483647 frames, more than"),
    "huge": ({"Rows": 65535, "Columns": 65535}, "million voxels"),
    "no rows": ({"Rows": None}, "holds no picture"),
    "one bit": ({"BitsAllocated": 1}, "have 1 bits"),
    "colour space": ({"PhotometricInterpretation": "CMYK"}, "'CMYK'; expected"),
    "no palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette is missing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_volume_of_known_size_is_refused(write, name):
    changed, message = REFUSED[name]
    path = write(**changed)
    for read in (read_dicom, read_dicom_header):
        with pytest.raises(ScanError, match=message):
            read(path)


def test_regions_that_contradict_are_refused(write, dicom):
    other = dicom.region(delta_cm=(0.5, 0.6))
    with pytest.raises(ScanError, match="two spacings"):
        read_dicom_header(write(SequenceOfUltrasoundRegions=dicom.regions(other)))
    with pytest.raises(ScanError, match="different spacings"):
        read_dicom_header(write(PixelSpacing=None, SequenceOfUltrasoundRegions=dicom.regions(other, dicom.region())))


def test_regions_of_a_larger_picture_are_refused(write, dicom):
    scaled = dicom.regions(dicom.region(x1=9))
    with pytest.raises(ScanError, match="reach beyond the frame of 4x4"):
        read_dicom_header(write(PixelSpacing=None, SequenceOfUltrasoundRegions=scaled))


def test_truncated_pixels_are_refused(write):
    path = write()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ScanError, match=r"scan .*scan\.dcm"):
        read_dicom(path)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([0, 1, 2, 3, 5], "1 to 2 mm apart"),
        ([0, 1, 1, 2, 3], "at one position"),
        ([0, 0, 0, 0, 0], "at one position"),
    ],
)
def test_slices_that_are_no_even_stack_are_refused(tmp_path, dicom, series, positions, message):
    places = [(0, 0, z) for z in positions]
    stack = series(each=lambda k: {"ImagePositionPatient": dicom.numbers(*places[k])})
    with pytest.raises(ScanError, match=message):
        read_dicom_header(stack)
    if len(set(positions)) > 1:
        with pytest.raises(ScanError, match=message):
            read_dicom_header(dicom.save(dicom.enhanced(FRAMES, np.eye(3)[:2], places), tmp_path / "scan.dcm"))


def test_slices_that_fan_out_are_refused(series, dicom):
    def turned(k):
        return {"ImageOrientationPatient": dicom.numbers(1, 0, 0, 0, np.cos(k / 10), np.sin(k / 10))}

    with pytest.raises(ScanError, match="not parallel"):
        read_dicom_header(series(each=turned))


def test_slices_without_positions_are_ordered_by_number_or_refused(series):
    np.testing.assert_array_equal(read_dicom(series()).voxels, FRAMES.transpose(2, 1, 0))
    with pytest.raises(ScanError, match="order is unknown"):
        read_dicom_header(series(InstanceNumber=1, each=lambda k: {"InstanceNumber": 1}))


def test_a_folder_is_one_series_of_alike_slices(series, tmp_path):
    with pytest.raises(ScanError, match="holds 2 series"):
        read_dicom_header(series(name="mixed", each=lambda k: {"SeriesInstanceUID": generate_uid()} if k == 2 else {}))
    with pytest.raises(ScanError, match="differ in BitsStored"):
        read_dicom_header(series(name="odd", each=lambda k: {"BitsStored": 7} if k == 2 else {}))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match="folder without DICOM slices"):
        read_dicom_header(tmp_path / "empty")


def test_folders_of_slices_and_files_of_frames_are_found_with_or_without_suffix(write, series, tmp_path):
    stack = series()
    (stack / "notes").write_text("no scan")
    (stack / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    volumes = [write(name=name) for name in ("a.dcm", "IM0001", "series/volume.dcm")]
    alone = write(FRAMES[:1], name="still.dcm")
    assert find_scans(tmp_path) == sorted([stack, *volumes, alone])
    assert read_image(stack).shape == read_image(volumes[1]).shape == (4, 4, 5)


def test_the_hash_of_a_series_is_of_all_its_slices(series):
    stack = series()
    before = scan_sha256(stack)
    assert len(dicom_files(stack)) == 5
    victim = dicom_files(stack)[3]
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x07")
    assert scan_sha256(stack) != before


def test_patient_date_and_device_come_as_fields(write):
    fields = read_dicom_header(
        write(StudyDate="20260131", SeriesDate="1994.11.05", ManufacturerModelName="LOGIQ 700", StationName="room 3")
    ).fields
    assert fields["PatientID"] == "P1"
    assert (fields["StudyDate"], fields["SeriesDate"]) == ("2026-01-31", "1994-11-05")
    assert (fields["ManufacturerModelName"], fields["StationName"]) == ("LOGIQ 700", "room 3")


def test_names_never_leave_the_reader(write, dicom, caplog, capfd):
    names = [entry[4] for entry in DicomDictionary.values() if entry[0] == "PN" and entry[4]]
    planted = {name: "MUSTERMANN^ERIKA" for name in names if "Trial" not in name}
    planted |= {"PatientBirthDate": "19700203", "PatientComments": "MUSTERMANN", "SeriesDescription": "MUSTERMANN"}
    nested = dicom.item(**planted)
    planted |= {"RequestAttributesSequence": Sequence([nested]), "OtherPatientIDsSequence": Sequence([nested])}
    groups = Sequence([dicom.item(FrameContentSequence=Sequence([nested]))])
    planted["SharedFunctionalGroupsSequence"] = groups
    assert len(names) > 30
    said = [str(read_dicom_header(write(**planted)).fields)]
    for changed, _ in REFUSED.values():
        with pytest.raises(ScanError) as refused:
            read_dicom(write(**(planted | changed)))
        said += [str(refused.value), repr(refused.value.__cause__)]
    for damage in ({"PixelSpacing": None, "SliceThickness": None}, {"Rows": 5}, {"BitsStored": 99}):
        with pytest.raises(ScanError) as refused:
            read_dicom(write(**(planted | damage)))
        said += [str(refused.value), repr(refused.value.__cause__)]
    said += [caplog.text, *capfd.readouterr()]
    assert not any(secret in text for text in said for secret in ("MUSTERMANN", "ERIKA", "19700203", "1970-02-03"))


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the DICOM corpus is not at {CORPUS}")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("examples_ybr_color.dcm", "ultrasound regions reach beyond the frame of 320x240"),
        ("US1_J2KR.dcm", "single frame"),
        ("examples_palette.dcm", "single frame"),
        ("gdcm-US-ALOKA-16_big.dcm", "single frame"),
        ("examples_overlay.dcm", "single frame"),
    ],
)
def test_real_pictures_that_are_no_volume_are_refused_with_the_reason(name, reason):
    (path,) = CORPUS.rglob(name)
    with pytest.raises(ScanError, match=reason):
        read_header(path)


def test_what_is_no_dicom_or_has_no_pixels_is_told_so(write, tmp_path):
    other = tmp_path / "other.dcm"
    other.write_bytes(b"GIF89a" * 100)
    with pytest.raises(ScanError, match="it is no DICOM file"):
        read_dicom(other)
    path = write()
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\xe0\x7f\x10\x00")])
    with pytest.raises(ScanError, match="it has no pixels"):
        read_dicom(path)


def test_a_field_takes_no_more_memory_than_the_file_has_bytes(write):
    path = write()
    content = path.read_bytes()
    place = content.index(b"\x08\x00\x60\x00CS") + 6  # Modality, in 2 bytes of length: made one with 4
    path.write_bytes(content[: place - 2] + b"UN\0\0" + (2**31).to_bytes(4, "little") + content[place + 2 :])
    tracemalloc.start()
    try:
        with pytest.raises(ScanError, match=r"scan .*scan\.dcm"):
            read_dicom(path)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_a_count_that_is_none_is_refused_by_name(write):
    path = write()
    path.write_bytes(path.read_bytes().replace(b"\x28\x00\x08\x00IS", b"\x28\x00\x08\x00UN", 1))
    with pytest.raises(ScanError, match=r"scan .*scan\.dcm"):
        read_dicom_header(path)


def test_a_single_pixel_spacing_is_refused(write):
    path = write()
    content = path.read_bytes()
    place = content.index(b"0.6\\0.5")
    path.write_bytes(content[:place] + b"0.6 0.5" + content[place + 7 :])
    with pytest.raises(ScanError, match=r"scan .*scan\.dcm"):
        read_dicom_header(path)
    path.write_bytes(content[:place] + b"0.60005" + content[place + 7 :])
    with pytest.raises(ScanError, match=r"its PixelSpacing is 0\.60005; expected two lengths"):
        read_dicom_header(path)
