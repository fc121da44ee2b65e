"""Files with what their paths and their fields tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from volest.datasets.columns import clean, column_of
from volest.datasets.conversion import Conventions, Source, convert
from volest.datasets.fields import read_fields
from volest.datasets.labels import LabelSources
from volest.datasets.pattern import PathPattern
from volest.errors import ManifestError
from volest.images.formats import scan_stem


@dataclass(frozen=True)
class FoundScan:
    """A file, and what its path and its fields tell.

    Attributes:
        path: absolute.
        columns: as text of a manifest; `scan_id` always.
        raw: fields of the path as they stand there, to find its mask by.
    """

    path: Path
    columns: Mapping[str, str]
    raw: Mapping[str, str]


def describe_files(
    files: Sequence[Path], folder: Path, sources: LabelSources
) -> tuple[list[FoundScan], list[Path], list[Mapping[str, str]]]:
    """Ask the path and the fields of each file.

    Returns:
        The files, those that do not fit the pattern, and what each source tells.

    Raises:
        ManifestError: no file fits the pattern, or one in two ways; as `read_fields` and `convert`.
        ScanError: a header that cannot be read.
    """
    if not files:
        raise ManifestError(f"{folder}: every file is named as a mask, so that no scan is left. Correct the masks.")
    raw = [_matched(sources.pattern, file, folder) for file in files]
    unfit = [file for file, fields in zip(files, raw, strict=True) if fields is None]
    fit = [(file, fields) for file, fields in zip(files, raw, strict=True) if fields is not None]
    if not fit:
        assert sources.pattern is not None
        raise ManifestError(_no_file_fits(sources.pattern, files, folder))
    paths = [file for file, _ in fit]
    told: list[Mapping[str, str]] = []
    columns: list[dict[str, str]] = [{} for _ in fit]
    if sources.pattern is not None:
        spoken = {column_of(name): f"{{{name}}} of --pattern" for name in sources.pattern.fields}
        source = Source("the paths", [fields for _, fields in fit], [str(path) for path in paths], spoken, True)
        _merge(columns, source, sources.conventions, told)
    if sources.fields is not None:
        spoken = {
            column: f"field {name!r} of {sources.fields.place}" for column, name in sources.fields.of_column.items()
        }
        cells = read_fields(sources.fields, paths, folder)
        source = Source(sources.fields.place, cells, [str(path) for path in paths], spoken, True)
        _merge(columns, source, sources.conventions, told)
    scans = [
        FoundScan(
            path.absolute(), {"scan_id": clean(scan_stem(path)), **own}, {"scan_id": clean(scan_stem(path)), **fields}
        )
        for (path, fields), own in zip(fit, columns, strict=True)
    ]
    return scans, unfit, told


def merge_columns(one: Mapping[str, str], other: Mapping[str, str], name: str, told: str) -> dict[str, str]:
    """Columns of two sources; what both tell must be the same.

    Raises:
        ManifestError: they contradict each other.
    """
    for column in one.keys() & other.keys():
        if one[column] and other[column] and one[column] != other[column]:
            raise ManifestError(
                f"{name}: {column} is {one[column]!r} in one place and {other[column]!r} in another ({told}). "
                "Correct one of them, or name one place only."
            )
    filled = {column: text for column, text in other.items() if text}
    return {**one, **filled}


def identified(scans: Iterable[FoundScan], folder: Path) -> list[FoundScan]:
    """Scans whose scan_id is their path below `folder` wherever several share one.

    Raises:
        ManifestError: two formats of one scan lie beside each other.
    """
    scans = list(scans)
    counts: dict[str, int] = {}
    for scan in scans:
        counts[scan.columns["scan_id"]] = counts.get(scan.columns["scan_id"], 0) + 1
    named = [scan if counts[scan.columns["scan_id"]] == 1 else _by_path(scan, folder) for scan in scans]
    first: dict[str, FoundScan] = {}
    for scan in named:
        one = first.setdefault(scan.columns["scan_id"], scan)
        if one is not scan:
            raise ManifestError(
                f"{one.path} and {scan.path} have one name. Keep one of them, or tell them apart by "
                "--pattern (a suffix in it takes one format)."
            )
    return named


def _by_path(scan: FoundScan, folder: Path) -> FoundScan:
    below = scan.path.relative_to(folder.absolute()) if scan.path.is_relative_to(folder.absolute()) else scan.path
    return replace(scan, columns={**scan.columns, "scan_id": below.with_name(scan_stem(below)).as_posix()})


def _matched(pattern: PathPattern | None, file: Path, folder: Path) -> dict[str, str] | None:
    if pattern is None:
        return {}
    return pattern.match(file.relative_to(folder).as_posix()) if file.is_relative_to(folder) else None


def _merge(
    columns: list[dict[str, str]], source: Source, conventions: Conventions, told: list[Mapping[str, str]]
) -> None:
    rows, words = convert(source, conventions)
    told.append(words)
    for place, row in enumerate(rows):
        columns[place] = merge_columns(
            columns[place], row, f"scan {source.row_names[place]}", "its path and its fields"
        )


def _no_file_fits(pattern: PathPattern, files: Sequence[Path], folder: Path) -> str:
    one = files[0].relative_to(folder).as_posix() if files[0].is_relative_to(folder) else str(files[0])
    free = PathPattern(pattern.text.replace("{date}", "{visit}"))
    hint = "Write it relative to the folder; * stands for any text without a slash, **/ for any folders."
    if free != pattern and any(
        file.is_relative_to(folder) and free.fits(file.relative_to(folder).as_posix()) for file in files
    ):
        hint = "They would fit if {date} were no date: name that field otherwise, such as {visit}."
    return f"--pattern {pattern.text!r}: none of {len(files)} scans fits it, such as {one!r}. {hint}"
