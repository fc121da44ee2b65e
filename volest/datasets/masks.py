"""Masks that lie beside the scans: `{scan}_mask.nrrd`."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from volest.datasets.found_scan import FoundScan
from volest.datasets.mask_volume import mask_volume_ml
from volest.datasets.pattern import PathPattern, path_key
from volest.errors import ManifestError, ScanError
from volest.images.formats import SUFFIXES
from volest.progress import Progress, watch


class MasksBeside:
    """Finds the mask of a scan among the files below a folder."""

    def __init__(self, text: str, folder: Path, files: Iterable[Path]) -> None:
        """Compile `text`, a pattern relative to the folder of the scan, or else to `folder`.

        Raises:
            ManifestError: no field in the pattern, a wildcard, or every file fits it.
        """
        self.text, self.folder = text, folder
        self.pattern = PathPattern(text, "--masks")
        if not self.pattern.fields or self.pattern.has_wildcards:
            raise ManifestError(
                f"--masks {text!r}: expected fields of the scan and no wildcard, such as '{{scan}}_mask.nrrd' or "
                "'../masks/{scan}.nrrd'."
            )
        files = list(files)
        self._by_key = {path_key(file): file for file in files}
        ending = PathPattern("**/" + re.sub(r"^(?:\.\.?/)+", "", text), "--masks")
        self.masks = tuple(file for file in files if ending.fits(file.relative_to(folder).as_posix()))
        if files and len(self.masks) == len(files):
            raise ManifestError(
                f"--masks {text!r}: every file below {folder} fits it, so that no scan is left. Tell masks from scans "
                "by their name or their folder."
            )

    def of(self, scan: Path, fields: Mapping[str, str]) -> Path | None:
        """The mask of a scan; None where it has none.

        Args:
            scan: absolute.
            fields: what its pattern tells, with its scan.

        Raises:
            ManifestError: fields that the scan does not have, or one mask beside the scan and another below the folder.
        """
        filled = self.pattern.fill(fields)
        if filled is None:
            raise ManifestError(
                f"--masks {self.text!r}: its fields are {', '.join(self.pattern.fields)}, but a scan has "
                f"{', '.join(fields)}. Use these, or give more of them by --pattern."
            )
        found = {
            mask
            for base in (scan.parent, self.folder)
            for suffix in ("", *SUFFIXES)
            if (mask := self._at(base / (filled + suffix))) is not None and mask != scan
        }
        if len(found) > 1:
            one, other = sorted(found)[:2]
            raise ManifestError(f"--masks {self.text!r}: scan {scan} could have {one} or {other}. Remove one of them.")
        return next(iter(found), None)

    def _at(self, path: Path) -> Path | None:
        path = Path(os.path.normpath(path.absolute()))
        if not path.name.casefold().endswith(SUFFIXES):
            return None
        known = self._by_key.get(path_key(path))
        return known.absolute() if known else path if path.is_file() else None


def add_masks(
    scans: Sequence[FoundScan], beside: MasksBeside, volume_is_told: bool, labels: Sequence[int], progress: Progress
) -> tuple[list[FoundScan], dict[str, str]]:
    """Give each scan its mask, and its volume too where no other source tells it.

    Returns:
        The scans, and where the columns came from, in words.

    Raises:
        ManifestError: masks that the table names too, or no mask at all.
        ScanError: a mask that gives no volume; the scan is named.
    """
    if any(scan.columns.get("mask_path") for scan in scans):
        raise ManifestError("mask_path stands in the table, and --masks names masks too. Name one place only.")
    found = {scan.path: beside.of(scan.path, {**scan.columns, **scan.raw}) for scan in scans}
    with_mask = sum(mask is not None for mask in found.values())
    if not with_mask:
        raise ManifestError(
            f"--masks {beside.text!r}: none of {len(scans)} scans has such a mask; {scans[0].path} has not. "
            "The pattern is relative to the folder of the scan, or else to the folder that is searched."
        )
    words = {"mask_path": f"--masks {beside.text!r}, {with_mask} of {len(scans)} scans"}
    if volume_is_told:
        return [_with_mask(scan, found[scan.path], {}) for scan in scans], words
    words["volume_ml"] = f"masks, inside is {' or '.join(map(str, labels)) or 'what is not 0'}"
    measured = watch(scans, "measuring masks", progress)
    return [_with_mask(scan, found[scan.path], _measured(scan, found[scan.path], labels)) for scan in measured], words


def _with_mask(scan: FoundScan, mask: Path | None, more: Mapping[str, str]) -> FoundScan:
    return scan if mask is None else replace(scan, columns={**scan.columns, "mask_path": str(mask), **more})


def _measured(scan: FoundScan, mask: Path | None, labels: Sequence[int]) -> dict[str, str]:
    if mask is None:
        return {}
    try:
        return {"volume_ml": f"{mask_volume_ml(mask, labels):.10g}"}
    except ScanError as error:
        raise ScanError(f"scan_id {scan.columns['scan_id']!r}: {error}") from None
