"""An autoencoder as the trial of a study: pretrained on a fold, judged by its reconstructions and by a linear probe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from volest.errors import RunError
from volest.evaluation.latents.variation import spread_between_patients
from volest.evaluation.latents.volume_probe import probe_volume
from volest.experiments.embedding import embed_scans
from volest.experiments.fold import alone, fold_grid
from volest.experiments.preparation import PreparedRun, record_run
from volest.experiments.pretraining import pretrain_fold, require_start, unlabelled_example
from volest.inference.autoencoder import TrainedAutoencoder
from volest.inference.encoder import pretrained_encoder
from volest.inference.model import LARGEST_BATCH
from volest.preprocessing.cache import ScanCache, default_cache
from volest.progress import Progress
from volest.records.latents import HELD_OUT, TRAINING, write_latents
from volest.records.manifest import Scan
from volest.records.predictions import write_predictions
from volest.records.reconstructions import ScanReconstruction, write_reconstructions
from volest.training.reconstruction import ReconstructionScans
from volest.training.reconstruction_loss import RECONSTRUCTION_LOSSES


@dataclass(frozen=True)
class Reconstructed:
    """A batch of scans, standardised, each (batch, 1, i, j, k), and the fan inside which they count."""

    reconstruction: Tensor
    target: Tensor
    fan: Tensor


def finish_autoencoder(run: PreparedRun, fold: int, progress: Progress) -> None:
    """Whatever part of the pretraining of a fold is still to do, and its judgement.

    Raises:
        ConfigError, ModelError, RunError, ScanError, TrainingError: as of the pretraining.
    """
    directory, grid = run.directory.fold(fold), fold_grid(run, fold)
    require_start(run, fold, grid)
    record_run(run)
    if run.config.training.threads is not None:
        torch.set_num_threads(run.config.training.threads)
    with alone(run, fold):
        pretrain_fold(run, fold, grid, progress)
        encoder = pretrained_encoder(directory)
        assert encoder.autoencoder is not None
        latents = embed_scans(run, fold, encoder, {}, progress)
        write_latents([latents], directory.latents)
        write_reconstructions(_judge(run, fold, encoder.autoencoder), directory.reconstructions)
        write_predictions(probe_volume([latents], {s.scan_id: s for s in run.manifest}), directory.probe)


def reconstruct(run: PreparedRun, trained: TrainedAutoencoder, scans: Sequence[Scan]) -> Iterator[Reconstructed]:
    """The scans, corrupted as in the pretraining but not moved, through the autoencoder; batch by batch.

    Raises:
        RunError: the autoencoder has lost its decoder.
    """
    if not trained.decodes:
        raise RunError(
            f"the decoder of an autoencoder of {run.directory.path} is gone, and with it what it reconstructs. Remove "
            "that folder, and the study pretrains it anew."
        )
    record = trained.record
    cache = ScanCache(run.config.preprocessing.cache or default_cache(), record.grid, record.clip_percentiles)
    examples = [unlabelled_example(scan, scan.sha256, cache) for scan in scans if scan.sha256 is not None]
    corrupted = ReconstructionScans(examples, None, record.pretrain, record.seed)
    for start in range(0, len(scans), LARGEST_BATCH):
        seen, target, fan = corrupted[[(0, n) for n in range(start, min(start + LARGEST_BATCH, len(scans)))]]
        with torch.inference_mode():
            drawn = trained.network(seen.contiguous(memory_format=torch.channels_last_3d))
        yield Reconstructed(drawn, target, fan)


def _judge(run: PreparedRun, fold: int, trained: TrainedAutoencoder) -> list[ScanReconstruction]:
    training, held_out = run.manifest.of(run.folds.training(fold)), run.manifest.of(run.folds.held_out(fold))
    known = [loss for batch in reconstruct(run, trained, training) for loss in _losses(trained, batch)]
    rows = [
        ScanReconstruction(scan.scan_id, scan.patient_id, TRAINING, loss, 0.0, 0.0)
        for scan, loss in zip(training, known, strict=True)
    ]
    batches = list(reconstruct(run, trained, held_out))
    fans = torch.cat([batch.fan for batch in batches]).flatten(1).numpy()
    patients = [scan.patient_id for scan in held_out]
    spread, input_spread = (
        spread_between_patients(torch.cat(rasters).flatten(1).double().numpy(), fans, patients).tolist()
        for rasters in ([batch.reconstruction for batch in batches], [batch.target for batch in batches])
    )
    losses = [loss for batch in batches for loss in _losses(trained, batch)]
    return rows + [
        ScanReconstruction(scan.scan_id, scan.patient_id, HELD_OUT, *numbers)
        for scan, *numbers in zip(held_out, losses, spread, input_spread, strict=True)
    ]


def _losses(trained: TrainedAutoencoder, batch: Reconstructed) -> list[float]:
    """Of each scan by itself."""
    loss = RECONSTRUCTION_LOSSES[trained.record.pretrain.loss]
    scans = zip(batch.reconstruction, batch.target, batch.fan, strict=True)
    return [float(loss(*(raster[None] for raster in of_scan))) for of_scan in scans]
