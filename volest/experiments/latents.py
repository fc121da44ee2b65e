"""The latents of a run: where the network of each fold puts every scan, and what can be read off that."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from volest.errors import ConfigError, FoldError, RunError
from volest.evaluation.comparison import compare
from volest.evaluation.latents.category_probe import probe_category, require_category
from volest.evaluation.latents.fingerprint import fingerprint
from volest.evaluation.latents.neighbours import Neighbourhood, neighbourhood, require_scan
from volest.evaluation.latents.verdict import answer
from volest.evaluation.latents.volume_probe import probe_volume, volume_skill
from volest.evaluation.latents.walk import DrawnWalk, volume_walk
from volest.evaluation.sample import judged_scans
from volest.experiments.baselines import run_baselines
from volest.experiments.embedding import embed_scans
from volest.experiments.preparation import PreparedRun
from volest.experiments.reopening import reopen_run
from volest.inference.encoder import FoldEncoder, network_encoder, pretrained_encoder
from volest.progress import Progress
from volest.records.judged import Value, manifest_columns
from volest.records.latents import FoldLatents, read_latents, write_latents
from volest.records.predictions import Prediction, read_predictions
from volest.records.probes import CategorySkill, Probes, write_probes
from volest.records.run import RunDirectory

PROBE = "linear probe"
DEVICE = "device"
BASELINES = {"thumbnail": "kernel ridge on thumbnails", "mean": "mean of the training patients"}
"""Those that stand beside the probe, and what they are called; the mean is a line for the table alone."""


@dataclass(frozen=True)
class LatentPlan:
    """What is asked of the latents of a run.

    Attributes:
        categories: columns of the manifest to probe; the device too, where there are several.
        fold: whose space the figures show; None for the first finished one.
        pretrained: look at the autoencoders of folds that have networks too.
        nearest: scan_id whose neighbours are named; None for none.
        seed: of permutations and draws of patients.
    """

    categories: tuple[str, ...] = ()
    fold: int | None = None
    pretrained: bool = False
    nearest: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class LatentStudy:
    """The latents of a run, and what was found in them.

    Attributes:
        shown: of the fold that the figures show.
        volume_ml: reference of each scan, by scan_id.
        columns: categories that were probed, by name: the value of each scan that has one, by scan_id.
        neighbourhood: of the scan that was asked about.
        walk: what the decoder draws from small volumes to large ones; None where nothing can be drawn.
    """

    directory: RunDirectory
    shown: FoldLatents
    probes: Probes
    volume_ml: Mapping[str, float]
    columns: Mapping[str, Mapping[str, str]]
    neighbourhood: Neighbourhood | None
    walk: DrawnWalk | None


def study_latents(path: Path, plan: LatentPlan, progress: Progress) -> LatentStudy:
    """Embed every scan by every finished fold and probe what comes out.

    Writes `latents.csv`, `probes.json` and the projector's files; locked patients are left alone.

    Raises:
        RunError: no run, no finished fold, too few scans in one, or no such scan.
        FoldError: no such fold.
        ConfigError: a category that the manifest has not, or that is none.
        ManifestError, ScanError: the scans of the run are no longer there, or have changed since.
    """
    directory = RunDirectory(path)
    encoders = _encoders(directory, plan)
    run = reopen_run(path, progress)
    columns = _categories(run, plan.categories)
    if plan.nearest is not None:
        held_out = [scan.scan_id for fold in encoders for scan in run.manifest.of(run.folds.held_out(fold))]
        require_scan(plan.nearest, held_out)
    latents = [embed_scans(run, fold, encoder, columns, progress) for fold, encoder in encoders.items()]
    write_latents(latents, directory.latents)
    spaces = {part.fold: part for part in read_latents(directory.latents)}  # so that all figures are of the file
    shown = min(spaces) if plan.fold is None else plan.fold
    volume_ml = {scan.scan_id: scan.volume_ml for scan in run.manifest}
    probes = _probed(run, tuple(spaces.values()), encoders[shown].kind, columns, plan.seed, progress)
    write_probes(probes, directory.probes)
    return LatentStudy(
        directory=directory,
        shown=spaces[shown],
        probes=probes,
        volume_ml=volume_ml,
        columns=columns,
        neighbourhood=None if plan.nearest is None else neighbourhood(plan.nearest, tuple(spaces.values())),
        walk=_walk(spaces[shown], volume_ml, encoders[shown]),
    )


def _encoders(directory: RunDirectory, plan: LatentPlan) -> dict[int, FoldEncoder]:
    """Those of the networks, or of the autoencoders where there are no networks or they are asked for."""
    networks, pretrained = directory.finished_folds(), directory.pretrained_folds()
    load, folds = (network_encoder, networks) if networks and not plan.pretrained else (pretrained_encoder, pretrained)
    if not folds:
        wanted = "pretrained fold" if plan.pretrained else "finished fold"
        command = "`volest pretrain --fold 0`" if plan.pretrained else "`volest train --fold 0`"
        raise RunError(f"run directory {directory.path} holds no {wanted}. Make one first: {command}.")
    if plan.fold is not None and plan.fold not in folds:
        raise FoldError(
            f"--fold {plan.fold}: the finished folds of {directory.path} are {', '.join(map(str, folds))}. Name one of "
            "them, or finish this one."
        )
    encoders = {fold: load(directory.fold(fold)) for fold in folds}
    drawing = {fold for fold, encoder in encoders.items() if encoder.autoencoder and encoder.autoencoder.decodes}
    if drawing and (lost := sorted(encoders.keys() - drawing)):
        raise RunError(
            f"fold {lost[0]} of {directory.path} has no decoder, and fold {min(drawing)} has: their latents are not of "
            f"one kind. Pretrain it anew with `volest pretrain --fold {lost[0]} --restart` and the same settings."
        )
    return encoders


def _walk(latents: FoldLatents, volume_ml: Mapping[str, float], encoder: FoldEncoder) -> DrawnWalk | None:
    walk = volume_walk(latents, volume_ml)
    rasters = None if encoder.autoencoder is None else encoder.autoencoder.draw(walk.vectors)
    return None if rasters is None else DrawnWalk(walk.volumes_ml, rasters)


def _categories(run: PreparedRun, asked: Sequence[str]) -> dict[str, dict[str, str]]:
    """The columns asked for, each with two values at least; the device too, where it can be probed."""
    known = manifest_columns(run.manifest.scans)
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ConfigError(
            f"--category {unknown[0]}: {run.directory.manifest} has no such column with values; it has "
            f"{', '.join(known)}."
        )
    words = {name: {scan: _word(v) for scan, v in column.items() if v is not None} for name, column in known.items()}
    patients = {scan.scan_id: scan.patient_id for scan in run.manifest if scan.patient_id not in run.folds.test}
    for name in asked:
        require_category(name, words[name], patients)
    with contextlib.suppress(ConfigError):  # nobody asked for it
        require_category(DEVICE, words.get(DEVICE, {}), patients)
        asked = [*asked, DEVICE]
    return {name: words[name] for name in dict.fromkeys(asked)}


def _word(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _probed(
    run: PreparedRun,
    latents: Sequence[FoldLatents],
    kind: str,
    columns: Mapping[str, Mapping[str, str]],
    seed: int,
    progress: Progress,
) -> Probes:
    # A stream each, so that a further category or a missing baseline moves no other figure.
    for_volume, for_others, for_patient, for_categories = np.random.default_rng(seed).spawn(4)
    scans = {scan.scan_id: scan for scan in run.manifest}
    said = {PROBE: probe_volume(latents, scans), **_others(run, [part.fold for part in latents], progress)}
    volume = tuple(volume_skill(name, predictions, for_volume) for name, predictions in said.items())
    found = fingerprint(latents, {name: scan.volume_ml for name, scan in scans.items()}, for_patient)
    told: list[CategorySkill] = [probe_category(name, value, latents, for_categories) for name, value in
                                 columns.items()]  # fmt: skip
    samples = {name: judged_scans(predictions) for name, predictions in said.items()}
    return Probes(
        answer=answer([skill for skill in volume if skill.name != BASELINES["mean"]], found, told),
        encoder=kind,
        features=latents[0].vectors.shape[1],
        folds=tuple(part.fold for part in latents),
        volume=volume,
        comparisons=compare(samples.pop(PROBE), samples, for_others),
        categories=tuple(told),
        fingerprint=found,
        remarks=tuple(_remarks(run, latents)),
    )


def _others(run: PreparedRun, folds: Sequence[int], progress: Progress) -> dict[str, list[Prediction]]:
    """The networks themselves and the baselines, on the same scans."""
    finished = set(run.directory.finished_folds())
    networks = [p for fold in folds if fold in finished for p in read_predictions(run.directory.fold(fold).predictions)]
    baselines = run_baselines(run, folds, progress)
    said = {"the networks": networks} if networks else {}
    return {**said, **{told: baselines[name] for name, told in BASELINES.items()}}


def _remarks(run: PreparedRun, latents: Sequence[FoldLatents]) -> list[str]:
    missing = run.folds.count - len(latents)
    remarks = [f"{missing} of {run.folds.count} folds are not finished: their patients are not judged."]
    return remarks if missing else []
