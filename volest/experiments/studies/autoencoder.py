"""An autoencoder as the trial of a study: pretrained on a fold, judged by what it gives back and by a linear probe."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float

from volest.evaluation.latents.variation import spread_between_patients
from volest.evaluation.latents.volume_probe import probe_volume
from volest.experiments.embedding import cached, embed_scans
from volest.experiments.fold import alone, fold_grid
from volest.experiments.preparation import PreparedRun, record_run
from volest.experiments.pretraining import pretrain_fold, require_start
from volest.inference.autoencoder import TrainedAutoencoder, load_autoencoder
from volest.inference.encoder import pretrained_encoder
from volest.inference.model import LARGEST_BATCH
from volest.preprocessing.cache import ScanCache, default_cache
from volest.progress import Progress
from volest.records.latents import HELD_OUT, TRAINING, write_latents
from volest.records.manifest import Scan
from volest.records.predictions import write_predictions
from volest.records.reconstructions import ScanReconstruction, write_reconstructions
from volest.training.reconstruction import ReconstructionScans, UnlabelledExample
from volest.training.reconstruction_loss import RECONSTRUCTION_LOSSES

Rasters = Float[np.ndarray, "scan i j k"]


def finish_autoencoder(run: PreparedRun, fold: int, progress: Progress) -> None:
    """Whatever part of the pretraining of a fold is still to do, and its judgement; the predictions are the probe's.

    Raises:
        ConfigError, ModelError, RunError, ScanError, TrainingError: as of the pretraining.
    """
    directory, grid = run.directory.fold(fold), fold_grid(run, fold)
    require_start(run, fold, grid)
    record_run(run)
    with alone(run, fold):
        pretrain_fold(run, fold, grid, progress)
        latents = embed_scans(run, fold, pretrained_encoder(directory), {}, progress)
        held_out, training = run.manifest.of(run.folds.held_out(fold)), run.manifest.of(run.folds.training(fold))
        trained = load_autoencoder(directory)
        rows = [*_judge(run, trained, training, TRAINING), *_judge(run, trained, held_out, HELD_OUT)]
        write_latents([latents], directory.latents)
        write_reconstructions(rows, directory.reconstructions)
        write_predictions(probe_volume([latents], {s.scan_id: s for s in run.manifest}), directory.predictions)


def reconstruct(
    run: PreparedRun, trained: TrainedAutoencoder, scans: Sequence[Scan]
) -> tuple[Rasters, Rasters, Bool[np.ndarray, "scan i j k"]]:
    """What the autoencoder gives back of scans that are corrupted as in its training, but not moved.

    Returns:
        The reconstructions and what they should be, standardised, and the fan.
    """
    record = trained.record
    cache = ScanCache(run.config.preprocessing.cache or default_cache(), record.grid, record.clip_percentiles)
    examples = [UnlabelledExample(scan.scan_id, scan.patient_id, cached(scan, cache)) for scan in scans]
    corrupted = ReconstructionScans(examples, None, record.pretrain, record.seed)
    drawn, targets, fans = [], [], []
    for start in range(0, len(scans), LARGEST_BATCH):
        seen, target, fan = corrupted[[(0, n) for n in range(start, min(start + LARGEST_BATCH, len(scans)))]]
        with torch.inference_mode():
            drawn.append(trained.network(seen.contiguous(memory_format=torch.channels_last_3d)))
        targets.append(target)
        fans.append(fan)
    together = (torch.cat(parts)[:, 0].numpy() for parts in (drawn, targets, fans))
    reconstructions, wanted, fan_of_scan = together
    return reconstructions, wanted, fan_of_scan


def _judge(run: PreparedRun, trained: TrainedAutoencoder, scans: Sequence[Scan], part: str) -> list[ScanReconstruction]:
    drawn, wanted, fan = reconstruct(run, trained, scans)
    loss = RECONSTRUCTION_LOSSES[trained.record.pretrain.loss]
    losses = [
        float(loss(*(torch.from_numpy(np.ascontiguousarray(raster))[None, None] for raster in of_scan)))
        for of_scan in zip(drawn, wanted, fan, strict=True)
    ]
    patients = [scan.patient_id for scan in scans]
    spread, input_spread = (
        spread_between_patients((rasters * fan).reshape(len(scans), -1), patients) for rasters in (drawn, wanted)
    )
    return [
        ScanReconstruction(scan.scan_id, scan.patient_id, part, *numbers)
        for scan, *numbers in zip(scans, losses, spread.tolist(), input_spread.tolist(), strict=True)
    ]
