"""The gate of NumPy arrays (.npy), each with a sidecar of the same stem (.json) that says where the voxels lie."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from volest import geometry
from volest.geometry import Affine, Shape
from volest.images.faults import Refusal, faults_named
from volest.images.frame import affine_to_ras
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.images.limits import LONGEST_HEADER_BYTES, refuse_oversize
from volest.images.regular_file import open_regular, require_regular

EXAMPLE = '{"spacing_mm": [0.5, 0.5, 0.8], "space": "RAS"}'

_OURS = ("spacing_mm", "affine", "space")


def read_npy(path: Path) -> Image:
    """Read an array (i, j, k); the type of its voxels is kept, bool becomes uint8.

    Raises:
        ScanError: as `read_npy_header`, or the voxels are truncated.
    """
    with faults_named(path, "NumPy array"), open_regular(path) as file:
        shape, fortran, stored = _array_header(file)
        header = _interpreted(path, shape, stored)
        flat = np.fromfile(file, dtype=stored, count=math.prod(shape))
        if flat.size != math.prod(shape):
            raise ValueError(f"it holds {flat.size} of {math.prod(shape)} voxels")
    voxels = flat.reshape(shape, order="F" if fortran else "C")
    return Image(voxels.astype(header.dtype, copy=False), header.affine)


def read_npy_header(path: Path) -> ImageHeader:
    """Read what array and sidecar say; no voxel is touched.

    Raises:
        ScanError: a file is missing, the array is no 3D one of numbers or too large, or the sidecar gives no spacing.
    """
    with faults_named(path, "NumPy array"), open_regular(path) as file:
        shape, _, stored = _array_header(file)
        return _interpreted(path, shape, stored)


def npy_files(path: Path) -> tuple[Path, ...]:
    """The array and its sidecar.

    Raises:
        ScanError: one of them is missing.
    """
    with faults_named(path, "NumPy array"):
        require_regular(path)
        _require_sidecar(path)
    return (path, _sidecar(path))


def _array_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    raise Refusal(f"its array is of version {version}; expected 1.0 or 2.0, as np.save writes a plain array")


def _interpreted(path: Path, sizes: tuple[int, ...], stored: np.dtype) -> ImageHeader:
    if stored.kind not in "iufb":
        raise Refusal(f"its voxels are of type {stored}; expected integers or floating-point numbers")
    dtype = np.dtype(np.uint8) if stored.kind == "b" else stored.newbyteorder("=")
    shape = _shape(sizes)
    refuse_oversize(shape)
    _require_sidecar(path)
    sidecar = _read_sidecar(_sidecar(path))
    fields = {key: _text(value) for key, value in sidecar.items() if key not in _OURS}
    return ImageHeader(shape, _affine(sidecar, _sidecar(path)), dtype, fields)


def _shape(sizes: tuple[int, ...]) -> Shape:
    if len(sizes) != 3 or min(sizes) < 1:
        raise Refusal(f"expected 3 spatial axes (i, j, k), got shape {sizes}. Save one greyscale volume per file")
    i, j, k = sizes
    return i, j, k


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".json")


def _require_sidecar(path: Path) -> None:
    if not _sidecar(path).exists():
        raise Refusal(
            f"an array says nothing of its spacing, and its sidecar {_sidecar(path).name} does not exist beside it. "
            f"Write one like {EXAMPLE}; further entries become header fields"
        )


def _read_sidecar(path: Path) -> dict[str, Any]:
    with open_regular(path) as file:
        text = file.read(LONGEST_HEADER_BYTES + 1)
    if len(text) > LONGEST_HEADER_BYTES:
        raise Refusal(f"its sidecar {path.name} is longer than {LONGEST_HEADER_BYTES} bytes. Shorten it to {EXAMPLE}")
    try:
        sidecar = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"its sidecar {path.name} is no JSON ({error}). Write it like {EXAMPLE}") from None
    if not isinstance(sidecar, dict):
        raise Refusal(f"its sidecar {path.name} holds no object. Write it like {EXAMPLE}")
    return sidecar


def _affine(sidecar: Mapping[str, Any], path: Path) -> Affine:
    spacing = _numbers(sidecar, "spacing_mm", (3,), path)
    affine = _numbers(sidecar, "affine", (4, 4), path)
    if spacing is not None and (spacing <= 0).any():
        raise Refusal(f"its sidecar {path.name} has spacing_mm {spacing.tolist()}; expected lengths above 0")
    if affine is None:
        if spacing is None:
            raise Refusal(f"its sidecar {path.name} gives no spacing_mm. Write it like {EXAMPLE}")
        affine = np.diag([*spacing.tolist(), 1.0])
    elif spacing is not None and not np.allclose(geometry.spacing_mm(affine), spacing, rtol=0.01, atol=0):
        raise Refusal(
            f"its sidecar {path.name} gives two spacings: {np.round(geometry.spacing_mm(affine), 6).tolist()} by "
            f"affine and {spacing.tolist()} by spacing_mm. Correct the wrong one"
        )
    try:
        return affine_to_ras(affine[:3, :3], affine[:3, 3], str(sidecar.get("space", "RAS")), ["mm"] * 3)
    except ValueError as error:
        raise Refusal(str(error)) from None


def _numbers(sidecar: Mapping[str, Any], key: str, shape: tuple[int, ...], path: Path) -> np.ndarray | None:
    if key not in sidecar:
        return None
    try:
        numbers = np.asarray(sidecar[key], dtype=float)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        size = "x".join(map(str, shape))
        raise Refusal(f"its sidecar {path.name} has {key} {sidecar[key]!r}; expected {size} numbers in mm")
    return numbers


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
