"""Every scan of a run put into the latent space of one fold, for the probes and for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from volest.evaluation.latents.space import require_enough
from volest.experiments.preparation import PreparedRun
from volest.images.formats import read_image
from volest.inference.encoder import FoldEncoder
from volest.inference.projector import write_projector
from volest.preprocessing.cache import ScanCache, default_cache
from volest.progress import Progress, watch
from volest.records.latents import FoldLatents
from volest.records.manifest import Scan


def embed_scans(
    run: PreparedRun,
    fold: int,
    encoder: FoldEncoder,
    columns: Mapping[str, Mapping[str, str]],
    progress: Progress,
) -> FoldLatents:
    """The latents of all scans but those of locked patients; written to the projector's files too.

    Args:
        run: with its scans and folds.
        fold: whose encoder it is.
        encoder: of the fold.
        columns: categories that the projector shows: the value of each scan that has one, by scan_id.
        progress: told of each scan.

    Raises:
        ModelError: the encoder has no latent space.
        RunError: too few scans, or a latent that is not finite.
    """
    scans = [scan for scan in run.manifest if scan.patient_id not in run.folds.test]
    cache = ScanCache(run.config.preprocessing.cache or default_cache(), encoder.grid, encoder.clip_percentiles)
    entries = [cached(scan, cache) for scan in watch(scans, f"fold {fold}: preparing scans", progress)]
    held_out = run.folds.held_out(fold)
    latents = FoldLatents(
        fold=fold,
        scan_ids=tuple(scan.scan_id for scan in scans),
        patient_ids=tuple(scan.patient_id for scan in scans),
        held_out=np.array([scan.patient_id in held_out for scan in scans]),
        vectors=encoder.latents(entries),
    )
    require_enough(latents)
    known = {"volume_ml": [f"{scan.volume_ml:.4g}" for scan in scans]}
    known |= {name: [value_of_scan.get(scan.scan_id, "") for scan in scans] for name, value_of_scan in columns.items()}
    write_projector(latents, known, entries, run.directory.projector / f"fold_{fold}")
    return latents


def cached(scan: Scan, cache: ScanCache) -> Path:
    """The file of a preprocessed scan, made where it is missing."""
    assert scan.sha256 is not None
    return cache.ensure(scan.sha256, lambda: read_image(scan.path))
