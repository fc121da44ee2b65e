"""What `volest index` matched, what it did not, and what may be said better."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from volest.datasets.columns import suggest
from volest.datasets.facts import ScanFacts
from volest.records.manifest import OPTIONAL, REQUIRED, Manifest

_MASK = re.compile(r"mask|seg")
_WORDS_AND_NUMBERS = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True)
class IndexReport:
    """Of one manifest.

    Attributes:
        table: how the table was read, in words; '' without one.
        columns: each column of the manifest to where it came from and how it was read, in words.
        notes: what was taken for something that is not written so, and what looks wrong.
        unlabelled: files below the folder that no label names; masks are not counted.
        unfit: files that the pattern does not fit, left out.
        rows_without_file: names of the rows that were left out.
        masks_without_scan: files named as masks that belong to no scan of the manifest.
        repeated: scan_ids that share the bytes of one file.
        range_ml: smallest and largest reference.
        facts: of each scan, by scan_id.
    """

    table: str
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    unlabelled: tuple[Path, ...]
    unfit: tuple[Path, ...]
    rows_without_file: tuple[str, ...]
    masks_without_scan: tuple[Path, ...]
    repeated: tuple[tuple[str, ...], ...]
    range_ml: tuple[float, float]
    facts: dict[str, ScanFacts]


def sources_of_columns(told: Iterable[Mapping[str, str]], manifest: Manifest) -> dict[str, str]:
    """Where each column that the manifest has came from, in the order of the manifest."""
    words: dict[str, list[str]] = {}
    for one in told:
        for column, where in one.items():
            words.setdefault(column, []).append(where)
    words.setdefault("scan_id", ["names of the files"])
    words.setdefault("path", ["files below the folder"])
    shown = [*REQUIRED, *OPTIONAL[:-1], *covariates_of(manifest)]
    return {column: ", and the same in ".join(words[column]) for column in shown if column in words}


def notes_of(manifest: Manifest, left_out: Sequence[Path], masks_are_named: bool) -> list[str]:
    """Patients that look alike, covariates that look like a label, masks that no one has named."""
    spelt: dict[tuple[str, ...], list[str]] = {}
    for patient in manifest.patients:
        parts = _WORDS_AND_NUMBERS.findall(patient.casefold())
        spelt.setdefault(tuple(part.lstrip("0") for part in parts), []).append(patient)
    notes = [
        f"patients {' and '.join(map(repr, names))} look alike: if they are one person, spell them alike, else folds "
        "will not keep them together"
        for names in spelt.values()
        if len(names) > 1
    ]
    label = suggest("volume_ml", covariates_of(manifest))
    if label is not None and "vol" in label.casefold():
        notes.append(f"covariate {label!r} looks like a volume: take it out if it tells the reference")
    if not masks_are_named and any(_MASK.search(path.name.casefold()) for path in left_out):
        notes.append("some files left out are named as masks: --masks '{scan}_mask.nrrd' tells where they lie")
    return notes


def covariates_of(manifest: Manifest) -> list[str]:
    """Names of all covariates, sorted."""
    return sorted({name for scan in manifest for name in scan.covariates})
