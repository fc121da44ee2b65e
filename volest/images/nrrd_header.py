"""What the fields of a NRRD header mean for a scan: shape, type of the voxels, affine."""

import math
import re
from typing import TypeVar

import numpy as np

from volest.images.faults import Refusal
from volest.images.header import ImageHeader
from volest.images.limits import refuse_oversize
from volest.images.nrrd_axes import Axes, affine, spatial_axes
from volest.images.nrrd_text import NrrdText

MOST_DIMENSIONS = 16
"""Of a file, time and components included, as the format has it."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_VECTOR = re.compile(r"none|\([^()]*\)|\S+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "signed long long int"), "i8"),
    **dict.fromkeys(("int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
Item = TypeVar("Item")


def image_header(text: NrrdText) -> ImageHeader:
    """Interpret a header.

    Raises:
        Refusal: not 3 spatial axes, no spacing, a space or unit that is unknown, voxels that are no numbers, or more of
            them than `LARGEST_VOXELS`.
        ValueError: a field is missing or malformed.
    """
    axes = _axes(text)
    dtype = _dtype(required(text, "type"))
    i, j, k = spatial_axes(axes)
    shape = (axes.sizes[i], axes.sizes[j], axes.sizes[k])
    refuse_oversize(shape)
    stated = [*axes.space_units, *(axes.units[axis] for axis in (i, j, k))]
    return ImageHeader(shape, affine(axes, (i, j, k)), dtype, text.pairs, next(filter(None, stated), ""))


def required(text: NrrdText, name: str) -> str:
    """A field without which there is no scan.

    Raises:
        ValueError: it is missing.
    """
    if name not in text.fields:
        raise ValueError(f"the header lacks {name!r}")
    return text.fields[name]


def whole(name: str, value: str) -> int:
    """A whole number of at most 18 digits, so that no product of them can surprise.

    Raises:
        ValueError: it is none.
    """
    if not _WHOLE.fullmatch(value):
        raise ValueError(f"the header has {name} {value[:40]!r}; expected whole numbers")
    return int(value)


def sizes_of(text: NrrdText) -> tuple[int, ...]:
    """Samples along every axis of the file, the fastest first.

    Raises:
        ValueError: missing, malformed, not positive, or not as many as `dimension` says.
    """
    dimension = whole("dimension", required(text, "dimension"))
    words = required(text, "sizes").split()
    if len(words) != dimension or not 1 <= dimension <= MOST_DIMENSIONS:
        raise ValueError(f"the header has {len(words)} sizes in {dimension} dimensions (at most {MOST_DIMENSIONS})")
    sizes = tuple(whole("sizes", word) for word in words)
    if min(sizes) < 1:
        raise ValueError(f"the header has sizes {sizes}; expected positive ones")
    return sizes


def _axes(text: NrrdText) -> Axes:
    sizes = sizes_of(text)
    fields = text.fields
    spacings = [float(item) for item in fields.get("spacings", "").split()] or [math.nan] * len(sizes)
    directions = _VECTOR.findall(fields.get("space directions", "")) or ["none"] * len(sizes)
    return Axes(
        sizes=sizes,
        kinds=_one_each("kinds", fields.get("kinds", "").split() or ["???"] * len(sizes), sizes),
        spacings=_one_each("spacings", spacings, sizes),
        directions=tuple(_vector(item) for item in _one_each("space directions", directions, sizes)),
        units=_one_each("units", _quoted(fields.get("units", "")) or [""] * len(sizes), sizes),
        space=fields.get("space", ""),
        space_units=_quoted(fields.get("space units", "")),
        origin=_vector(fields.get("space origin", "none")),
    )


def _one_each(name: str, items: list[Item], sizes: tuple[int, ...]) -> tuple[Item, ...]:
    if len(items) != len(sizes):
        raise Refusal(f"its header has {len(items)} {name} for {len(sizes)} axes {sizes}. Correct the header")
    return tuple(items)


def _vector(item: str) -> tuple[float, ...] | None:
    if item == "none":
        return None
    if not (item.startswith("(") and item.endswith(")")):
        raise ValueError(f"the header has {item[:40]!r} where a vector such as (0,0,1) is expected")
    return tuple(float(number) for number in item[1:-1].split(","))


def _quoted(value: str) -> list[str]:
    return [inside or bare for inside, bare in _QUOTED.findall(value)]


def _dtype(name: str) -> np.dtype:
    code = _TYPES.get(" ".join(name.lower().split()))
    if code is None:
        raise Refusal(f"its voxels are of type {name[:40]!r}; expected integers or floating-point numbers")
    return np.dtype(code)
