"""What the trials of autoencoders say beside the error of the probe: reconstructions and latents, arm by arm."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image
from torch import Tensor

from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.error_size import mean_absolute_error
from volest.evaluation.holm import holm_of_known
from volest.evaluation.latents.projection import pca_projection
from volest.evaluation.latents.volume_probe import volume_skill
from volest.evaluation.sample import Sample
from volest.experiments.studies.answer import is_shown
from volest.experiments.studies.autoencoder import reconstruct
from volest.experiments.studies.definition import Losses, Study
from volest.experiments.studies.outcome import paired
from volest.experiments.studies.trial import Result, Trial
from volest.inference.autoencoder import load_autoencoder
from volest.records.latents import read_latents
from volest.records.predictions import Prediction
from volest.records.reconstructions import ScanReconstruction
from volest.records.study import DrawnScan, ReconstructionSummary, StudyProjection, StudyRecord
from volest.training.pretraining_board import grey

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
    of_arm = {arm.name: [r for r in results if r.labels["arm"] == arm.name and r.reconstructions] for arm in study.arms}
    ended = {name: own for name, own in of_arm.items() if own}
    losses = {name: held_out_losses(own) for name, own in ended.items()}
    summaries = {name: _summary(own, losses[name], rng) for name, own in ended.items()}
    summaries = _compared(summaries, losses, study.against, rng)
    concluded = study.conclude_losses(summaries) if study.conclude_losses else loss_answer(summaries, study.against)
    first = [t for t in trials if t.is_finished and t.labels["seed"] == trials[0].labels["seed"] and t.fold == 0]
    return replace(
        record,
        arms=tuple(replace(arm, reconstruction=summaries.get(arm.name)) for arm in record.arms),
        notes=(*record.notes, NOTE),
        answer=f"{record.answer} {concluded}",
        reconstructions=_drawn(first),
        projections=tuple(_projection(trial) for trial in first),
    )


def reconstruction_figures(rows: Sequence[ScanReconstruction]) -> dict[str, float]:
    """Losses and individual variation of the scans of one trial or of several; NaN where there is none."""
    training, held_out = [r for r in rows if not r.is_held_out], [r for r in rows if r.is_held_out]
    input_spread = sum(row.input_spread for row in held_out)
    return {
        "train_reconstruction_loss": float(np.mean([row.loss for row in training])),
        "held_out_reconstruction_loss": float(np.mean([row.loss for row in held_out])),
        "individual_variation": sum(row.spread for row in held_out) / input_spread if input_spread else float("nan"),
    }


def held_out_losses(results: Sequence[Result]) -> Sample:
    """Each held-out scan with its mean loss over the seeds, in place of an error."""
    losses: dict[tuple[str, str], list[float]] = {}
    for row in (row for result in results for row in result.reconstructions if row.is_held_out):
        losses.setdefault((row.scan_id, row.patient_id), []).append(row.loss)
    whose = sorted(losses)
    means = np.array([np.mean(losses[scan]) for scan in whose], dtype=float)
    return Sample(tuple(s for s, _ in whose), tuple(p for _, p in whose), means, np.zeros(len(means)))


def loss_answer(summaries: Losses, against: str) -> str:
    """Which arm reconstructs held-out scans best, and whether it is shown to."""
    base, others = summaries.get(against), {name: s for name, s in summaries.items() if name != against}
    if base is None or not others:
        return "Nothing can be said of the reconstructions: too few autoencoders were pretrained to their end."
    lower = {name: s for name, s in others.items() if (s.change.value or 0.0) < 0}
    if not lower:
        return f"Held-out scans are reconstructed best with {against}: loss {_loss(base)}."
    shown = {name: s for name, s in lower.items() if is_shown(s.change, s.p)}
    least, best = (min(of, key=lambda name: lower[name].change.value or 0.0) for of in (lower, shown or lower))
    told = f"{_loss(others[best])}, against {_loss(base)} with {against}"
    if shown:
        return f"Held-out scans are reconstructed {'best' if best == least else 'better'} with {best}: loss {told}."
    return (
        f"Nothing is shown to reconstruct held-out scans better than {against}: {best} has {told}, perhaps by chance."
    )


def _loss(summary: ReconstructionSummary) -> str:
    return f"{summary.held_out_loss.value:.3f}"


def _summary(results: Sequence[Result], losses: Sample, rng: np.random.Generator) -> ReconstructionSummary:
    of_seed: dict[object, list[Prediction]] = {}
    for result in results:
        of_seed.setdefault(result.labels["seed"], []).extend(result.held_out)
    skills = [volume_skill("linear probe", told, rng) for told in of_seed.values()]
    figures = reconstruction_figures([row for result in results for row in result.reconstructions])
    return ReconstructionSummary(
        train_loss=figures["train_reconstruction_loss"],
        held_out_loss=Bootstrap(losses, rng).figure(mean_absolute_error),
        individual_variation=_mean([figures["individual_variation"]]),
        probe_r2=_mean([skill.r2.value for skill in skills]),
        probe_rho=_mean([skill.spearman_rho.value for skill in skills]),
    )


def _mean(numbers: Sequence[float | None]) -> float | None:
    finite = [number for number in numbers if number is not None and np.isfinite(number)]
    return float(np.mean(finite)) if finite else None


def _compared(
    summaries: Losses, losses: Mapping[str, Sample], against: str, rng: np.random.Generator
) -> dict[str, ReconstructionSummary]:
    if against not in losses:
        return dict(summaries)
    others = {name: own for name, own in losses.items() if name != against}
    rows = {name: row for name, own in others.items() if (row := paired(own, losses[against], rng))}
    corrected = holm_of_known([row.p for row in rows.values()])
    changed = {
        name: replace(summaries[name], change=row.mae_difference_ml, p=p)
        for (name, row), p in zip(rows.items(), corrected, strict=True)
    }
    return {**summaries, **changed}


def _drawn(trials: Sequence[Trial]) -> tuple[DrawnScan, ...]:
    """The first held-out scans, and their reconstructions by each arm."""
    if not trials:
        return ()
    run, fold = trials[0].run, trials[0].fold
    scans = run.manifest.of(run.folds.held_out(fold))[:DRAWN_SCANS]
    of_arm = {str(t.labels["arm"]): next(reconstruct(t.run, load_autoencoder(t.directory), scans)) for t in trials}
    target = next(iter(of_arm.values()))
    return tuple(
        DrawnScan(
            scan.scan_id,
            _middle(target.target[n, 0], target.fan[n, 0]),
            {arm: _middle(batch.reconstruction[n, 0], batch.fan[n, 0]) for arm, batch in of_arm.items()},
        )
        for n, scan in enumerate(scans)
    )


def _middle(raster: Tensor, fan: Tensor) -> str:
    """The axial plane through the middle as PNG in base64, black around the fan."""
    k = raster.shape[2] // 2
    levels = grey(raster[:, :, k].numpy()) * fan[:, :, k].numpy()
    encoded = io.BytesIO()
    Image.fromarray(np.rot90(np.round(255 * levels).astype(np.uint8)).copy()).save(encoded, format="PNG")
    return base64.b64encode(encoded.getvalue()).decode()


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
