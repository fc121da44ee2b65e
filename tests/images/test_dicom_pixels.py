import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless

from volest.errors import ScanError
from volest.images.dicom import read_dicom
from volest.images.dicom_dataset import read_dataset
from volest.images.dicom_pixels import grey_dtype, grey_volume

CORPUS = Path(__file__).parents[2] / "../shared/data/dicom_us"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the DICOM corpus is not at {CORPUS}")
GREYS = np.random.default_rng(0).integers(0, 256, size=(3, 8, 6), dtype=np.uint8)


@pytest.fixture
def voxels(tmp_path, dicom):
    """Voxels (frame, row, column) of a file as it is read back."""

    def voxels(frames, **attributes):
        path = dicom.save(dicom.dataset_of(frames, **attributes), tmp_path / "scan.dcm")
        return read_dicom(path).voxels.transpose(2, 1, 0)

    return voxels


def test_the_inverted_scale_is_turned(voxels):
    np.testing.assert_array_equal(voxels(GREYS, PhotometricInterpretation="MONOCHROME1"), 255 - GREYS)
    signed = GREYS.astype(np.int16) - 100
    np.testing.assert_array_equal(voxels(signed, PhotometricInterpretation="MONOCHROME1"), -1 - signed)
    twelve = voxels(GREYS.astype(np.uint16), PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(twelve, 4095 - GREYS.astype(np.uint16))


@pytest.mark.parametrize("space", ["RGB", "YBR_FULL"])
def test_grey_in_three_colours_is_the_same_grey(voxels, space):
    neutral = np.full_like(GREYS, 128)
    frames = np.stack([GREYS, neutral, neutral], -1) if space == "YBR_FULL" else np.stack([GREYS] * 3, -1)
    np.testing.assert_allclose(voxels(frames, PhotometricInterpretation=space), GREYS, atol=1)


def test_colours_weigh_as_the_eye_does(voxels):
    primaries = np.zeros((2, 8, 6, 3), np.uint8)
    primaries[:, 2, 2], primaries[:, 2, 3], primaries[:, 2, 4] = np.eye(3) * 255
    greys = voxels(primaries)  # nothing grey tells a fan, so that colours stay
    np.testing.assert_array_equal(greys[0, 2, 2:5], [76, 150, 29])


def test_a_palette_becomes_luminance(voxels):
    table = np.arange(256, dtype=np.uint16)[::-1] * 257
    palette = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", table.tobytes()))
    }
    greys = voxels(GREYS, PhotometricInterpretation="PALETTE COLOR", **palette)
    assert greys.dtype == np.uint16
    np.testing.assert_allclose(greys, (255 - GREYS.astype(int)) * 257, atol=1)


@pytest.mark.parametrize("colour", [False, True])
def test_jpeg_2000_without_loss_gives_the_same_greys(voxels, colour):
    frames = np.stack([GREYS] * 3, -1) if colour else GREYS
    streams = [_coded(frame, "JPEG2000", irreversible=False, no_jp2=True, mct=int(colour)) for frame in frames]
    space = "YBR_RCT" if colour else "MONOCHROME2"
    greys = voxels(frames, syntax=JPEG2000Lossless, codestreams=streams, PhotometricInterpretation=space)
    np.testing.assert_array_equal(greys, GREYS)


def test_jpeg_gives_nearly_the_same_greys(voxels):
    smooth = np.linspace(0, 255, 3 * 16 * 16).reshape(3, 16, 16).astype(np.uint8)
    streams = [_coded(np.stack([frame] * 3, -1), "JPEG", quality=95) for frame in smooth]
    greys = voxels(
        np.stack([smooth] * 3, -1),
        syntax=JPEGBaseline8Bit,
        codestreams=streams,
        PhotometricInterpretation="YBR_FULL_422",
    )
    np.testing.assert_allclose(greys.astype(int), smooth, atol=6)


@pytest.mark.parametrize(("kind", "syntax"), [("JPEG", JPEGBaseline8Bit), ("JPEG2000", JPEG2000Lossless)])
def test_a_frame_that_unpacks_to_another_size_is_refused_before_it_is_unpacked(voxels, kind, syntax):
    options = {"no_jp2": True} if kind == "JPEG2000" else {}
    streams = [_coded(np.zeros((50, 60), np.uint8), kind, **options)] * 3
    with pytest.raises(ScanError, match=r"\(50, 60, 1\) where the file says \(8, 6, 1\)"):
        voxels(GREYS, syntax=syntax, codestreams=streams)
    with pytest.raises(ScanError, match="that cannot be read"):
        voxels(GREYS, syntax=syntax, codestreams=[b"\xff\xd8\xff\xc0\0\0"] * 3)


def test_a_compression_without_decoder_says_what_to_do(voxels):
    stream = b"\xff\xd8\xff\xc3\0\x0b\x08\0\x08\0\x06\x01\x01\x11\0\xff\xda"
    with pytest.raises(ScanError, match=r"JPEG Lossless.* uncompressed or as JPEG 2000, or install python-gdcm"):
        voxels(GREYS, syntax=JPEGLosslessSV1, codestreams=[stream] * 3)


def test_run_lengths_are_undone(tmp_path, dicom):
    dataset = dicom.dataset_of(GREYS)
    dataset.compress(RLELossless, generate_instance_uid=False)
    voxels = read_dicom(dicom.save(dataset, tmp_path / "scan.dcm")).voxels
    np.testing.assert_array_equal(voxels.transpose(2, 1, 0), GREYS)


def test_all_outside_the_ultrasound_regions_is_zero_and_the_grid_is_kept(voxels, dicom):
    two = dicom.regions(dicom.region(x0=1, y0=2, x1=2, y1=4), dicom.region(x0=4, y0=2, x1=5, y1=4))
    frames = GREYS | 1
    greys = voxels(frames, SequenceOfUltrasoundRegions=two)
    assert greys.shape == frames.shape
    inside = np.zeros((8, 6), bool)
    inside[2:5, [1, 2, 4, 5]] = True
    np.testing.assert_array_equal(greys, np.where(inside, frames, 0))


def test_coloured_marks_outside_the_fan_go_and_flow_and_grey_within_stay(voxels):
    frames = np.zeros((3, 60, 60, 3), np.uint8)
    rows, columns = np.indices((60, 60))
    sector = (np.hypot(rows, columns - 30) < 50) & (np.abs(columns - 30) < rows)
    frames[:, sector] = 90
    frames[:, 35:40, 28:33] = (200, 30, 30)  # flow
    frames[:, 2:6, 2:20] = (255, 230, 0)  # text in yellow
    frames[:, 55:58, 2:8] = 120  # grey text stays, as it could be tissue
    greys = voxels(frames)
    assert (greys[:, 2:6, 2:20] == 0).all()
    assert (greys[:, 35:40, 28:33] == 81).all()
    assert (greys[:, 20, 30] == 90).all()
    assert (greys[:, 55:58, 2:8] == 120).all()


@needs_corpus
@pytest.mark.parametrize(
    ("one", "other", "largest"),
    [
        ("US1_J2KR.dcm", "US1_UNCR.dcm", 0),
        ("US1_J2KI.dcm", "US1_UNCI.dcm", 12),
        ("color-pl.dcm", "color-px.dcm", 0),
        ("gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm", 0),
    ],
)
def test_a_real_picture_is_the_same_in_every_encoding(one, other, largest):
    greys = [grey_volume([_corpus(name)]) for name in (one, other)]
    difference = greys[0].astype(float) - greys[1]
    assert np.abs(difference).max() <= largest
    assert greys[0].any()


@needs_corpus
@pytest.mark.parametrize("name", sorted({path.name for path in CORPUS.rglob("*.dcm")}))
def test_every_real_picture_becomes_greys_of_the_type_it_promised(name):
    dataset = _corpus(name)
    greys = grey_volume([dataset])
    assert greys.dtype == grey_dtype(dataset)
    assert greys.shape[1:] == (dataset.Rows, dataset.Columns)
    assert greys.std() > 0


@needs_corpus
def test_caption_and_second_half_of_a_real_screen_follow_its_regions():
    greys = grey_volume([_corpus("gdcm-US-ALOKA-16.dcm")])[0]
    assert not greys[:24].any()
    assert not greys[:, :32].any()
    assert not greys[416:].any()
    assert greys[24:416, 32:336].any()


def _corpus(name):
    (path,) = CORPUS.rglob(name)
    return read_dataset(path, pixels=True)


def _coded(frame, kind, **options):
    buffer = io.BytesIO()
    Picture.fromarray(frame).save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_jp2_box_of_no_length_is_refused_where_pydicom_would_wait_for_ever(voxels):
    file = io.BytesIO()
    Picture.fromarray(GREYS[0]).save(file, "JPEG2000")
    stream = file.getvalue()
    assert stream[4:8] == b"jP  "
    stuck = stream[:12] + bytes(4) + stream[16:]
    with pytest.raises(ScanError, match="a JP2 box of 0 bytes"):
        voxels(GREYS, syntax=JPEG2000Lossless, codestreams=[stuck] * len(GREYS))
