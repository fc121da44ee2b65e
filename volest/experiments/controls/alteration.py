"""What a control takes away: whose label is whose, the order of the voxels, or everything but the field of view."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from volest.geometry import Grid, centred_affine
from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.preprocessing.intensity import Voxels
from volest.preprocessing.pipeline import prepare
from volest.progress import Progress, watch
from volest.records.manifest import Manifest, Scan, write_manifest

DEALS = 500
"""Permutations that are drawn; the one that has least to do with the truth is taken."""

Alteration = Callable[[Voxels, Voxels], Voxels]
"""From a scan on the grid, and what of the grid the scan fills (1 inside, 0 outside), to what the network is shown."""


def permute_labels(manifest: Manifest, patients: set[str], rng: np.random.Generator) -> Manifest:
    """Give the scans of each of these patients the references of another one, in turn; all others keep their own.

    Of many permutations the one is taken whose references correlate least with the true ones: by chance alone some
    would still rank the patients, and a network would rightly learn that.
    """
    volumes_ml: dict[str, list[float]] = defaultdict(list)
    for scan in manifest.of(patients):
        volumes_ml[scan.patient_id].append(scan.volume_ml)
    names = sorted(volumes_ml)
    deals = [dict(zip(names, rng.permutation(names).tolist(), strict=True)) for _ in range(DEALS)]
    truth = np.log([volume_ml for name in names for volume_ml in volumes_ml[name]])

    def likeness(deal: Mapping[str, str]) -> float:
        dealt = np.log([volume_ml for name in names for volume_ml in _dealt(name, deal, volumes_ml)])
        return abs(float(np.corrcoef(truth, dealt)[0, 1])) if np.ptp(truth) and np.ptp(dealt) else 0.0

    best = min(deals, key=likeness)
    left = {name: _dealt(name, best, volumes_ml) for name in names}
    return Manifest(
        tuple(
            replace(scan, volume_ml=left[scan.patient_id].pop(0)) if scan.patient_id in left else scan
            for scan in manifest
        )
    )


def _dealt(name: str, deal: Mapping[str, str], volumes_ml: Mapping[str, list[float]]) -> list[float]:
    """As many as the patient has scans, of those of the other patient."""
    given = volumes_ml[deal[name]]
    return [given[place % len(given)] for place in range(len(volumes_ml[name]))]


def shuffle_voxels(grid: Grid, rng: np.random.Generator) -> Alteration:
    """One order for all scans, in which grey levels stay and everything that has a place is gone."""
    order = rng.permutation(int(np.prod(grid.shape)))
    return lambda voxels, filled: voxels.ravel()[order].reshape(grid.shape)


def keep_field_of_view(rng: np.random.Generator) -> Alteration:
    """Noise wherever the scan fills the grid, another for each scan, so that nothing but its extent is seen."""
    return lambda voxels, filled: np.where(filled > 0.5, rng.uniform(0.25, 1, filled.shape), 0).astype(np.float32)


def write_altered(
    manifest: Manifest,
    grid: Grid,
    clip_percentiles: tuple[float, float],
    alter: Alteration,
    folder: Path,
    progress: Progress,
) -> None:
    """Write every scan on the grid as it was altered, and last a manifest of these files, without masks.

    A scan on a stretched grid keeps its field of view.
    """
    scans = [
        _altered(scan, folder / f"{place}.nrrd", grid, clip_percentiles, alter)
        for place, scan in enumerate(watch(manifest.scans, f"{folder.parent.name}: writing scans", progress))
    ]
    write_manifest(Manifest(tuple(scans)), folder / "manifest.csv")


def _altered(scan: Scan, path: Path, grid: Grid, clip_percentiles: tuple[float, float], alter: Alteration) -> Scan:
    image = read_image(scan.path)
    voxels = alter(prepare(image, grid, clip_percentiles).voxels, _filled(image, grid))
    ras = image.nearest_ras()
    i, j, k = (n * step / size for n, step, size in zip(ras.shape, ras.spacing_mm, grid.shape, strict=True))
    spacing_mm = (i, j, k) if grid.spacing_mm is None else (grid.spacing_mm,) * 3
    grey_levels = np.round(255 * voxels).astype(np.uint8)
    write_nrrd(Image(grey_levels, centred_affine(grid.shape, spacing_mm)), path)
    return Scan(scan.scan_id, scan.patient_id, path.absolute(), scan.volume_ml)


def _filled(image: Image, grid: Grid) -> Voxels:
    ones = np.ones(image.shape, dtype=np.uint8)
    ones[0, 0, 0] = 0  # the lowest value is background, wherever it is
    return prepare(Image(ones, image.affine), grid, (0.0, 100.0)).voxels
