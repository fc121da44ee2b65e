"""`folds.csv`: which part each patient is held out in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from volest.errors import FoldError
from volest.records import atomic

TEST = "test"
"""In place of a fold's number: a locked patient that no fold trains on or validates on."""


@dataclass(frozen=True)
class Folds:
    """Each patient's fold, from 0, or None for the locked test set."""

    of_patient: Mapping[str, int | None]

    @property
    def count(self) -> int:
        """Number of folds, the test set not counted."""
        return len({fold for fold in self.of_patient.values() if fold is not None})

    def held_out(self, fold: int) -> set[str]:
        """The patients of part `fold`."""
        self.require(fold)
        return {patient for patient, part in self.of_patient.items() if part == fold}

    def training(self, fold: int) -> set[str]:
        """The patients that train the network that part `fold` judges."""
        self.require(fold)
        return {patient for patient, part in self.of_patient.items() if part not in (fold, None)}

    @property
    def test(self) -> set[str]:
        """The locked patients."""
        return {patient for patient, part in self.of_patient.items() if part is None}

    def require(self, fold: int) -> None:
        """Raise FoldError unless `fold` exists."""
        if not 0 <= fold < self.count:
            raise FoldError(
                f"fold {fold} does not exist: there are {self.count} folds, numbered 0 to {self.count - 1}."
            )


def read_folds(path: Path) -> Folds:
    """Read a table with columns patient_id and fold (0, 1, ... or `test`).

    Raises:
        FoldError: no such file, other columns, a patient in two parts, or numbers that are not 0 to k-1.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        pairs = list(zip(table["patient_id"].str.strip(), table["fold"].str.strip(), strict=True))
    except FileNotFoundError:
        raise FoldError(
            f"folds {path} do not exist. Make them with `volest split`, or leave data.folds empty."
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise FoldError(f"folds {path}: expected a CSV with columns patient_id and fold ({error}).") from None
    of_patient: dict[str, int | None] = {}
    for patient, text in pairs:
        part = None if text == TEST else _part(text, patient, path)
        if of_patient.setdefault(patient, part) != part:
            raise FoldError(f"folds {path}: patient {patient!r} stands in two parts. Each patient is held out once.")
    folds = Folds(of_patient)
    numbers = sorted({part for part in of_patient.values() if part is not None})
    if len(numbers) < 2 or numbers != list(range(len(numbers))):
        raise FoldError(f"folds {path}: expected at least two parts numbered 0 to k-1, got {numbers}.")
    return folds


def write_folds(folds: Folds, path: Path) -> None:
    """Write the table, a row per patient."""
    rows = [(patient, TEST if part is None else part) for patient, part in folds.of_patient.items()]
    with atomic.replacing(path) as temporary:
        pd.DataFrame(rows, columns=["patient_id", "fold"]).to_csv(temporary, index=False)


def _part(text: str, patient: str, path: Path) -> int:
    if not text.isdecimal():
        raise FoldError(f"folds {path}: patient {patient!r} has fold {text!r}; expected a number from 0, or `{TEST}`.")
    return int(text)
