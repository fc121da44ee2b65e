"""Phantoms on disk: scans as `.nrrd`, and the table of their volumes."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from volest.images.image import Image
from volest.images.nrrd import write_nrrd
from volest.phantoms.phantom import make_phantom
from volest.phantoms.population import PhantomPatient, PhantomPreset, draw_population
from volest.progress import Progress, Silent, watch
from volest.records.manifest import Manifest, Scan, write_manifest

_STUDY, _NEW_PATIENTS = 0, 1
"""Streams of random numbers that share a seed and nothing else."""


def write_phantoms(
    preset: PhantomPreset, folder: Path, seed: int, progress: Progress | None = None, masks: bool = False
) -> Path:
    """Write `scans/*.nrrd` and `labels.csv`, a valid manifest, below `folder`.

    Args:
        preset: which study.
        folder: made if need be; scans of the same name are replaced.
        seed: the same seed gives the same bytes.
        progress: told of each scan.
        masks: also write `masks/*.nrrd`, 1 inside the structure, and name them in the table.

    Returns:
        Path of the table.
    """
    sequence = np.random.SeedSequence([seed, _STUDY])
    return _write_study(preset, folder, "labels.csv", "p", sequence, progress, masks)


def write_new_patients(
    preset: PhantomPreset, folder: Path, seed: int, scans: int = 5, progress: Progress | None = None
) -> Path:
    """Write one scan of each of a few patients that `write_phantoms` with this seed never draws.

    Returns:
        Path of `truth.csv`, a table like `labels.csv`, to be opened after the prediction.
    """
    few = replace(preset, patients=scans, scans=scans)
    sequence = np.random.SeedSequence([seed, _NEW_PATIENTS])
    return _write_study(few, folder, "truth.csv", "new", sequence, progress, masks=False)


def _write_study(
    preset: PhantomPreset,
    folder: Path,
    table: str,
    prefix: str,
    sequence: np.random.SeedSequence,
    progress: Progress | None,
    masks: bool,
) -> Path:
    drawing, *noises = sequence.spawn(1 + preset.scans)
    patients = draw_population(preset, np.random.default_rng(drawing), prefix)
    rngs = iter(map(np.random.default_rng, noises))  # one each, so that a scan does not depend on those before it
    visits = [(patient, number) for patient in patients for number in range(len(patient.visits))]
    title = f"making {len(visits)} phantom scans"
    scans = [
        _write_visit(patient, number, folder, next(rngs), masks)
        for patient, number in watch(visits, title, progress or Silent())
    ]
    write_manifest(Manifest(tuple(scans)), folder / table)
    return folder / table


def _write_visit(patient: PhantomPatient, number: int, folder: Path, rng: np.random.Generator, masks: bool) -> Scan:
    visit = patient.visits[number]
    phantom = make_phantom(visit.parameters, rng)
    path = folder.absolute() / "scans" / f"{visit.scan_id}.nrrd"
    mask_path = folder.absolute() / "masks" / f"{visit.scan_id}.nrrd" if masks else None
    write_nrrd(phantom.image, path)
    if mask_path is not None:
        write_nrrd(Image(phantom.mask, phantom.image.affine), mask_path)
    return Scan(
        scan_id=visit.scan_id,
        patient_id=patient.patient_id,
        path=path,
        volume_ml=phantom.volume_ml,
        mask_path=mask_path,
        acquired_on=visit.acquired_on,
    )
