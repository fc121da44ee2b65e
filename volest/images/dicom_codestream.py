"""How large the compressed frames of a DICOM file really are, asked before a decoder takes memory for them.

A JPEG 2000 stream of 300 bytes can say that it holds 60000x60000 pixels.
"""

import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import RLELossless

from volest.images.faults import Refusal

_JPEG_2000_SIZE = b"\xff\x4f\xff\x51"
"""Start of codestream and SIZ, which must follow at once (ISO/IEC 15444-1, A.5.1)."""

_JP2_START = b"\x00\x00\x00\x0cjP  "
"""First box of a JP2 file (ISO/IEC 15444-1, I.5.1), which some write into DICOM in place of the bare codestream."""

_SHORTEST_BOX_BYTES = 8
_FARTHEST_BYTE = 4096
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""SOF markers of JPEG (ITU-T T.81, table B.1) and of JPEG-LS (ISO/IEC 14495-1)."""


def require_size_of_frames(dataset: Dataset, frames: int) -> None:
    """Check that each compressed frame has the rows, columns and samples per pixel that the file says.

    Raises:
        Refusal: one has not.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated or syntax == RLELossless:
        return
    expected = int(dataset.Rows), int(dataset.Columns), int(dataset.get("SamplesPerPixel") or 1)
    for stream in generate_frames(dataset.PixelData, number_of_frames=frames):
        _require_boxes_that_end(stream)
        found = size_of_stream(stream)
        if found != expected:
            raise Refusal(
                f"a compressed frame has rows, columns and samples per pixel {found or 'that cannot be read'} where "
                f"the file says {expected}. The file is damaged; export it again"
            )


def size_of_stream(stream: bytes) -> tuple[int, int, int] | None:
    """Rows, columns and samples per pixel of a JPEG, JPEG-LS or JPEG 2000 stream; None where it does not say."""
    place = stream.find(_JPEG_2000_SIZE, 0, _FARTHEST_BYTE)
    try:
        if place >= 0:
            right, bottom, left, top = struct.unpack_from(">4I", stream, place + 8)
            (samples,) = struct.unpack_from(">H", stream, place + 40)
            return bottom - top, right - left, samples
        for marker, place in _segments(stream):
            if marker in _FRAME_HEADERS:
                return struct.unpack_from(">2HB", stream, place + 3)
    except struct.error:
        pass
    return None


def _require_boxes_that_end(stream: bytes) -> None:
    """Refuse a JP2 box of no length, at which pydicom 3.0 waits for ever."""
    place = 12
    while stream.startswith(_JP2_START) and place < len(stream) and stream[place + 4 : place + 8] != b"jp2c":
        length = int.from_bytes(stream[place : place + 4], "big")
        if length < _SHORTEST_BOX_BYTES:
            raise Refusal(f"a compressed frame has a JP2 box of {length} bytes. The file is damaged; export it again")
        place += length


def _segments(stream: bytes) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG stream up to its pixels, and the place of its length."""
    place = 2
    while place + 4 <= len(stream) and stream[place] == 0xFF:
        marker = stream[place + 1]
        if marker == 0xFF:  # fill
            place += 1
            continue
        yield marker, place + 2
        place += 2 + struct.unpack_from(">H", stream, place + 2)[0]
