"""What the command line asks for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How much to measure, and on how much of the machine.

    Attributes:
        epochs: measured in each repetition, after one that is not.
        repeats: of each variant, interleaved.
        threads: of the training process.
        workers: processes that augment for torchio and MONAI; volest needs none.
        seed: of phantoms, folds and training.
        work: folder for phantoms, cache and runs.
    """

    epochs: int
    repeats: int
    threads: int
    workers: int
    seed: int
    work: Path

    @property
    def overrides(self) -> list[str]:
        """As `--set` takes them; on a CPU, for all but the section that asks for a GPU."""
        return [
            f"seed={self.seed}",
            f"preprocessing.cache={self.work / 'cache'}",
            f"training.threads={self.threads}",
            "training.device=cpu",
        ]
