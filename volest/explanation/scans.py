"""Explanations of the scans that a command names, each in a folder of its own."""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from volest.datasets.admission import admitted_image
from volest.errors import ConfigError, ScanError
from volest.explanation.explanation import Explanation, explain
from volest.explanation.files import write_explanation
from volest.explanation.hiding import HidingTest
from volest.explanation.structure import Structures, read_structure
from volest.images.formats import scan_sha256, scan_stem
from volest.inference.ensemble import Ensemble, load_ensemble
from volest.inference.flags import OWN_SCAN
from volest.inference.prediction import expand
from volest.progress import Progress, watch
from volest.records.findings import Finding, write_findings
from volest.records.manifest import read_manifest
from volest.records.run import RunDirectory
from volest.wording import counted


@dataclass(frozen=True)
class ExplainedScan:
    """One scan of many; only `path` and `refusal` where it was refused.

    Attributes:
        folder: where its explanation lies.
        sum_ml, due_ml: what its map adds, and what it should: the prediction, less that for the empty scan.
        empty_ml: what the run tells of the scan with nothing in it.
        in_structure: share of the map in the mask; None without one.
        flags: as `volest predict` gives them.
        refusal: why it was not explained, in words.
    """

    path: str
    folder: Path | None = None
    sum_ml: float = 0.0
    due_ml: float = 0.0
    empty_ml: float = 0.0
    in_structure: float | None = None
    hiding: HidingTest | None = None
    flags: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusal: str = ""


def explain_scans(
    run: RunDirectory, scans: Iterable[str], masks: str | None, out: Path, progress: Progress
) -> list[ExplainedScan]:
    """Explain each scan with the mean of the run's finished folds, and write `out`/NAME and `out`/findings.json.

    Args:
        run: where the folds were trained.
        scans: files, folders (searched below) and glob patterns.
        masks: a file or a pattern; None takes the masks of the run for its own scans, and none for others.
        out: made if need be.
        progress: told of each scan.

    Returns:
        A row per scan; one that cannot be used has the reason in place of an explanation.

    Raises:
        RunError: the run has no finished fold.
        ManifestError: `masks` is no pattern.
        ConfigError: two scans would share a folder.
        ScanError: nothing found, or `masks` is a file that is not there.
    """
    paths = expand(scans)
    folders = _folders(paths, out)
    ensemble = load_ensemble(run)
    known = read_manifest(run.manifest) if run.manifest.exists() else ()
    masked = {
        scan.sha256: scan.mask_path for scan in known if scan.sha256 and scan.mask_path and scan.mask_path.exists()
    }
    explainer = _Explainer(ensemble, {scan.sha256 for scan in known}, Structures(masks, masked), progress)
    pairs = list(zip(paths, folders, strict=True))
    rows = [
        explainer.row(path, folder)
        for path, folder in watch(pairs, f"explaining {counted(len(paths), 'scan')}", progress)
    ]
    write_findings([finding for row in rows for finding in row.findings], out / "findings.json")
    return rows


@dataclass(frozen=True)
class _Explainer:
    """Explains one scan after the other.

    Attributes:
        own: SHA-256 of the run's own scans.
    """

    ensemble: Ensemble
    own: Collection[str | None]
    structures: Structures
    progress: Progress

    def row(self, path: Path, folder: Path) -> ExplainedScan:
        """Explain the scan and write its maps to `folder`, or say why it cannot be."""
        try:
            image = admitted_image(path)
            sha256 = scan_sha256(path)
            mask_path = self.structures.path(path, sha256)
            mask = None if mask_path is None else read_structure(mask_path, image, path)
        except ScanError as error:
            return ExplainedScan(str(path), refusal=str(error))
        try:
            explanation = explain(self.ensemble, image, mask, self.progress)
        except ScanError as error:
            return ExplainedScan(str(path), refusal=f"scan {path}: {error}")
        findings = tuple(replace(finding, scan_ids=(str(path),)) for finding in explanation.findings)
        estimate = explanation.estimate.flagged(OWN_SCAN) if sha256 in self.own else explanation.estimate
        explanation = replace(explanation, estimate=estimate, findings=findings)
        write_explanation(explanation, path.name, folder)
        return _explained(path, folder, explanation)


def _explained(path: Path, folder: Path, explanation: Explanation) -> ExplainedScan:
    integrated = explanation.integrated
    return ExplainedScan(
        path=str(path),
        folder=folder,
        sum_ml=integrated.sum_ml,
        due_ml=integrated.due_ml or 0.0,
        empty_ml=integrated.baseline_ml or 0.0,
        in_structure=explanation.mass_in_structure,
        hiding=explanation.hiding,
        flags=explanation.estimate.flags,
        findings=explanation.findings,
    )


def _folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """Below `out`, as the scans lie below the folder they share."""
    absolute = [Path(os.path.normpath(path.absolute())) for path in paths]  # a `..` would lead out of `out`
    shared = Path(os.path.commonpath([path.parent for path in absolute]))
    folders = [out / path.relative_to(shared).parent / scan_stem(path) for path in absolute]
    for folder in folders:
        if folders.count(folder) > 1:
            raise ConfigError(f"two of the scans would both be explained in {folder}. Explain them one at a time.")
    return folders
