"""A latent space for TensorBoard's projector: points, what is known of each scan, and a picture of it."""

import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from volest.preprocessing.cache import map_entry
from volest.records.latents import FoldLatents

LARGEST_SHEET_PX = 8192
"""Side of the picture that holds those of all scans; browsers draw no larger one."""


def write_projector(
    latents: FoldLatents, columns: Mapping[str, Sequence[str]], entries: Sequence[Path], folder: Path
) -> None:
    """Write the space to `folder`, in place of what is there.

    Args:
        latents: of one fold.
        columns: beside scan, patient and part: a value for each scan, in the order of the latents.
        entries: preprocessed scans, likewise, for the pictures.
        folder: below the run directory, so that `volest monitor` finds it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    part = ["held out" if held_out else "training" for held_out in latents.held_out]
    known = {"scan": latents.scan_ids, "patient": latents.patient_ids, "part": part, **columns}
    rows = [[_cell(value) for value in row] for row in zip(*known.values(), strict=True)]
    with SummaryWriter(str(folder)) as writer:
        writer.add_embedding(
            torch.from_numpy(latents.vectors),
            metadata=rows,
            metadata_header=list(known),
            label_img=_pictures(entries),
            tag="latents",
        )


def _cell(text: str) -> str:
    """A tab or a line end would begin another cell."""
    return " ".join(str(text).split()) or "-"


def _pictures(entries: Sequence[Path]) -> torch.Tensor:
    """(scan, 3, side, side) in [0, 1]: the middle axial plane, on black."""
    planes = [np.asarray(map_entry(entry), dtype=np.float32) for entry in entries]
    planes = [np.rot90(voxels[:, :, voxels.shape[2] // 2]) for voxels in planes]
    side = max(planes[0].shape)
    step = math.ceil(side * math.ceil(math.sqrt(len(planes))) / LARGEST_SHEET_PX)
    squares = [_squared(plane, side)[::step, ::step] for plane in planes]
    return torch.from_numpy(np.stack(squares))[:, None].expand(-1, 3, -1, -1)


def _squared(plane: np.ndarray, side: int) -> np.ndarray:
    margins = [(side - n) // 2 for n in plane.shape]
    return np.pad(plane, [(m, side - n - m) for m, n in zip(margins, plane.shape, strict=True)])
