"""One DICOM file, as far as a scan needs it. What could name the patient is not even read from the disk."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from volest.images.faults import Refusal
from volest.images.limits import LARGEST_BYTES
from volest.images.regular_file import open_regular

FIELDS = (
    *("PatientID", "PatientSex", "PatientAge"),
    *("AcquisitionDate", "SeriesDate", "StudyDate", "ContentDate"),
    *("Manufacturer", "ManufacturerModelName", "StationName"),
    *("Modality", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"),
)
"""Attributes that leave the reader. No name (PN), no date of birth, no free text."""

_PALETTE = (
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
)
_PIXELS = (
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData", "ExtendedOffsetTable"),
    *("ExtendedOffsetTableLengths", *_PALETTE),
)
_POSITIONS = (
    *("PixelSpacing", "SpacingBetweenSlices", "SliceThickness", "ImagePositionPatient", "ImageOrientationPatient"),
    *("InstanceNumber", "FrameTime", "FrameTimeVector", "FrameIncrementPointer", "CineRate", "ActualFrameDuration"),
    *("SequenceOfUltrasoundRegions", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)


def read_dataset(path: Path, pixels: bool) -> Dataset:
    """Read the attributes that a scan needs, with or without its pixels.

    Raises:
        Refusal: the file is no regular one, or too large, or compressed as a whole.
        Exception: of pydicom, whose text may quote the file.
    """
    with quiet(), open_regular(path) as file:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise Refusal(f"it has {size} bytes, more than the {LARGEST_BYTES} that a scan may have")
        meta = pydicom.filereader.read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            raise Refusal("it is deflated as a whole, to a size nobody knows. Export it in another transfer syntax")
        wanted = [*FIELDS, *_PIXELS, *_POSITIONS]
        return pydicom.dcmread(file, stop_before_pixels=not pixels, specific_tags=wanted)


def fields_of(dataset: Dataset) -> dict[str, str]:
    """The attributes that leave the reader, as text; dates as YYYY-MM-DD."""
    with quiet():
        values = {name: str(dataset.get(name) or "").strip() for name in FIELDS}
    return {name: _iso(value) if name.endswith("Date") else value for name, value in values.items() if value}


def frame_count(dataset: Dataset) -> int:
    """Number of frames in the file."""
    return int(dataset.get("NumberOfFrames") or 1)


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back pydicom's warnings, which quote values of the file."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _iso(date: str) -> str:
    """DICOM writes YYYYMMDD; before 1993 YYYY.MM.DD."""
    digits = date.replace(".", "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else date
