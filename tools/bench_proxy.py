"""Do fewer patients and a smaller network rank configurations as full training does?

Sixteen configurations on phantoms of 48^3 voxels and 30 patients, each trained in full, as proxy of chosen patients,
and as proxy of ten random draws of as many patients. Every training is a line of FOLDER/trainings.jsonl, so that a
run that was stopped goes on. Times are CPU seconds of one thread, which other work on the core does not lengthen.

    python tools/bench_proxy.py FOLDER [--out docs/measurements/proxy.md]
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import qmc

from volest.cli.bars import Bars
from volest.config import Config, load_config
from volest.config.load import DEFAULT_RECIPE, override
from volest.config.schema import RunConfig
from volest.evaluation.proxy.rank_agreement import rank_agreement
from volest.experiments.fold import fold_data, fold_grid
from volest.experiments.preparation import PreparedRun, derive_run, prepare_run
from volest.experiments.proxy.data import choose_patients, trained_on
from volest.experiments.proxy.network import proxy_network
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.progress import Progress, Silent
from volest.records.history import read_history
from volest.records.proxy import RankAgreement, TwiceTrained
from volest.training.fit import fit

CONFIGURATIONS, REPEATS = 16, 10
SPEED_UP, RHO, REGRET_PERCENT, WINS = 4.4, 0.7, 5.0, 7
"""The bars."""

RECIPE = (
    "split.folds=3",  # the first one judges: ten patients, of whom no training sees any
    "preprocessing.shape=[48, 48, 48]",
    "training.epochs=15",
    "training.warmup_epochs=2",
    "training.pictures=0",
    "training.threads=1",
    "training.workers=0",
    "training.device=cpu",
    *(  # what moves the structure needs more epochs than this bench has
        f"augmentation.{name}.probability=0"
        for name in (
            "rotation",
            "translation",
            "zoom",
            "elastic",
            "anisotropy",
            "blur",
            "speckle",
            "shadow",
            "fan_crop",
        )
    ),
)

CHOICES: dict[str, tuple[Any, ...]] = {
    "training.weight_decay": (0.0, 0.01, 0.1),
    "model.widths": ([8, 16, 32, 64], [12, 24, 48, 96]),
    "training.loss": ("huber", "mse", "l1", "relative"),
    "augmentation.enabled": (True, False),
    "training.batch_size": (2, 4, 8),
}
WORDS = {
    "training.learning_rate": "rate",
    "training.weight_decay": "decay",
    "model.widths": "widths",
    "training.loss": "loss",
    "augmentation.enabled": "augmented",
    "training.batch_size": "batch",
}
LEARNING_RATES = (3e-4, 1e-2)

FULL, PROXY = "full", "by_volume"


def configurations() -> list[dict[str, Any]]:
    """A Latin hypercube: every value of every key about equally often, learning rates even in the logarithm."""
    places = qmc.LatinHypercube(1 + len(CHOICES), rng=np.random.default_rng(0)).random(CONFIGURATIONS)
    low, high = LEARNING_RATES
    return [
        {"training.learning_rate": float(f"{low * (high / low) ** rate:.3g}")}
        | {key: values[int(place * len(values))] for place, (key, values) in zip(rest, CHOICES.items(), strict=True)}
        for rate, *rest in places.tolist()
    ]


@dataclass(frozen=True)
class Way:
    """One way to train the configurations: in full, or as a proxy of some patients."""

    name: str
    run: PreparedRun
    selection_seconds: float = 0.0

    def config(self, settings: dict[str, Any]) -> Config:
        full = override(self.run.config, settings, self.name)
        return full if self.name == FULL else proxy_network(full, fold_grid(self.run, 0))


def ways(base: PreparedRun, progress: Progress) -> Iterator[Way]:
    """The chosen patients and full training first, so that a bench cut short has compared something."""
    candidates = base.folds.training(0)
    for number, choice in enumerate([PROXY, FULL, *["random"] * REPEATS, "least_similar", "latent_centres"]):
        if choice == FULL:
            yield Way(FULL, base)
            continue
        config = override(base.config, {"proxy.choice": choice}, "bench")
        begun = time.process_time()
        chosen = choose_patients(replace(base, config=config), candidates, number, progress)
        seconds = time.process_time() - begun
        name = f"random {number - 1}" if choice == "random" else choice
        yield Way(name, trained_on(base, chosen.patients), seconds)


def train(way: Way, number: int, settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train one configuration on the other two folds; its error on the first one after the last epoch."""
    path = folder / "runs" / f"{way.name.replace(' ', '_')}_{number:02d}"
    shutil.rmtree(path, ignore_errors=True)
    config = way.config(settings).model_copy(update={"run": RunConfig(directory=path)})
    run = derive_run(way.run, config, way.run.folds)
    data, _ = fold_data(run, 0, Silent())
    begun, cpu = time.monotonic(), time.process_time()
    fit(config, 0, data, run.directory.fold(0), Silent())
    seconds, cpu_seconds = time.monotonic() - begun, time.process_time() - cpu
    mae_ml = float(read_history(run.directory.fold(0).history)["val_mae_ml"].iloc[-1])
    shutil.rmtree(path)
    return {"way": way.name, "configuration": number, "mae_ml": mae_ml, "cpu_s": cpu_seconds, "wall_s": seconds}


def main() -> None:
    """Make the phantoms, train what is left, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="write the table there as well")
    parser.add_argument("--report-only", action="store_true", help="train nothing")
    told = parser.parse_args()
    torch.set_num_threads(1)
    folder, progress = told.folder.absolute(), Bars()
    if not (folder / "scans" / "labels.csv").exists():
        write_phantoms(PRESETS["small"], folder / "scans", seed=0, progress=progress)
    places = [f"{key}={folder / name}" for key, name in PLACES.items()]
    base = prepare_run(load_config(DEFAULT_RECIPE, [*RECIPE, *places]), progress)
    done = Trainings(folder / "trainings.jsonl")
    all_ways = list(ways(base, progress))
    for way in [] if told.report_only else all_ways:
        for number, settings in enumerate(configurations()):
            if (way.name, number) not in done.rows:
                done.add(train(way, number, settings, folder))
    text = table(done, {way.name: way for way in all_ways}, base)
    sys.stdout.write(text)
    if told.out:
        told.out.write_text(text, encoding="utf-8")


PLACES = {
    "data.manifest": "scans/labels.csv",
    "run.directory": "base",
    "preprocessing.cache": "cache",
}


class Trainings:
    """What has been trained, a line each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines if line.endswith("}")]  # the last one may be cut
        self.rows = {(row["way"], row["configuration"]): row for row in rows}

    def add(self, row: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.rows[row["way"], row["configuration"]] = row
        sys.stdout.write(f"{row['way']} {row['configuration']}: {row['mae_ml']:.2f} mL in {row['cpu_s']:.1f} s\n")
        sys.stdout.flush()

    def column(self, way: str, key: str) -> np.ndarray:
        """Of all configurations; empty where one is left to do."""
        own = [self.rows.get((way, number)) for number in range(CONFIGURATIONS)]
        return np.array([row[key] for row in own if row]) if all(own) else np.array([])


def agreement_of(done: Trainings, way: str) -> RankAgreement:
    columns = [done.column(name, key) for key in ("mae_ml", "cpu_s") for name in (way, FULL)]
    rows = [
        TwiceTrained(str(n), {}, *numbers)
        for n, numbers in enumerate(zip(*map(np.ndarray.tolist, columns), strict=True))
    ]
    return rank_agreement(rows, np.random.default_rng(0))


def table(done: Trainings, by_name: dict[str, Way], base: PreparedRun) -> str:
    """Markdown."""
    finished = [name for name in by_name if len(done.column(name, "mae_ml"))]
    if FULL not in finished:
        return "full training is not at its end\n"
    full_ml, full_s = done.column(FULL, "mae_ml"), done.column(FULL, "cpu_s")
    lines = [
        "| patients | patients trained on | Spearman (95%) | Kendall | Pearson | top-1 regret, mL (%) | seconds a "
        "training | choosing, s | speed-up |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    told = {name: agreement_of(done, name) for name in finished if name != FULL}
    for name, found in told.items():
        seconds, way = done.column(name, "cpu_s"), by_name[name]
        speed_up = full_s.sum() / (seconds.sum() + way.selection_seconds)
        lines.append(
            f"| {name} | {len(way.run.folds.training(0))} | {_text(found.spearman)} | {found.kendall.value:.2f} "
            f"| {found.pearson.value:.2f} | {found.regret_ml:.2f} ({found.regret_percent:.0f}%) | {seconds.mean():.1f} "
            f"| {way.selection_seconds:.2f} | {speed_up:.1f} |"
        )
    lines += ["", *_bars(done, told, by_name, full_s), "", *_configurations(done, finished, full_ml)]
    return "\n".join(lines) + "\n"


def _bars(done: Trainings, told: dict[str, RankAgreement], by_name: dict[str, Way], full_s: np.ndarray) -> list[str]:
    if PROXY not in told:
        return []
    own = told[PROXY]
    random = [found for name, found in told.items() if name.startswith("random")]
    wins = sum(own.spearman.value > other.spearman.value for other in random)
    speed_up = full_s.sum() / (done.column(PROXY, "cpu_s").sum() + by_name[PROXY].selection_seconds)
    return [
        "| bar | asked | measured | |",
        "|---|---:|---:|---|",
        f"| speed-up, choosing included | {SPEED_UP} | {speed_up:.1f} | {_met(speed_up >= SPEED_UP)} |",
        f"| Spearman's correlation | {RHO} | {_text(own.spearman)} | {_met(own.spearman.value >= RHO)} |",
        f"| top-1 regret | {REGRET_PERCENT:.0f}% | {own.regret_percent:.1f}% "
        f"| {_met(own.regret_percent <= REGRET_PERCENT)} |",
        f"| ranks better than random patients | {WINS} of {REPEATS} | {wins} of {len(random)} "
        f"| {_met(wins >= WINS and len(random) == REPEATS)} |",
    ]


def _configurations(done: Trainings, finished: list[str], full_ml: np.ndarray) -> list[str]:
    columns = [name for name in finished if name != FULL]
    rows = ["| configuration | full, mL | " + " | ".join(columns) + " |", "|---|" + "---:|" * (1 + len(columns))]
    for number in np.argsort(full_ml).tolist():
        named = ", ".join(f"{WORDS[key]} {value}" for key, value in configurations()[number].items())
        cells = [f"{done.column(name, 'mae_ml')[number]:.1f}" for name in columns]
        rows.append(f"| {named} | {full_ml[number]:.1f} | {' | '.join(cells)} |")
    return rows


def _text(figure: Any) -> str:
    within = f" ({figure.low:.2f} to {figure.high:.2f})" if figure.low is not None else ""
    return "-" if figure.value is None else f"{figure.value:.2f}{within}"


def _met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"


if __name__ == "__main__":
    main()
