"""`reconstructions.csv`: how well the autoencoder of a fold gives each scan back."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from volest.records.latents import HELD_OUT
from volest.records.row_table import read_rows, write_rows


@dataclass(frozen=True)
class ScanReconstruction:
    """One scan.

    Attributes:
        part: training or held_out.
        loss: of the pretraining, without augmentation, inside the fan.
        spread: of a held-out scan: root mean square distance, in SDs of intensity, from its reconstruction to those of
            the held-out scans of other patients, averaged over them; 0 where there is no other patient, and for
            training scans.
        input_spread: the same of the rasters themselves.
    """

    scan_id: str
    patient_id: str
    part: str
    loss: float
    spread: float
    input_spread: float

    @property
    def is_held_out(self) -> bool:
        """Whether the autoencoder has not seen it."""
        return self.part == HELD_OUT


def write_reconstructions(rows: Iterable[ScanReconstruction], path: Path) -> None:
    """Write a row per scan."""
    write_rows(rows, ScanReconstruction, path, "%.6g")


def read_reconstructions(path: Path) -> list[ScanReconstruction]:
    """Read them.

    Raises:
        RunError: no such file, or no such table.
    """
    return read_rows(ScanReconstruction, path, "`volest study pretraining-batch-size`")
