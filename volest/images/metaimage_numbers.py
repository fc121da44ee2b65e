"""The numbers at the head of a MetaImage, counted and read before ITK does: some of them end its process."""

import math
import re
from collections.abc import Mapping

_AXES = re.compile(r"[1-9]")
_KEY = re.compile(r"[^:\s][^:]*")
_SIZE = re.compile(r"[+-]?[0-9]{1,18}")
_PER_AXIS = ("DimSize", "ElementSpacing", "ElementSize", "Offset", "Position", "Origin", "CenterOfRotation")
_PER_PAIR_OF_AXES = ("TransformMatrix", "Rotation", "Orientation")
_WHOLE = ("HeaderSize", "CompressedDataSize", "ElementNumberOfChannels", "CompressionLevel")
_TYPE = re.compile(r"MET_[A-Z_]{1,40}")


def require_numbers(header: Mapping[str, str]) -> None:
    """Refuse a header whose numbers are too few, too many, or none.

    ITK 5 ends the process (segmentation fault) on `NDims = -6`, and sizes its lists by NDims as it stands at that line.

    Raises:
        ValueError: with the entry at fault.
    """
    for key in header:
        if not _KEY.fullmatch(key):  # ITK takes a colon for an equals sign, and so would read another entry
            raise ValueError(f"its header has an entry {key[:40]!r}; expected `Key = value`")
    if not _AXES.fullmatch(header.get("NDims", "")):
        raise ValueError(f"its header has NDims {header.get('NDims', '')[:40]!r}; expected 3")
    axes, keys = int(header["NDims"]), list(header)
    for key, count in {**dict.fromkeys(_PER_AXIS, axes), **dict.fromkeys(_PER_PAIR_OF_AXES, axes**2)}.items():
        if key not in header:
            continue
        if keys.index(key) < keys.index("NDims"):
            raise ValueError(f"its header has {key} before NDims, on which it rests")
        _require_count(key, header[key], count)
    sizes = header.get("DimSize", "").split()
    if not sizes or not all(_SIZE.fullmatch(size) and int(size) > 0 for size in sizes):
        raise ValueError(f"its header has DimSize {header.get('DimSize', '')[:80]!r}; expected whole numbers above 0")
    for key in _WHOLE:
        if key in header and not _SIZE.fullmatch(header[key]):
            raise ValueError(f"its header has {key} {header[key][:40]!r}; expected a whole number")
    if not _TYPE.fullmatch(header.get("ElementType", "")):
        raise ValueError(
            f"its header has ElementType {header.get('ElementType', '')[:40]!r}; expected one like MET_SHORT"
        )


def _require_count(key: str, text: str, count: int) -> None:
    try:
        numbers = [float(number) for number in text.split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"its header has {key} {text[:80]!r}; expected {count} numbers")
