"""`reference.safetensors`: what the training scans of a fold look like, as numbers. Reading it runs no code."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from volest.errors import RunError
from volest.records import atomic
from volest.records.file_size import require_size

Traits = Float[np.ndarray, "scan number"]

LARGEST_BYTES = 256 * 2**20
"""A hundred thousand training scans of some 600 numbers each."""


def write_reference(traits: Mapping[str, Traits], path: Path) -> None:
    """Write each trait of the training scans, a row per scan."""
    with atomic.replacing(path) as temporary:
        save_file({name: np.ascontiguousarray(rows, dtype=np.float32) for name, rows in traits.items()}, temporary)


def read_reference(path: Path) -> dict[str, Traits]:
    """Read them again.

    Raises:
        RunError: no such file, it is larger than any such file, or its content is not that of a reference.
    """
    try:
        require_size(path, LARGEST_BYTES)
        traits = load_file(path)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist: the fold has not been trained to its end.") from None
    except (SafetensorError, OSError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}") from None
    for name, rows in traits.items():
        if rows.ndim != 2 or rows.dtype != np.float32 or not rows.size or not np.isfinite(rows).all():
            raise RunError(f"{path} is damaged: trait {name!r} is no table of finite numbers, a row per training scan.")
    return dict(sorted(traits.items()))
