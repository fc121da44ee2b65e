"""Few labelled phantoms and many unlabelled ones: does pretraining lower the out-of-fold error?

    python tools/bench_pretraining.py FOLDER [--populations 3] [--seeds 1] [--epochs 60] [--encoders ...] [--tuned ...]

Each population has 10 labelled patients of its own; the encoders have seen 200 unlabelled scans of none of them. Goes
on where it was stopped, at the grain of one (population, arm, seed, fold). Prints markdown.
"""

import argparse
import shutil
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from volest.cli.bars import Bars
from volest.config import Config, load_config
from volest.config.load import DEFAULT_RECIPE
from volest.config.schema import RunConfig
from volest.evaluation.latents.volume_probe import probe_volume
from volest.evaluation.sample import judged_scans
from volest.experiments.embedding import embed_scans
from volest.experiments.preparation import PreparedRun, derive_run
from volest.experiments.pretraining import pretrain_alone
from volest.experiments.studies.definition import Arm, Study
from volest.experiments.studies.execution import prepare_study, run_study
from volest.experiments.studies.outcome import paired
from volest.inference.encoder import pretrained_encoder
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import FoldDirectory, RunDirectory

LABELLED = replace(
    PRESETS["small"],
    patients=10,
    scans=30,
    shape=(32, 32, 32),
    shape_jitter=0,
    spacing_mm=(2.55, 3.07),
    samples=(54, 48, 48),
)
UNLABELLED = replace(LABELLED, patients=70, scans=200)

ENCODERS = {
    "denoising": {"pretrain.variant": "denoising"},
    "plain": {"pretrain.variant": "plain"},
    "masked": {"pretrain.variant": "masked"},
    "denoising, whole map": {"pretrain.variant": "denoising", "pretrain.latent": None},
    "masked, whole map": {"pretrain.variant": "masked", "pretrain.latent": None},
}
TUNED = {
    "alike": {},
    "slowly": {"training.finetune.encoder_rate": 0.1},
    "late": {"training.finetune.unfreeze_epochs": 5.0},
    "frozen": {"training.finetune.freeze": True},
}
"""What the encoder may unlearn: all at the rate of the head, a tenth of it, stage after stage, nothing."""

SCRATCH = "from scratch"


def main() -> None:
    """Make the phantoms, pretrain, train every arm, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--populations", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--pretrain-epochs", type=int, default=30)
    parser.add_argument("--encoders", nargs="+", choices=ENCODERS, default=["denoising", "masked"])
    parser.add_argument("--tuned", nargs="*", choices=TUNED, default=["alike", "frozen"], help="none: ridges alone")
    told = parser.parse_args()
    folder, progress = told.folder.absolute(), Bars()
    unlabelled = folder / "unlabelled"
    if not (unlabelled / "labels.csv").exists():
        write_phantoms(UNLABELLED, unlabelled, seed=1000, progress=progress)
    settings = [
        f"preprocessing.cache={folder / 'cache'}",
        "preprocessing.voxel_budget=32768",
        f"training.epochs={told.epochs}",
        f"pretrain.epochs={told.pretrain_epochs}",
        "pretrain.batch_size=8",
        "training.threads=1",
        "training.device=cpu",
    ]
    weights = {
        name: _encoder(name, folder, [*settings, f"data.unlabelled={unlabelled / 'scans'}"]) for name in told.encoders
    }
    arms = [Arm(SCRATCH, {}), *_arms(weights, told.tuned)]
    ridges: dict[str, list[list[Prediction]]] = defaultdict(list)
    for number in range(told.populations):
        config = _population(number, folder, settings)
        study = Study("phantoms", "Does pretraining help?", arms, against=SCRATCH, seeds=told.seeds)
        directory = folder / f"population_{number}"
        whole = prepare_study(config, directory, progress)
        run_study(study, whole, directory, progress)
        # Latents are kept in the run that asks for them, where the study would take them for a stranger's files.
        kept = directory / "ridges"
        shutil.rmtree(kept, ignore_errors=True)
        own = whole.config.model_copy(update={"run": RunConfig(directory=kept)})
        beside = derive_run(whole, own, whole.folds)
        for name in weights:
            ridges[f"{name}; ridge of its latent"].append(_ridge(beside, folder / "encoders" / _folder(name), progress))
        sys.stdout.write(_table([arm.name for arm in arms], ridges, folder, number + 1, told.seeds) + "\n")
        sys.stdout.flush()


def _population(number: int, folder: Path, settings: list[str]) -> Config:
    scans = folder / f"labelled_{number}"
    if not (scans / "labels.csv").exists():
        write_phantoms(LABELLED, scans, seed=number)
    return load_config(DEFAULT_RECIPE, [*settings, f"data.manifest={scans / 'labels.csv'}"])


def _encoder(name: str, folder: Path, settings: list[str]) -> Path:
    """Pretrain it, unless that was done."""
    out = folder / "encoders" / _folder(name)
    chosen = [f"{key}={'null' if value is None else value}" for key, value in ENCODERS[name].items()]
    pretrain_alone(load_config(DEFAULT_RECIPE, [*settings, *chosen, f"run.directory={out}"]), Bars())
    return out / "encoder.safetensors"


def _folder(encoder: str) -> str:
    return encoder.replace(", ", "_").replace(" ", "_")


def _ridge(whole: PreparedRun, encoder: Path, progress: Bars) -> list[Prediction]:
    """Held-out volumes by a ridge from the latent of the encoder to log volume, a ridge for each fold."""
    trained = pretrained_encoder(FoldDirectory(encoder))
    latents = [embed_scans(whole, fold, trained, {}, progress) for fold in range(whole.folds.count)]
    return probe_volume(latents, {scan.scan_id: scan for scan in whole.manifest})


def _arms(weights: dict[str, Path], tuned: list[str]) -> list[Arm]:
    return [
        Arm(f"{name}; {how}", {"model.encoder_weights": str(path), **TUNED[how]})
        for how in tuned
        for name, path in weights.items()
    ]


def _table(
    arms: list[str], ridges: dict[str, list[list[Prediction]]], folder: Path, populations: int, seeds: int
) -> str:
    """MAE of each arm over all patients of all populations, and its paired difference from scratch."""
    from volest.experiments.studies.execution import folder_name

    def predictions(arm: str, number: int) -> list[list[Prediction]]:
        """Of each seed; a ridge has one solution."""
        if arm in ridges:
            return [ridges[arm][number]]
        of_arm = folder / f"population_{number}" / folder_name(arm)
        runs = [RunDirectory(of_arm / f"seed_{seed}") for seed in range(seeds)]
        return [
            [p for fold in run.finished_folds() for p in read_predictions(run.fold(fold).predictions)] for run in runs
        ]

    def sample(arm: str):  # noqa: ANN202
        """Mean absolute errors over the seeds, as predictions that lie that far above the reference."""
        rows = []
        for number in range(populations):
            of_seed = predictions(arm, number)
            for together in zip(*of_seed, strict=True):
                error_ml = float(np.mean([abs(p.predicted_ml - p.reference_ml) for p in together]))
                one = together[0]
                scan, patient = f"{number}/{one.scan_id}", f"{number}/{one.patient_id}"
                rows.append(replace(one, scan_id=scan, patient_id=patient, predicted_ml=one.reference_ml + error_ml))
        return judged_scans(rows)

    scratch = sample(SCRATCH)
    lines = [
        f"\nPopulations of 10 patients: {populations}; patients judged: {scratch.n_patients}; seeds: {seeds}.\n",
        "| arm | MAE (mL) | minus scratch (mL), 95% over patients | relative | p |",
        "|---|---:|---:|---:|---:|",
    ]
    for arm in [*arms, *ridges]:
        of_arm = sample(arm)
        mae_ml = float(np.abs(of_arm.error_ml).mean())
        if arm == SCRATCH:
            lines.append(f"| {arm} | {mae_ml:.2f} | | | |")
            continue
        row = paired(of_arm, scratch, np.random.default_rng(0))
        change, base = row.mae_difference_ml, float(np.abs(scratch.error_ml).mean())
        interval = (
            f"{change.value:+.2f} ({change.low:+.2f} to {change.high:+.2f})"
            if change.low is not None
            else f"{change.value:+.2f}"
        )
        lines.append(f"| {arm} | {mae_ml:.2f} | {interval} | {change.value / base:+.0%} | {row.p:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
