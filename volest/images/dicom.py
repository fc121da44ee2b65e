"""The gate of DICOM ultrasound: a file of several frames, or a folder whose files are the slices of one series.

Names and dates of birth never leave it: they are not read. See `dicom_geometry` for where spacing comes from.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from volest.geometry import Affine, Shape
from volest.images.dicom_dataset import fields_of, frame_count, quiet, read_dataset, whole_number
from volest.images.dicom_geometry import Slice, slices_in_place
from volest.images.dicom_pixels import grey_dtype, grey_volume
from volest.images.faults import Refusal, faults_named
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.images.limits import refuse_oversize
from volest.images.regular_file import require_regular

_MOST_FRAMES = 2**14
_ALIKE = ("Rows", "Columns", "BitsAllocated", "BitsStored", "PixelRepresentation", "PhotometricInterpretation")


def read_dicom(path: Path) -> Image:
    """Read a volume as grey values; colour becomes luminance, what lies outside the picture 0.

    Raises:
        ScanError: as `read_dicom_header`, or pixels that are truncated or cannot be decompressed.
    """
    with faults_named(path, "DICOM", tell=False), quiet():
        datasets = _datasets(path, pixels=False)
        header, order = _interpreted(datasets)  # first, as it refuses what would not fit
        datasets = _datasets(path, pixels=True)
        try:
            frames = grey_volume(datasets)
        except (RuntimeError, NotImplementedError):  # of pydicom, where no decoder is there or none succeeds
            raise Refusal(
                f"its pixels ({_syntax(datasets[0])}) cannot be decompressed. The file is damaged, or no decoder is "
                "there: save it uncompressed or as JPEG 2000, or install python-gdcm"
            ) from None
    return Image(np.ascontiguousarray(frames[order].transpose(2, 1, 0)), header.affine)


def read_dicom_header(path: Path) -> ImageHeader:
    """Read what file or series say of themselves; no pixel is touched.

    Raises:
        ScanError: no such file, no DICOM, one frame alone, several series, frames over time, slices that are no even
            parallel stack, no spacing or two that disagree, or more voxels than fit.
    """
    with faults_named(path, "DICOM", tell=False), quiet():
        return _interpreted(_datasets(path, pixels=False))[0]


def dicom_files(path: Path) -> tuple[Path, ...]:
    """The file, or the slices of the series in the order of their names.

    Raises:
        ScanError: there is none.
    """
    with faults_named(path, "DICOM", tell=False):
        if path.is_dir():
            return tuple(_slice_files(path))
        require_regular(path)
        return (path,)


def frames_in(path: Path) -> int:
    """Number of frames in a file; 0 where it cannot be read."""
    try:
        return frame_count(read_dataset(path, pixels=False))
    except Exception:  # whatever it is, the reader will say
        return 0


def _datasets(path: Path, pixels: bool) -> list[Dataset]:
    files = _slice_files(path) if path.is_dir() else [path]
    return [read_dataset(file, pixels) for file in files]


def _slice_files(folder: Path) -> list[Path]:
    """Files of one frame each directly in the folder; those of several are scans of their own."""
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith(".")]
    slices = [file for file in files if frames_in(file) == 1 and file.name.upper() != "DICOMDIR"]
    if not slices:
        raise Refusal("it is a folder without DICOM slices. Name the file of the scan, or the folder of its series")
    return slices


def _interpreted(datasets: Sequence[Dataset]) -> tuple[ImageHeader, list[int]]:
    first = datasets[0]
    series = {str(dataset.get("SeriesInstanceUID")) for dataset in datasets}
    if len(series) > 1:
        raise Refusal(f"its folder holds {len(series)} series. Give each series a folder of its own")
    odd = [name for name in _ALIKE if len({str(dataset.get(name)) for dataset in datasets}) > 1]
    if odd:
        raise Refusal(f"its slices differ in {odd[0]}. Remove the files that are no slices of the volume")
    shape, dtype = _shape(datasets), grey_dtype(first)
    refuse_oversize(shape)
    order, affine = _placed(datasets)
    return ImageHeader(shape, affine, dtype, fields_of(first)), order


def _shape(datasets: Sequence[Dataset]) -> Shape:
    first = datasets[0]
    columns, rows = whole_number(first, "Columns"), whole_number(first, "Rows")
    frames = sum(map(frame_count, datasets))
    if min(columns, rows, frames) < 1:
        raise Refusal("it holds no picture. Name the file or the folder that holds the scan")
    if frames == 1:
        raise Refusal(
            "it is a single frame; expected a volume. Name the folder that holds all slices of the series, or export a "
            "3D scan as a file of several frames"
        )
    if frames > _MOST_FRAMES:
        raise Refusal(f"it is said to have {frames} frames, more than the {_MOST_FRAMES} that a scan may have")
    return columns, rows, frames


def _placed(datasets: Sequence[Dataset]) -> tuple[list[int], Affine]:
    return slices_in_place([Slice(dataset, frame) for dataset in datasets for frame in range(frame_count(dataset))])


def _syntax(dataset: Dataset) -> str:
    return str(dataset.file_meta.TransferSyntaxUID.name)
