"""Whom a search may see: the training patients of an outer fold, parted again into inner folds."""

from collections.abc import Iterator
from pathlib import Path

from volest.config import Config
from volest.config.load import override
from volest.config.schema import RunConfig
from volest.datasets.split import check_folds, fold_proof, make_folds
from volest.errors import ConfigError, FoldError
from volest.experiments.preparation import PreparedRun, prepare_run
from volest.experiments.provenance import seen_by
from volest.experiments.tuning.space import SearchSpace
from volest.progress import Progress
from volest.records import atomic
from volest.records.folds import Folds, read_folds, write_folds
from volest.records.manifest import Manifest, read_manifest, write_manifest
from volest.wording import counted

LEARNT_FIRST = {"pretrain.enabled", "model.encoder_weights"}

MANIFEST, FOLDS, PROOF = "manifest.csv", "folds.csv", "folds.md"


def searched_run(
    config: Config, space: SearchSpace, fold: int | None, inner_folds: int, directory: Path, progress: Progress
) -> PreparedRun:
    """The scans that a search trains on and judges by, with its inner folds; no other scan is read.

    Held-out patients of the outer fold and locked ones stand in neither the manifest nor the folds, so that nothing
    behind this function knows where their scans lie.

    Args:
        config: the experiment; its folds are the outer ones.
        space: keys of it that trials will have other values of.
        fold: outer fold whose held-out patients are set aside; None searches on all but the locked patients.
        inner_folds: parts that the others are held out in by turns.
        directory: of the search, where manifest, inner folds and their proof are written.
        progress: told of each scan.

    Raises:
        ConfigError: the network of a trial would first learn from scans that may be of patients who are set aside.
        FoldError: no such fold, or too few patients.
        ManifestError, ScanError: the data cannot be used.
    """
    everyone = read_manifest(config.data.manifest)
    outer = _outer_folds(config, everyone)
    aside = outer.test | (outer.held_out(fold) if fold is not None else set())
    for variant in (config, *_other_starts(config, space)):
        _require_nothing_else(variant, aside)
    manifest = Manifest(everyone.of(set(everyone.patients) - aside))
    if len(manifest.patients) < inner_folds:
        raise FoldError(
            f"{inner_folds} inner folds need at least {inner_folds} patients, got {len(manifest.patients)}; "
            f"{len(aside)} more are set aside. Lower `--inner-folds`, or add patients."
        )
    split = config.split.model_copy(update={"folds": inner_folds, "leave_one_patient_out": False, "test_fraction": 0.0})
    folds = make_folds(manifest, split, config.seed)
    write_manifest(manifest, directory / MANIFEST)
    write_folds(folds, directory / FOLDS)
    atomic.write_text(directory / PROOF, fold_proof(manifest, folds))
    data = config.data.model_copy(update={"manifest": directory / MANIFEST, "folds": directory / FOLDS})
    inner = config.model_copy(update={"data": data, "run": RunConfig(directory=directory / "whole")})
    return prepare_run(inner, progress)


def set_aside(config: Config, run: PreparedRun) -> int:
    """How many patients of the experiment the search does not see."""
    return len(set(read_manifest(config.data.manifest).patients) - set(run.manifest.patients))


def _outer_folds(config: Config, manifest: Manifest) -> Folds:
    """As `volest cv` has them with this configuration."""
    if config.data.folds is None:
        return make_folds(manifest, config.split, config.seed)
    folds = read_folds(config.data.folds)
    check_folds(manifest, folds)
    return folds


def _other_starts(config: Config, space: SearchSpace) -> Iterator[Config]:
    """The configuration with each value of the space that lets a network learn from other scans first."""
    for key in LEARNT_FIRST & space.ranges.keys():
        for value in space.ranges[key].probes():
            yield override(config, {key: value}, str(space))


def _require_nothing_else(config: Config, aside: set[str]) -> None:
    if not aside:
        return
    if config.pretrain.enabled and config.data.unlabelled is not None:
        raise ConfigError(
            f"data.unlabelled {config.data.unlabelled} may hold scans of the {len(aside)} patients that the search "
            "must not see, and only reading those could tell. Search with `--set data.unlabelled=null`, and set it "
            "again to train the best configuration."
        )
    files = {scan.sha256 for scan in read_manifest(config.data.manifest) if scan.patient_id in aside} - {None}
    seen = seen_by(config.model.encoder_weights)
    leaks = [scan for scan in seen if scan.patient_id in aside or scan.sha256 in files]
    if leaks:
        raise ConfigError(
            f"model.encoder_weights {config.model.encoder_weights} has seen {counted(len(leaks), 'scan')} of patients "
            f"that the search must not see, such as {leaks[0].scan_id!r}. Set it to null, or pretrain on other scans."
        )
