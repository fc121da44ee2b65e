"""`folds.csv`: which part each patient is held out in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from volest.errors import FoldError
from volest.records import atomic

TEST = "test"
"""In place of a fold's number: a locked patient that no fold trains on or validates on."""

TRAINS = "trains"
"""A further column, of folds in which some patients are judged and never trained on."""


@dataclass(frozen=True)
class Folds:
    """Each patient's fold, from 0, or None for the locked test set.

    Attributes:
        untrained: patients that are held out like all others and that no fold trains on.
    """

    of_patient: Mapping[str, int | None]
    untrained: frozenset[str] = field(default=frozenset())

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
        others = {patient for patient, part in self.of_patient.items() if part not in (fold, None)}
        return others - self.untrained

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
    """Read a table with columns patient_id, fold (0, 1, ... or `test`), and perhaps `trains` (yes or no).

    Raises:
        FoldError: no such file, other columns, a patient in two parts, or numbers that are not 0 to k-1.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        untrained = _untrained(table, path)
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
    folds = Folds(of_patient, untrained)
    numbers = sorted({part for part in of_patient.values() if part is not None})
    if len(numbers) < 2 or numbers != list(range(len(numbers))):
        raise FoldError(f"folds {path}: expected at least two parts numbered 0 to k-1, got {numbers}.")
    return folds


def write_folds(folds: Folds, path: Path) -> None:
    """Write the table, a row per patient."""
    rows = [(patient, TEST if part is None else part) for patient, part in folds.of_patient.items()]
    table = pd.DataFrame(rows, columns=["patient_id", "fold"])
    if folds.untrained:
        table[TRAINS] = ["no" if patient in folds.untrained else "yes" for patient in table["patient_id"]]
    with atomic.replacing(path) as temporary:
        table.to_csv(temporary, index=False)


def _untrained(table: pd.DataFrame, path: Path) -> frozenset[str]:
    if TRAINS not in table:
        return frozenset()
    said = table[TRAINS].str.strip()
    if unknown := sorted(set(said) - {"yes", "no"}):
        raise FoldError(f"folds {path}: column {TRAINS} has {unknown[0]!r}; expected yes or no.")
    return frozenset(table.loc[said == "no", "patient_id"].str.strip())


def _part(text: str, patient: str, path: Path) -> int:
    if not text.isdecimal():
        raise FoldError(f"folds {path}: patient {patient!r} has fold {text!r}; expected a number from 0, or `{TEST}`.")
    return int(text)
