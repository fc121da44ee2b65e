"""Numbers and names as a sentence holds them."""

from collections.abc import Sequence


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 scan`, `2,000 scans`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def scans_of_patients(scans: int, patients: int) -> str:
    """`3 scans of 1 patient`."""
    return f"{counted(scans, 'scan')} of {counted(patients, 'patient')}"


def first_of(names: Sequence[str], most: int) -> str:
    """The first `most` of them, and that there are more."""
    return ", ".join(names[:most]) + (" and more" if len(names) > most else "")
