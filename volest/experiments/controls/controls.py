"""The controls of one fold of a run: short trainings beside one on unchanged scans, so that each has its measure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from volest.config import load_recorded_config
from volest.diagnostics.verdict import NotApplicable, Passed, Verdict
from volest.errors import RunError, TrainingError
from volest.experiments.controls.alteration import (
    Alteration,
    keep_field_of_view,
    permute_labels,
    shuffle_voxels,
    write_altered,
)
from volest.experiments.controls.shortening import for_altered, for_permuted, shortened
from volest.experiments.controls.skill import Skill, skill_of
from volest.experiments.controls.verdicts import (
    FIELD_OF_VIEW,
    ONE_BATCH,
    SHUFFLED,
    judge_one_batch,
    judge_permuted,
    judge_remainder,
)
from volest.experiments.fold import finish_fold, fold_data, fold_grid
from volest.experiments.one_batch import batch_of, learn
from volest.experiments.preparation import PreparedRun, derive_run, prepare_run
from volest.experiments.rehearsal import limited_threads
from volest.progress import Muted, Progress
from volest.records.controls import ControlsRecord, training_of, write_controls
from volest.records.findings import Finding, Severity
from volest.records.run import RunDirectory
from volest.training.machine import choose_device, choose_precision

PERMUTATIONS = 2
"""The second is tried only where the first shows skill: of one in twenty folds chance makes a skill."""

BATCH_STEPS = 300
BATCH_SECONDS = 60.0


def run_controls(path: Path, fold: int, progress: Progress) -> list[Verdict]:
    """Train the controls of a fold below `path/controls`, finished ones left as they are; one verdict each, recorded.

    Raises:
        RunError: no run.
        FoldError: no such fold.
        ManifestError, ScanError: the scans of the run are no longer there.
        TrainingError: a control diverged.
    """
    directory = RunDirectory(path)
    if not (directory.config.exists() and directory.manifest.exists() and directory.folds.exists()):
        raise RunError(
            f"{path} is no run with scans and folds to train on: expected config.yaml, manifest.csv and folds.csv as "
            "`volest train` and `volest cv` write them."
        )
    verdicts = _Controls(directory, fold, progress).verdicts()
    write_controls(_record(verdicts, directory, fold), directory.control_verdicts(fold))
    return verdicts


def _record(verdicts: Sequence[Verdict], run: RunDirectory, fold: int) -> ControlsRecord:
    return ControlsRecord(
        fold=fold,
        made_on=datetime.now(UTC).date(),
        training=training_of(run.fold(fold)),
        findings=tuple(v for v in verdicts if isinstance(v, Finding)),
        passed=tuple((v.code, v.sentence) for v in verdicts if isinstance(v, Passed)),
        not_applicable=tuple((v.code, v.reason) for v in verdicts if isinstance(v, NotApplicable)),
    )


class _Controls:
    """One fold of one run; its folder holds a run directory for each control."""

    def __init__(self, run: RunDirectory, fold: int, progress: Progress) -> None:
        self.fold, self.progress, self.announce = fold, Muted(progress), progress.tell
        self.folder = run.controls(fold).absolute()
        config = shortened(load_recorded_config(run.config), run, self._run_directory("unchanged"))
        self.unchanged = prepare_run(config, self.progress, fold)
        self.config = self.unchanged.config
        self.grid = fold_grid(self.unchanged, fold)

    def verdicts(self) -> list[Verdict]:
        unchanged = self._skill("unchanged", self.unchanged)
        permuted: list[Skill] = []
        while len(permuted) < PERMUTATIONS and all(skill.shown for skill in permuted):
            permuted.append(self._permuted(len(permuted)))
        shuffled = self._altered("shuffled_voxels", shuffle_voxels(self.grid, self._rng("shuffled")))
        field = self._altered("field_of_view", keep_field_of_view(self._rng("field")))
        return [
            judge_permuted(permuted, unchanged, self._how),
            self._one_batch(),
            judge_remainder(
                SHUFFLED,
                "voxels shuffled alike in all scans",
                "grey levels and how much of the grid they fill",
                "Gain and brightness should not tell a volume: widen augmentation.gamma and depth_gain, and look "
                "whether devices or settings go with the volume (`volest check`, VOL067 and VOL072).",
                shuffled,
                unchanged,
                self._how,
            ),
            judge_remainder(
                FIELD_OF_VIEW,
                "noise in place of every image",
                "the extent of the field of view alone",
                "Somebody chose depth and crop knowing the size. Judge against the header baseline (VOL104); on new "
                "devices or sonographers this skill may be gone.",
                field,
                unchanged,
                self._how,
            ),
        ]

    @property
    def _how(self) -> str:
        voxels = "x".join(map(str, self.grid.shape))
        return f"fold {self.fold}, {self.config.training.epochs} epochs on {voxels} voxels; controls without zoom"

    def _permuted(self, number: int) -> Skill:
        training = self.unchanged.folds.training(self.fold)
        labels = permute_labels(self.unchanged.manifest, training, self._rng("permuted", number))
        name = f"permuted_labels_{number}"
        config = for_permuted(self.config, self._run_directory(name))
        run = derive_run(self.unchanged, config, self.unchanged.folds, labels)
        return self._skill(name, run)

    def _altered(self, name: str, alter: Alteration) -> Skill:
        scans, directory = RunDirectory(self.folder / name / "scans"), self._run_directory(name)
        if not directory.fold(self.fold).is_finished:
            clip = self.config.preprocessing.clip_percentiles
            write_altered(self.unchanged.manifest, self.grid, clip, alter, scans.path, self.progress)
        config = for_altered(self.config, scans, directory, self.grid)
        run = prepare_run(config, self.progress, self.fold)
        return self._skill(name, run)

    def _one_batch(self) -> Verdict:
        data, _ = fold_data(self.unchanged, self.fold, self.progress)
        batch = batch_of(sorted(data.training, key=lambda example: example.volume_ml), self.config)
        if float(batch[1].std(correction=0)) < 0.1:
            return ONE_BATCH.not_applicable("the training scans have one volume")
        device = choose_device(self.config.training)
        precision = choose_precision(self.config.training, device)
        try:
            with limited_threads(self.config.training.threads):
                course = learn(batch, self.config, device, precision, BATCH_STEPS, BATCH_SECONDS)
        except TrainingError:
            return ONE_BATCH.found(
                Severity.ERROR,
                "The loss on a single batch is no longer finite.",
                "Lower training.learning_rate, set training.gradient_clip, or use precision fp32.",
            )
        shape = "x".join(map(str, course.shape))
        return judge_one_batch(course, len(batch[1]), f"{shape} voxels, no augmentation, no dropout")

    def _skill(self, name: str, run: PreparedRun) -> Skill:
        if not run.directory.fold(self.fold).is_finished:
            self.announce(f"control: {name.replace('_', ' ')}")
        held_out = finish_fold(run, self.fold, self.progress)
        return skill_of(held_out, self.unchanged, self.fold, self.config.diagnosis, self._rng(name))

    def _run_directory(self, name: str) -> RunDirectory:
        return RunDirectory(self.folder / name / "run")

    def _rng(self, name: str, number: int = 0) -> np.random.Generator:
        return np.random.default_rng([self.config.seed, self.fold, number, *name.encode()])
