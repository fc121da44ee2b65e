"""One DICOM file, as far as a scan needs it. What could name the patient is not even read from the disk."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset as read_elements
from pydicom.filereader import read_preamble
from pydicom.uid import DeflatedExplicitVRLittleEndian

from volest.images.faults import Refusal
from volest.images.regular_file import open_regular

FIELDS = (
    *("PatientID", "PatientSex", "PatientAge"),
    *("AcquisitionDate", "SeriesDate", "StudyDate", "ContentDate"),
    *("Manufacturer", "ManufacturerModelName", "StationName"),
    *("Modality", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"),
)
"""Attributes that leave the reader. No name (PN), no date of birth, no free text."""

LARGEST_BYTES = 4 * 2**30
"""Of one file."""

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
        Refusal: the file is no regular one, no DICOM, too large, or compressed as a whole.
        Exception: of pydicom, whose text may quote the file.
    """
    with quiet(), open_regular(path) as opened:
        file = _WhatIsThere(opened)
        if file.size > LARGEST_BYTES:
            raise Refusal(f"it has {file.size} bytes, more than the {LARGEST_BYTES} that a scan may have")
        if _syntax(file) == DeflatedExplicitVRLittleEndian:
            raise Refusal("it is deflated as a whole, to a size nobody knows. Export it in another transfer syntax")
        file.seek(0)
        wanted = [*FIELDS, *_PIXELS, *_POSITIONS]
        return pydicom.dcmread(file, stop_before_pixels=not pixels, specific_tags=wanted)


def fields_of(dataset: Dataset) -> dict[str, str]:
    """The attributes that leave the reader, as text; dates as YYYY-MM-DD."""
    with quiet():
        values = {name: str(dataset.get(name) or "").strip() for name in FIELDS}
    return {name: _iso(value) if name.endswith("Date") else value for name, value in values.items() if value}


def frame_count(dataset: Dataset) -> int:
    """Number of frames in the file.

    Raises:
        Refusal: as `whole_number`.
    """
    return whole_number(dataset, "NumberOfFrames") or 1


def whole_number(dataset: Dataset, name: str) -> int:
    """An attribute that counts; 0 where it is not there.

    Raises:
        Refusal: it is no single whole number.
    """
    value = dataset.get(name)
    try:
        return int(value or 0)
    except (TypeError, ValueError):  # a list, bytes, or text
        raise Refusal(f"its {name} is no whole number. The file is damaged; copy or export it again") from None


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


class _WhatIsThere:
    """A file of which no more is asked than it has: pydicom asks for what a length says, up to 4 GiB a field."""

    name = "DICOM"  # for pydicom's messages, which cannot take the number that a file opened by us has

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self.seek, self.tell = file.seek, file.tell

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes, all that are left if negative."""
        left = max(self.size - self._file.tell(), 0)
        return self._file.read(left if count < 0 else min(count, left))


def _syntax(file: _WhatIsThere) -> str | None:
    """The transfer syntax, which stands in the first group of elements."""
    try:
        read_preamble(file, force=False)  # type: ignore[arg-type]
    except InvalidDicomError:
        raise Refusal(
            "it is no DICOM file: the mark DICM at byte 128 is missing. Export it again as a file of DICOM Part 10"
        ) from None
    meta = read_elements(
        file,  # type: ignore[arg-type]
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, vr, length: tag >> 16 != 2,
    )
    return meta.get("TransferSyntaxUID")


def _iso(date: str) -> str:
    """DICOM writes YYYYMMDD; before 1993 YYYY.MM.DD."""
    digits = date.replace(".", "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else date
