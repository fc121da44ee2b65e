"""What the trials of autoencoders say beside the error of the probe: reconstructions and latents, arm by arm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8
from scipy import stats

from volest.evaluation.holm import holm
from volest.evaluation.latents.projection import pca_projection
from volest.evaluation.metrics import agreement
from volest.evaluation.sample import Sample
from volest.experiments.studies.autoencoder import reconstruct
from volest.experiments.studies.definition import Study
from volest.experiments.studies.outcome import paired
from volest.experiments.studies.trial import Result, Trial
from volest.inference.autoencoder import load_autoencoder
from volest.records.latents import read_latents
from volest.records.predictions import Prediction
from volest.records.reconstructions import ScanReconstruction
from volest.records.study import ArmSummary, DrawnScan, StudyProjection, StudyRecord
from volest.training.pretraining_board import GREY_SD

TRAINING_LOSS, HELD_OUT_LOSS, LOSS_CHANGE = "Training loss", "Held-out loss", "Change of it"
LOSS_P, R2, SPEARMAN, VARIATION = "p of it (Holm)", "Probe R²", "Probe Spearman", "Individual variation"

DRAWN_SCANS = 3

NOTE = (
    "An autoencoder is judged as it is, nothing of it is trained any further: the error in mL is that of a linear "
    "probe (ridge to log volume) of its latents, fitted on the training scans of its fold. Losses are of scans "
    "corrupted as in the training but not moved, inside the fan; they are compared patient by patient. Individual "
    "variation: how far apart the reconstructions of different held-out patients lie, relative to their scans; 1 keeps "
    "all that tells them apart, 0 draws one picture for all."
)


def with_reconstructions(
    record: StudyRecord,
    study: Study,
    trials: Sequence[Trial],
    results: Sequence[Result],
    rng: np.random.Generator,
) -> StudyRecord:
    """The record with the figures of each autoencoder, its reconstructions and its latents drawn side by side."""
    ended = {arm.name: [r for r in results if r.labels["arm"] == arm.name and r.reconstructions] for arm in record.arms}
    measures = {name: _measures(own) for name, own in ended.items() if own}
    _compare_losses(measures, {name: _losses(own) for name, own in ended.items() if own}, study.against, rng)
    first = [t for t in trials if t.is_finished and t.labels["seed"] == trials[0].labels["seed"] and t.fold == 0]
    return replace(
        record,
        arms=tuple(replace(arm, measures=measures.get(arm.name, {})) for arm in record.arms),
        notes=(*record.notes, NOTE),
        answer=f"{record.answer} {_told(record.arms, measures)}".strip(),
        reconstructions=_drawn(first),
        projections=tuple(_projection(trial) for trial in first),
    )


def reconstruction_figures(rows: Sequence[ScanReconstruction]) -> dict[str, float]:
    """Losses and individual variation of the scans of one trial or of several."""
    training, held_out = [r for r in rows if not r.is_held_out], [r for r in rows if r.is_held_out]
    input_spread = sum(row.input_spread for row in held_out)
    return {
        TRAINING_LOSS: float(np.mean([row.loss for row in training])),
        HELD_OUT_LOSS: float(np.mean([row.loss for row in held_out])),
        VARIATION: sum(row.spread for row in held_out) / input_spread if input_spread else float("nan"),
    }


def _measures(results: Sequence[Result]) -> dict[str, float]:
    of_seed: dict[object, list[Prediction]] = {}
    for result in results:
        of_seed.setdefault(result.labels["seed"], []).extend(result.held_out)
    rhos = [
        float(stats.spearmanr([p.predicted_ml for p in told], [p.reference_ml for p in told]).statistic)
        for told in of_seed.values()
    ]
    return {
        **reconstruction_figures([row for result in results for row in result.reconstructions]),
        R2: float(np.mean([agreement(told).r2 for told in of_seed.values()])),
        SPEARMAN: float(np.mean(rhos)),
    }


def _losses(results: Sequence[Result]) -> Sample:
    """Each held-out scan with its mean loss over the seeds, in place of an error."""
    losses: dict[tuple[str, str], list[float]] = {}
    for row in (row for result in results for row in result.reconstructions if row.is_held_out):
        losses.setdefault((row.scan_id, row.patient_id), []).append(row.loss)
    whose = sorted(losses)
    means = np.array([np.mean(losses[scan]) for scan in whose], dtype=float)
    return Sample(tuple(s for s, _ in whose), tuple(p for _, p in whose), means, np.zeros(len(means)))


def _compare_losses(
    measures: Mapping[str, dict[str, float]], losses: Mapping[str, Sample], against: str, rng: np.random.Generator
) -> None:
    if against not in losses:
        return
    compared = {name: paired(own, losses[against], rng) for name, own in losses.items() if name != against}
    tested = {name: row.p for name, row in compared.items() if row.p is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    for name, row in compared.items():
        assert row.mae_difference_ml.value is not None
        measures[name][LOSS_CHANGE] = row.mae_difference_ml.value
        if name in corrected:
            measures[name][LOSS_P] = corrected[name]


def _told(arms: Sequence[ArmSummary], measures: Mapping[str, Mapping[str, float]]) -> str:
    if len(measures) < 2:
        return ""
    best = min(measures, key=lambda name: measures[name][HELD_OUT_LOSS])
    base = next((arm.name for arm in arms if not arm.against and arm.name in measures), best)
    p = measures[best].get(LOSS_P)
    shown = "" if best == base else f", against {measures[base][HELD_OUT_LOSS]:.3f} with {base}"
    chance = "" if p is None else f" (p {p:.3f}, Holm)" if p >= 0.001 else " (p < 0.001, Holm)"
    return (
        f"Held-out scans are reconstructed best with {best}: loss {measures[best][HELD_OUT_LOSS]:.3f}{shown}{chance}."
    )


def _drawn(trials: Sequence[Trial]) -> tuple[DrawnScan, ...]:
    """The first held-out scans, and what each arm gives back of them."""
    if not trials:
        return ()
    run, fold = trials[0].run, trials[0].fold
    scans = run.manifest.of(run.folds.held_out(fold))[:DRAWN_SCANS]
    given = {str(t.labels["arm"]): reconstruct(t.run, load_autoencoder(t.directory), scans) for t in trials}
    _, wanted, _ = next(iter(given.values()))
    return tuple(
        DrawnScan(
            scan.scan_id,
            _middle(wanted[n]).tolist(),
            {arm: _middle(drawn[n] * fan[n] + wanted[n] * ~fan[n]).tolist() for arm, (drawn, _, fan) in given.items()},
        )
        for n, scan in enumerate(scans)
    )


def _middle(raster: Float[np.ndarray, "i j k"]) -> UInt8[np.ndarray, "row column"]:
    """The axial plane through the middle as grey levels."""
    plane = np.rot90(raster[:, :, raster.shape[2] // 2])
    return np.round(255 * np.clip((plane / GREY_SD + 1) / 2, 0, 1)).astype(np.uint8)


def _projection(trial: Trial) -> StudyProjection:
    (latents,) = read_latents(trial.directory.latents)
    projection = pca_projection(latents)
    volume_ml = {scan.scan_id: scan.volume_ml for scan in trial.run.manifest}
    return StudyProjection(
        arm=str(trial.labels["arm"]),
        axes=projection.axes,
        x=tuple(projection.points[:, 0].tolist()),
        y=tuple(projection.points[:, 1].tolist()),
        volume_ml=tuple(volume_ml[scan] for scan in latents.scan_ids),
        held_out=tuple(latents.held_out.tolist()),
    )
