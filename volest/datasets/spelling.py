"""Ids as a table writes them, and as the files have them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from volest.datasets.found_scan import FoundScan
from volest.datasets.label_table import LabelRow
from volest.images.formats import scan_stem

_WHOLE = re.compile(r"0*(\d+)(?:\.0+)?")


class Spelling:
    """Ids that a spreadsheet has changed: 007 became 7 or 7.0, `s1` is written `s1.nrrd`."""

    def __init__(self, scans: Sequence[FoundScan]) -> None:
        self._changed: dict[str, list[str]] = {}
        self._known: dict[str, set[str]] = {}
        self._by_number: dict[str, dict[str, str]] = {}
        self.by_id: dict[str, list[FoundScan]] = {}
        for scan in scans:
            self.by_id.setdefault(scan.columns["scan_id"], []).append(scan)
        for column in ("scan_id", "patient_id", "device"):
            self._known[column] = {scan.columns[column] for scan in scans if scan.columns.get(column)}
            numbers = [(found[1], text) for text in sorted(self._known[column]) if (found := _WHOLE.fullmatch(text))]
            counted = Counter(number for number, _ in numbers)
            self._by_number[column] = {number: text for number, text in numbers if counted[number] == 1}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for what, in words."""
        return tuple(
            f"{len(changes)} cells of {column} are not written as the files are: {changes[0]} was taken"
            for column, changes in self._changed.items()
        )

    def respelt(self, row: LabelRow) -> LabelRow:
        """The row with its ids written as the files have them."""
        changed = {
            column: other
            for column in self._known
            if (text := row.columns.get(column, "")) and (other := self._on_disk(column, text)) != text
        }
        for column, other in changed.items():
            self._changed.setdefault(column, []).append(f"{row.columns[column]!r} of row {row.number} for {other!r}")
        return replace(row, columns={**row.columns, **changed})

    def _on_disk(self, column: str, text: str) -> str:
        if text in self._known[column]:
            return text
        number = _WHOLE.fullmatch(text)
        if number and number[1] in self._by_number[column]:
            return self._by_number[column][number[1]]
        if column == "scan_id":
            stem = scan_stem(Path(text))
            return stem if stem in self._known[column] else text
        return text
