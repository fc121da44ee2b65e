"""Voxels of a NRRD file from the bytes that hold them, never more of them than the header asks for."""

import bz2
import gzip
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from volest.images.faults import Refusal
from volest.images.nrrd_header import required, whole
from volest.images.nrrd_text import NrrdText

Flat = NDArray[Any]

LONGEST_FOREIGN_BYTES = 2**26
"""Header of another format before the voxels of a compressed file, to be skipped."""

_CHUNK_BYTES = 2**20
_LONGEST_NUMBER = 4096
_TO_END = -1
_SPACES = bytes.maketrans(b",\t\r\n\v\f", b"      ")


@dataclass(frozen=True)
class Payload:
    """How voxels are stored.

    Attributes:
        dtype: in the byte order of the file.
        encoding: "raw", "gzip", "bzip2", "text" or "hex".
        line_skip: lines before the voxels, of the file as it lies on disk.
        byte_skip: bytes before the voxels after `line_skip` and, where compressed, after decompression; -1 for as many
            as leave just the voxels.
    """

    dtype: np.dtype
    encoding: str
    line_skip: int
    byte_skip: int


def payload_of(text: NrrdText, dtype: np.dtype) -> Payload:
    """How the voxels of type `dtype` are stored.

    Raises:
        Refusal: an encoding or byte order that is unknown, or a skip that is negative.
        ValueError: a field is missing or malformed.
    """
    encoding = required(text, "encoding").lower()
    if encoding not in _ENCODINGS:
        raise Refusal(f"its encoding is {encoding[:40]!r}; expected raw, gzip, bzip2, text or hex. Export it with gzip")
    encoding = _ENCODINGS[encoding]
    line_skip = whole("line skip", text.fields.get("line skip", "0"))
    byte_skip = whole("byte skip", text.fields.get("byte skip", "0"))
    if line_skip < 0 or byte_skip < _TO_END or (byte_skip == _TO_END and encoding in ("text", "hex")):
        raise Refusal(
            f"its header skips {line_skip} lines and {byte_skip} bytes; expected none or more, or -1 bytes "
            "(all but the voxels) where the encoding is raw, gzip or bzip2. Correct the header"
        )
    if dtype.itemsize > 1 and encoding != "text":
        order = required(text, "endian").lower()
        if order not in ("little", "big"):
            raise Refusal(f"its byte order is {order[:40]!r}; expected little or big. Correct the header")
        dtype = dtype.newbyteorder("<" if order == "little" else ">")
    return Payload(dtype, encoding, line_skip, byte_skip)


def read_values(file: BinaryIO, count: int, payload: Payload) -> Flat:
    """Read `count` voxels from where `file` stands, in the byte order of this machine.

    Memory grows with what the file holds, not with what its header claims.

    Raises:
        ValueError: there are fewer of them, more, or some that are no numbers of that type.
    """
    _skip_lines(file, payload.line_skip)
    values = _READERS[payload.encoding](file, count, payload)
    if not values.dtype.isnative:
        values = values.byteswap(inplace=True).view(values.dtype.newbyteorder("="))
    return values


def _raw(file: BinaryIO, count: int, payload: Payload) -> Flat:
    asked, held = count * payload.dtype.itemsize, os.fstat(file.fileno()).st_size - file.tell()
    skip = held - asked if payload.byte_skip == _TO_END else payload.byte_skip
    if held - skip <= asked or not _is_line_end(file, file.tell() + skip + asked):
        _require(asked, held - max(skip, 0))
    file.seek(skip, io.SEEK_CUR)
    values = np.fromfile(file, payload.dtype, count)
    _require(asked, values.nbytes)
    return values


def _is_line_end(file: BinaryIO, place: int) -> bool:
    """Editors end a file with a line end, which is no voxel."""
    here = file.tell()
    file.seek(place)
    trailing = file.read(3)
    file.seek(here)
    return trailing in (b"\n", b"\r\n")


def _gzip(file: BinaryIO, count: int, payload: Payload) -> Flat:
    with gzip.GzipFile(fileobj=file, mode="rb") as stream:
        return _inflated(stream, count, payload)


def _bzip2(file: BinaryIO, count: int, payload: Payload) -> Flat:
    with bz2.BZ2File(file, mode="rb") as stream:
        return _inflated(stream, count, payload)


def _inflated(stream: gzip.GzipFile | bz2.BZ2File, count: int, payload: Payload) -> Flat:
    """The checksum of gzip is compared where its end is met, so that the end is looked for."""
    if payload.byte_skip > LONGEST_FOREIGN_BYTES:
        raise Refusal(f"its header skips {payload.byte_skip} bytes of a compressed file. Correct the header")
    asked = count * payload.dtype.itemsize
    most = asked + (LONGEST_FOREIGN_BYTES if payload.byte_skip == _TO_END else payload.byte_skip)
    content = bytearray()
    while len(content) <= most and (chunk := stream.read(min(_CHUNK_BYTES, most + 1 - len(content)))):
        content += chunk
    skip = len(content) - asked if payload.byte_skip == _TO_END else payload.byte_skip
    _require(asked, len(content) - max(skip, 0), is_all=len(content) <= most)
    return np.require(np.frombuffer(content, payload.dtype, count, offset=skip), requirements="A")


def _text(file: BinaryIO, count: int, payload: Payload) -> Flat:
    parts, found = [], 0
    for piece in _words(file, payload):
        parts.append(_numbers(piece, payload.dtype))
        found += parts[-1].size
        if found > count:
            break
    _require(count, found, "numbers")
    return np.concatenate(parts)


def _hex(file: BinaryIO, count: int, payload: Payload) -> Flat:
    asked, content, odd = count * payload.dtype.itemsize, bytearray(), b""
    _seek(file, payload.byte_skip)
    while len(content) <= asked and (chunk := file.read(_CHUNK_BYTES)):
        digits = odd + chunk.translate(None, b" \t\r\n\v\f")
        odd = digits[len(digits) // 2 * 2 :]
        content += bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    if odd:
        raise ValueError("its last byte has one hexadecimal digit")
    _require(asked, len(content))
    return np.frombuffer(content, payload.dtype)


_READERS: dict[str, Callable[[BinaryIO, int, Payload], Flat]] = {
    "raw": _raw,
    "gzip": _gzip,
    "bzip2": _bzip2,
    "text": _text,
    "hex": _hex,
}
_ENCODINGS = {
    **dict.fromkeys(("txt", "text", "ascii"), "text"),
    **dict.fromkeys(("gz", "gzip"), "gzip"),
    **dict.fromkeys(("bz2", "bzip2"), "bzip2"),
    "raw": "raw",
    "hex": "hex",
}


def _words(file: BinaryIO, payload: Payload) -> Iterator[bytes]:
    """Text in pieces that end between two numbers; a comma parts numbers as a space does."""
    _seek(file, payload.byte_skip)
    rest = b""
    while chunk := file.read(_CHUNK_BYTES):
        piece = rest + chunk.translate(_SPACES)
        cut = piece.rfind(b" ") + 1
        rest = piece[cut:]
        if len(rest) > _LONGEST_NUMBER:
            raise ValueError("its voxels are no numbers parted by spaces")
        yield piece[:cut]
    yield rest


def _numbers(piece: bytes, dtype: np.dtype) -> Flat:
    if b"_" in piece:  # Python takes 1_000 for a number
        raise ValueError("its voxels are no numbers parted by spaces")
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.array([float(word) for word in piece.split()], np.float64).astype(dtype)
    numbers = [int(word) for word in piece.split()]
    limits = np.iinfo(dtype)
    if numbers and not limits.min <= min(numbers) <= max(numbers) <= limits.max:
        raise ValueError(f"it holds voxels from {min(numbers)} to {max(numbers)}, which its type {dtype} cannot")
    return np.array(numbers, dtype)


def _skip_lines(file: BinaryIO, count: int) -> None:
    while count:
        start, chunk = file.tell(), file.read(_CHUNK_BYTES)
        if not chunk:
            raise ValueError(f"it ends {count} lines before its voxels begin")
        found = chunk.count(b"\n")
        if found < count:
            count -= found
            continue
        place = -1
        for _ in range(count):
            place = chunk.find(b"\n", place + 1)
        file.seek(start + place + 1)
        return


def _seek(file: BinaryIO, skip: int) -> None:
    if skip > os.fstat(file.fileno()).st_size - file.tell():
        raise ValueError(f"it ends before the {skip} bytes that its header skips")
    file.seek(skip, io.SEEK_CUR)


def _require(asked: int, held: int, what: str = "bytes", is_all: bool = True) -> None:
    """More than the header asks for is a fault too: voxels that belong to other sizes make a sheared raster."""
    if held < asked:
        raise ValueError(f"its header asks for {asked} {what} of voxels, and it holds {held}")
    if held > asked or not is_all:
        raise Refusal(
            f"its header asks for {asked} {what} of voxels, and more follow, so that its sizes or skips are wrong. "
            "Correct the header (`byte skip: -1` where a header of another format stands before the voxels)"
        )
