"""Tables that people write: cells of text, parted by commas, semicolons or tabs."""

import csv
from pathlib import Path

import pandas as pd

from volest.errors import RunError


def read_text_table(path: Path, expected: str) -> pd.DataFrame:
    """Every cell as text, empty ones as nothing, without blanks about the names of columns.

    Args:
        path: of the table.
        expected: what it should hold, for who named the wrong file.

    Raises:
        RunError: no such file, or no table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
        separator = max(",;\t", key=head.count)
        table = pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
        )
    except FileNotFoundError:
        raise RunError(f"{path} does not exist. Expected {expected}.") from None
    except (OSError, ValueError, csv.Error) as error:
        raise RunError(f"{path} cannot be read as CSV: {error}. Expected {expected}, as text in UTF-8.") from None
    return table.rename(columns=lambda name: str(name).strip()).fillna("")
