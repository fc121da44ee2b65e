"""The grey values of DICOM frames: colour becomes luminance, and what was drawn beside the picture becomes 0."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import iter_pixels
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from volest.images.dicom_codestream import require_size_of_frames
from volest.images.dicom_dataset import frame_count, quiet
from volest.images.dicom_regions import inside, picture_regions
from volest.images.faults import Refusal

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601, the weights by which JPEG and YBR_FULL are made (PS3.3 C.7.6.3.1.2)."""

_COLOURED = 48 / 255
"""Largest minus smallest of red, green and blue from which a pixel is coloured; lossy chroma of grey stays below."""

_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
_GREYS = ("MONOCHROME1", "MONOCHROME2")


def grey_dtype(dataset: Dataset) -> np.dtype:
    """Type of the grey values.

    Raises:
        Refusal: a colour space or depth that is not read.
    """
    photometric, bits = dataset.get("PhotometricInterpretation"), dataset.get("BitsAllocated")
    if photometric not in (*_GREYS, *_COLOURS):
        raise Refusal(f"its PhotometricInterpretation is {photometric!r}; expected {', '.join((*_GREYS, *_COLOURS))}")
    if bits not in (8, 16, 32):
        raise Refusal(f"its pixels have {bits} bits; expected 8, 16 or 32")
    if photometric == "PALETTE COLOR":
        descriptor = dataset.get("RedPaletteColorLookupTableDescriptor")
        if not descriptor or len(descriptor) != 3 or descriptor[2] not in (8, 16):
            raise Refusal("its palette is missing or damaged")
        return np.dtype(f"uint{descriptor[2]}")
    signed = photometric in _GREYS and dataset.get("PixelRepresentation") == 1
    return np.dtype(f"{'int' if signed else 'uint'}{bits}")


def grey_volume(datasets: Sequence[Dataset]) -> NDArray[Any]:
    """Every frame of every file.

    Returns:
        Array (frame, row, column) of `grey_dtype`; 0 outside the ultrasound regions, and where a coloured mark
        (caliper, annotation, body mark) stands outside the fan.
    """
    first = datasets[0]
    if not all(dataset.get("PixelData") for dataset in datasets):
        raise Refusal("it has no pixels. The file is damaged, or holds measurements alone; name the file of the scan")
    shape = (sum(map(frame_count, datasets)), int(first.Rows), int(first.Columns))
    volume = np.zeros(shape, grey_dtype(first))
    coloured = np.zeros(shape, bool) if first.PhotometricInterpretation in _COLOURS else None
    frame = 0
    for dataset in datasets:
        for stored in _frames(dataset):
            if stored.ndim == 3:
                assert coloured is not None
                coloured[frame] = _is_coloured(stored)
            volume[frame] = _grey(stored, dataset, volume.dtype)
            frame += 1
    if frame != len(volume):
        raise ValueError(f"it holds {frame} of {len(volume)} frames")
    return _masked(volume, coloured, first)


def fan(greys: NDArray[Any], coloured: Bool[np.ndarray, "frame row column"]) -> Bool[np.ndarray, "row column"]:
    """The picture itself: convex hull of the largest grey piece, seen through all frames.

    Text and marks stand apart from it; one opening cuts the thin lines that touch it.
    """
    lit = np.where(coloured, 0, greys).max(axis=0) > 0
    pieces, count = ndimage.label(ndimage.binary_opening(lit, iterations=2))
    if count == 0:
        return np.ones(lit.shape, bool)  # nothing to tell the fan by: leave all as it is
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    rows, columns = np.nonzero(largest)
    try:
        hull = ConvexHull(np.column_stack([rows, columns]))
    except QhullError:
        return largest
    grid = np.indices(lit.shape).reshape(2, -1)
    within = np.ones(grid.shape[1], bool)
    for *normal, offset in hull.equations:
        within &= np.asarray(normal) @ grid + offset <= 1.0
    return within.reshape(lit.shape)


def _frames(dataset: Dataset) -> Iterator[NDArray[Any]]:
    with quiet():
        require_size_of_frames(dataset, frame_count(dataset))
        for stored in iter_pixels(dataset, decoding_plugin=_decoder(dataset)):
            yield apply_color_lut(stored, dataset) if dataset.PhotometricInterpretation == "PALETTE COLOR" else stored


def _decoder(dataset: Dataset) -> str:
    """Pillow where it can; else whatever is installed. GDCM, the other one, ended the process on damaged JPEG 2000."""
    return "pillow" if "pillow" in get_decoder(dataset.file_meta.TransferSyntaxUID).available_plugins else ""


def _grey(stored: NDArray[Any], dataset: Dataset, dtype: np.dtype) -> NDArray[Any]:
    if stored.ndim == 3:
        return np.rint(stored @ _LUMA).astype(dtype)
    if dataset.PhotometricInterpretation == "MONOCHROME1":  # the largest value is black
        bits = int(dataset.BitsStored)
        top = 2 ** (bits - 1) - 1 if dataset.PixelRepresentation == 1 else 2**bits - 1
        bottom = -(2 ** (bits - 1)) if dataset.PixelRepresentation == 1 else 0
        return (top + bottom - stored.astype(np.int64)).astype(dtype)
    return stored.astype(dtype)


def _is_coloured(rgb: NDArray[Any]) -> Bool[np.ndarray, "row column"]:
    spread = rgb.max(axis=-1).astype(np.float32) - rgb.min(axis=-1)
    return spread > _COLOURED * np.iinfo(rgb.dtype).max


def _masked(volume: NDArray[Any], coloured: NDArray[np.bool_] | None, dataset: Dataset) -> NDArray[Any]:
    # Set to 0 rather than cut off, so that a mask drawn on the file still lies on its voxels.
    picture = inside(picture_regions(dataset), dataset)
    if picture is not None:
        volume[:, ~picture] = 0
    if coloured is not None and coloured.any():
        volume[coloured & ~fan(volume, coloured)] = 0
    return volume
