"""`latents.csv`: where the network of each fold puts each scan, a row for each network and scan."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from volest.errors import RunError
from volest.records import atomic

KEYS = ("fold", "scan_id", "patient_id", "part")
HELD_OUT, TRAINING = "held_out", "training"
FEATURE = "latent_"
"""Columns of the features are this and a number from 0."""


@dataclass(frozen=True, eq=False)
class FoldLatents:
    """What the network of one fold makes of every scan.

    Spaces of different folds have nothing in common: each network numbers its features as it likes.

    Attributes:
        fold: whose network it is.
        held_out: which scans that network was not trained on.
        vectors: features, a row per scan.
    """

    fold: int
    scan_ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    held_out: Bool[np.ndarray, " scan"]
    vectors: Float[np.ndarray, "scan feature"]

    @property
    def training(self) -> Bool[np.ndarray, " scan"]:
        """Which scans it may have been trained on."""
        return ~self.held_out


def write_latents(latents: Iterable[FoldLatents], path: Path) -> None:
    """Write the table."""
    tables = [_table(of_fold) for of_fold in latents]
    with atomic.replacing(path) as temporary:
        pd.concat(tables, ignore_index=True).to_csv(temporary, index=False, float_format="%.6g")


def read_latents(path: Path) -> tuple[FoldLatents, ...]:
    """Read the table, a part for each fold.

    Raises:
        RunError: no such file, no table, or columns that are missing or hold no numbers.
    """
    try:
        table = pd.read_csv(path, dtype={"scan_id": str, "patient_id": str, "part": str}, keep_default_na=False)
        features = [name for name in table.columns if name.startswith(FEATURE)]
        table[features] = table[features].apply(pd.to_numeric)
        folds = sorted(table["fold"].astype(int).unique().tolist())
        return tuple(_fold(fold, table[table["fold"] == fold], features) for fold in folds)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist. Make it with `volest latents {path.parent}`.") from None
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}. Make it again with `volest latents {path.parent}`.") from None


def _table(latents: FoldLatents) -> pd.DataFrame:
    parts = np.where(latents.held_out, HELD_OUT, TRAINING)
    keys = dict(zip(KEYS, (latents.fold, latents.scan_ids, latents.patient_ids, parts), strict=True))
    names = [f"{FEATURE}{number}" for number in range(latents.vectors.shape[1])]
    return pd.concat([pd.DataFrame(keys), pd.DataFrame(latents.vectors, columns=names)], axis="columns")


def _fold(fold: int, rows: pd.DataFrame, features: list[str]) -> FoldLatents:
    return FoldLatents(
        fold=fold,
        scan_ids=tuple(rows["scan_id"]),
        patient_ids=tuple(rows["patient_id"]),
        held_out=(rows["part"] == HELD_OUT).to_numpy(dtype=bool),
        vectors=rows[features].to_numpy(dtype=float),
    )
