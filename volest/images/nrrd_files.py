"""The files that hold the voxels of a detached NRRD header: one, a list, or a numbered pattern."""

import os
import re
from pathlib import Path

from volest.images.faults import Refusal
from volest.images.nrrd_header import sizes_of, whole
from volest.images.nrrd_text import NrrdText

MOST_FILES = 2**12
"""Data files of one scan; a sweep has some hundred slices."""

# Only the first per cent sign may be the number's: to try each of a million would take hours.
_NUMBERED = re.compile(r"([^%]*)%(0?)([0-9]{0,2})d(\S*)((?:\s+[+-]?[0-9]+){3,4})")
_LIST = re.compile(r"LIST(?:\s+([0-9]+))?")


def data_files(path: Path, text: NrrdText) -> tuple[Path, ...]:
    """Files that hold the voxels, in order; none where they follow the header in `path` itself.

    Raises:
        Refusal: one of them lies outside the folder of the header, or their number does not divide the voxels.
        ValueError: the field that names them is malformed.
    """
    value = text.fields.get("data file")
    if value is None:
        return ()
    names, sub_dimension = _names(value, text)
    if not names or not all(names):
        raise ValueError("its header has a `data file` that names no file")
    _require_parts(len(names), sub_dimension, sizes_of(text))
    return tuple(_inside(path, name) for name in names)


def _names(value: str, text: NrrdText) -> tuple[list[str], int | None]:
    """Names of the data files, and the dimension of what each holds; None where one file holds everything."""
    dimension = len(sizes_of(text))
    if listed := _LIST.fullmatch(value):
        return text.listed, whole("data file", listed[1]) if listed[1] else dimension - 1
    numbered = _NUMBERED.fullmatch(value)
    if numbered is None:
        return [value], None
    first, last, step, *rest = (whole("data file", number) for number in numbered[5].split())
    if step == 0 or (count := (last - first) // step + 1) < 1 or count > MOST_FILES:
        raise Refusal(f"its `data file` counts from {first} to {last} in steps of {step}. Correct the header")
    form = f"{numbered[2]}{numbered[3]}d"
    names = [f"{numbered[1]}{number:{form}}{numbered[4]}" for number in range(first, first + count * step, step)]
    return names, rest[0] if rest else dimension - 1


def _require_parts(count: int, sub_dimension: int | None, sizes: tuple[int, ...]) -> None:
    """Each file holds the axes before `sub_dimension` whole; with all axes, it holds a slab along the slowest."""
    if sub_dimension is None:
        return
    expected = 1
    for size in sizes[sub_dimension:]:
        expected *= size
    is_slab = sub_dimension == len(sizes) and sizes[-1] % count == 0
    if not 1 <= sub_dimension <= len(sizes) or not (is_slab or count == expected) or count > MOST_FILES:
        raise Refusal(
            f"its header names {count} data files of {sub_dimension} dimensions each for sizes {sizes}; "
            f"expected {expected} of them. Correct the header, or copy the missing files"
        )


def _inside(path: Path, name: str) -> Path:
    """The file `name`, with every link followed; it lies in the folder of the header (or of what links to it) or below.

    A header can name any file of the machine, and what is read may be shown or sent on.
    """
    real = Path(os.path.realpath(path.parent / name))
    homes = {Path(os.path.realpath(path.parent)), Path(os.path.realpath(path)).parent}
    if not any(real.is_relative_to(home) for home in homes):
        raise Refusal(
            f"its header keeps its voxels in {name[:200]!r}, which lies outside the folder of the header. "
            "Copy the data file beside the header and name it there, or write both into one .nrrd"
        )
    return real
