"""The gate of NRRD files: voxels as stored, positions in RAS+ mm. Nothing else knows pynrrd."""

import io
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import nrrd
import numpy as np
from numpy.typing import NDArray

from volest.errors import ScanError
from volest.geometry import Affine, Shape
from volest.images.frame import affine_to_ras
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.records import atomic

LARGEST_BYTES = 4 * 2**30
"""Voxels of one scan; a header that asks for more is refused before memory is."""

_LONGEST_HEADER_BYTES = 2**20
_SPATIAL_KINDS = {"domain", "space", "none", "???"}
_DATA_FILE = ("data file", "datafile")
_BYTES_PER_GIB = 2**30


def read_nrrd(path: Path) -> Image:
    """Read a 3D raster, attached (.nrrd) or detached (.nhdr); the type of its voxels is kept.

    Raises:
        ScanError: as `read_nrrd_header`, or the voxels are missing, truncated or garbled.
    """
    with _faults_named(path), path.open("rb") as file:
        raw, fields = _read_raw_header(file)
        header = _interpreted(raw, fields)
        voxels = _read_voxels(raw, file, path)
    return Image(voxels.astype(header.dtype, copy=False), header.affine)


def read_nrrd_header(path: Path) -> ImageHeader:
    """Read what the file says of itself; no voxel is touched.

    Raises:
        ScanError: no such file, no NRRD header, not 3 spatial axes, no spacing, a space or unit that is unknown, voxels
            that are no numbers, or more of them than fit in `LARGEST_BYTES`.
    """
    with _faults_named(path), path.open("rb") as file:
        return _interpreted(*_read_raw_header(file))


def nrrd_files(path: Path) -> tuple[Path, ...]:
    """The files that one scan is made of: itself, and the one that holds its voxels where the header is detached.

    Raises:
        ScanError: one of them is missing, or the first has no NRRD header.
    """
    with _faults_named(path):
        with path.open("rb") as file:
            voxels = _detached(_read_raw_header(file)[0], path)
        if voxels is None:
            return (path,)
        voxels.stat()  # raises where it is missing
    return (path, voxels)


def write_nrrd(image: Image, path: Path, fields: Mapping[str, str] | None = None, compress: bool = True) -> None:
    """Write a raster in RAS space; the same image gives the same bytes.

    Args:
        image: what to write; masks of bool become uint8.
        path: ends in .nrrd.
        fields: key/value pairs for the header.
        compress: gzip the voxels.
    """
    voxels = image.voxels.astype(np.uint8) if image.voxels.dtype == bool else image.voxels
    header = {
        "space": "right-anterior-superior",
        "space directions": image.affine[:3, :3].T,
        "space origin": image.affine[:3, 3],
        "kinds": ["domain"] * 3,
        "encoding": "gzip" if compress else "raw",
    }
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # pynrrd 1.1.3 asks for utcnow()
        nrrd.write(buffer, voxels, header, compression_level=2)
    head, _, data = buffer.getvalue().partition(b"\n\n")
    # pynrrd stamps the time into a comment, which would give every copy another SHA-256, and writes ASCII only.
    lines = [line for line in head.split(b"\n") if not line.startswith(b"#")]
    lines += [f"{key}:={_escaped(value)}".encode() for key, value in (fields or {}).items()]
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(b"\n".join(lines) + b"\n\n" + data)


@contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside becomes a ScanError that names the file: pynrrd raises errors of a dozen classes."""
    try:
        with warnings.catch_warnings():
            # numpy only warns where a text file holds what is no number.
            warnings.filterwarnings("error", message=".*unmatched data")
            yield
    except FileNotFoundError as error:
        missing = Path(error.filename or path)
        what = "does not exist" if missing == path else f"keeps its voxels in {missing}, which does not exist"
        raise ScanError(f"scan {path} {what}. Correct the path, or copy the file there.") from None
    except _Refusal as refusal:
        raise ScanError(f"scan {path}: {refusal}.") from None
    except Exception as error:
        raise ScanError(
            f"scan {path} cannot be read as NRRD: {str(error) or type(error).__name__}. "
            "The file is truncated, damaged or of a kind that is not supported; copy or export it again."
        ) from error


class _Refusal(Exception):  # noqa: N818 - never leaves this module
    """A header that is well-formed and yet no scan of ours."""


def _read_raw_header(file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of the format as pynrrd parses them, and the key/value pairs as text."""
    lines: list[str] = []
    fields: dict[str, str] = {}
    for line in _header_lines(file):
        key, _, value = line.partition(":")
        if value.startswith("=") and lines:
            fields[key.strip()] = _unescaped(value[1:].strip())
        else:
            lines.append(line)
    raw = dict(nrrd.read_header(lines))
    raw.update({name: raw[name].lower() for name in ("type", "encoding", "endian") if name in raw})
    return raw, fields


def _header_lines(file: BinaryIO) -> Iterator[str]:
    """Lines up to the blank one. pynrrd would drop what is not ASCII, and so read micrometres as metres."""
    left = _LONGEST_HEADER_BYTES
    while line := file.readline(left).rstrip():
        left -= len(line)
        if left <= 0:
            raise ValueError("the header has no end")
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("latin-1")


def _interpreted(raw: Mapping[str, Any], fields: Mapping[str, str]) -> ImageHeader:
    absent = [name for name in ("type", "dimension", "sizes", "encoding") if name not in raw]
    if absent:
        raise ValueError(f"the header lacks {absent[0]!r}")
    shape = _shape(raw)
    dtype = _dtype(raw["type"])
    asked_bytes = math.prod(shape) * dtype.itemsize
    if asked_bytes > LARGEST_BYTES:
        raise _Refusal(
            f"its header asks for {asked_bytes / _BYTES_PER_GIB:.3g} GiB of voxels (shape {shape}), "
            f"more than the {LARGEST_BYTES // _BYTES_PER_GIB} GiB that a scan may have. "
            "Correct the sizes, or resample the scan"
        )
    return ImageHeader(shape, _affine(raw), dtype, fields)


def _shape(raw: Mapping[str, Any]) -> Shape:
    sizes = tuple(int(size) for size in raw["sizes"])
    if len(sizes) != raw["dimension"] or min(sizes, default=0) < 1:
        raise ValueError(f"the header has sizes {sizes} in {raw['dimension']} dimensions")
    if len(sizes) != 3:
        advice = "Split it into one file per time point or channel" if len(sizes) > 3 else "Stack the slices of a sweep"
        raise _Refusal(f"expected 3 spatial axes (i, j, k), got shape {sizes}. {advice}")
    odd = [(axis, kind) for axis, kind in enumerate(raw.get("kinds", [])) if kind.lower() not in _SPATIAL_KINDS]
    if odd:
        axis, kind = odd[0]
        raise _Refusal(
            f"expected 3 spatial axes (i, j, k), but axis {axis} of shape {sizes} is of kind {kind!r}. "
            "Export one greyscale volume"
        )
    i, j, k = sizes
    return i, j, k


def _dtype(name: str) -> np.dtype:
    code = nrrd.reader._TYPEMAP_NRRD2NUMPY.get(name, "")  # private, but the one list of the format's many type names
    dtype = np.dtype(code) if code else None
    if dtype is None or dtype.kind not in "iuf":
        raise _Refusal(f"its voxels are of type {name!r}; expected integers or floating-point numbers")
    return dtype


def _affine(raw: Mapping[str, Any]) -> Affine:
    steps, units = _steps(raw)
    origin = np.asarray(raw.get("space origin", np.zeros(3)), dtype=float)
    if origin.shape != (3,) or not np.isfinite(origin).all():
        origin = np.zeros(3)
    try:
        return affine_to_ras(steps, origin, raw.get("space", ""), units)
    except ValueError as error:
        raise _Refusal(str(error)) from None


def _steps(raw: Mapping[str, Any]) -> tuple[NDArray[np.float64], list[str]]:
    """Step along each axis, as columns, and the units of the coordinates."""
    directions = np.asarray(raw.get("space directions", np.nan), dtype=float)
    spacings = np.asarray(raw.get("spacings", np.nan), dtype=float)
    if directions.shape == (3, 3) and np.isfinite(directions).all():
        steps, units = directions.T, raw.get("space units", [""] * 3)
    elif spacings.shape == (3,) and np.isfinite(spacings).all() and not np.isfinite(directions).any():
        steps, units = np.diag(spacings), raw.get("units", raw.get("space units", [""] * 3))
    else:
        raise _Refusal(
            "its header gives no spacing (neither `space directions` nor `spacings` for all three axes), so that "
            "its millilitres are unknown. Export it with its spacing in mm"
        )
    if len(units) != 3:
        raise _Refusal(f"expected a unit for each of 3 axes, got {units}. Correct the header")
    return steps, list(units)


def _read_voxels(raw: Mapping[str, Any], file: BinaryIO, path: Path) -> NDArray[Any]:
    detached = _detached(raw, path)
    attached = {name: value for name, value in raw.items() if name not in _DATA_FILE}
    if detached is None:
        return nrrd.read_data(attached, file)
    # Opened here, because pynrrd leaves the file open where decompression fails.
    with detached.open("rb") as data:
        return nrrd.read_data(attached, data)


def _detached(raw: Mapping[str, Any], path: Path) -> Path | None:
    """The file that a detached header names for its voxels."""
    named = [raw[name] for name in _DATA_FILE if name in raw]
    return path.parent / named[0] if named else None


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(value: str) -> str:
    return value.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
