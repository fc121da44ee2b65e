"""Do fewer patients and a smaller network rank configurations as full training does?

Sixteen configurations on phantoms of 48^3 voxels and 30 patients, each trained in full, as proxy of chosen patients,
and as proxy of ten random draws of as many patients. Every training is a line of FOLDER/trainings_*.jsonl, so that a
run that was stopped goes on. Times are CPU seconds of one thread, which other work on the core does not lengthen.

    python tools/bench_proxy.py FOLDER [--out docs/measurements/proxy.md]
    python tools/bench_proxy.py FOLDER --part 0/2 & python tools/bench_proxy.py FOLDER --part 1/2    # on two cores
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench.proxy_table import FULL, PROXY, RANDOM, REPEATS, compare, report
from bench.proxy_trainings import Training, Trainings
from bench.recipes import DRAWN
from scipy.stats import qmc

from volest.cli.bars import Bars
from volest.config import Config, load_config
from volest.config.load import override
from volest.config.schema import RunConfig
from volest.experiments.fold import fold_data, fold_grid
from volest.experiments.preparation import PreparedRun, derive_run, prepare_run
from volest.experiments.proxy.data import choose_patients, trained_on
from volest.experiments.proxy.proxy import as_proxy
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.progress import Progress, Silent
from volest.records.history import read_history
from volest.training.fit import fit

CONFIGURATIONS = 16

SETTINGS = (
    "split.folds=3",  # the first one judges: ten patients, of whom no training sees any
    "training.warmup_epochs=2",
    "training.pictures=0",
    "training.threads=1",
    "training.workers=0",
    "training.device=cpu",
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


PLACES = {"data.manifest": "scans/labels.csv", "run.directory": "base", "preprocessing.cache": "cache"}


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
        return full if self.name == FULL else as_proxy(full, ("data", "network"), fold_grid(self.run, 0))


def ways(base: PreparedRun, progress: Progress) -> Iterator[Way]:
    """The chosen patients and full training first, so that a bench cut short has compared something."""
    candidates = base.folds.training(0)
    for number, choice in enumerate([PROXY, FULL, *[RANDOM] * REPEATS, "least_similar", "latent_centres"]):
        if choice == FULL:
            yield Way(FULL, base)
            continue
        config = override(base.config, {"proxy.choice": choice}, "bench")
        begun = time.process_time()
        chosen = choose_patients(replace(base, config=config), candidates, number, progress)
        seconds = time.process_time() - begun
        name = f"{RANDOM} {number - 1}" if choice == RANDOM else choice
        yield Way(name, trained_on(base, chosen.patients), seconds)


def train(way: Way, number: int, settings: dict[str, Any], folder: Path) -> Training:
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
    return Training(way.name, number, mae_ml, cpu_seconds, seconds)


def named(settings: dict[str, Any]) -> str:
    """In a few words."""
    return ", ".join(f"{WORDS[key]} {value}" for key, value in settings.items())


def _part(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    return int(number), int(of)


def main() -> None:
    """Make the phantoms, train what is left, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=40, help="of full training")
    parser.add_argument("--edge", type=int, default=48, help="voxels of the full grid along each axis")
    parser.add_argument("--configurations", type=int, default=CONFIGURATIONS, help="the first of the sixteen")
    parser.add_argument("--part", type=_part, default=(0, 1), help="K/N: train every Nth configuration from the Kth")
    parser.add_argument("--out", type=Path, help="write the tables there as well")
    parser.add_argument("--report-only", action="store_true", help="train nothing")
    told = parser.parse_args()
    torch.set_num_threads(1)
    folder, progress = told.folder.absolute(), Bars()
    if not (folder / "scans" / "labels.csv").exists():
        write_phantoms(PRESETS["small"], folder / "scans", seed=0, progress=progress, masks=True)
    places = [f"{key}={folder / name}" for key, name in PLACES.items()]
    shape = f"preprocessing.shape=[{told.edge}, {told.edge}, {told.edge}]"
    settings = [*SETTINGS, shape, f"training.epochs={told.epochs}", *places]
    # Masks teach, so that an hour of one core is enough for networks that have learnt something to be ranked by.
    base = prepare_run(load_config(DRAWN, settings), progress)
    done = Trainings(folder / f"trainings_{told.edge}_voxels_{told.epochs}_epochs.jsonl")
    tried = configurations()[: told.configurations]
    known = list(ways(base, progress))
    first, step = told.part
    numbers = range(0) if told.report_only else range(first, len(tried), step)
    for way, number in [(way, number) for way in known for number in numbers]:
        if (way.name, number) not in done.rows:
            done.add(train(way, number, tried[number], folder))
            progress.tell(f"{way.name}: configuration {number + 1} of {len(tried)}")
    found = {
        way.name: one for way in known if way.name != FULL and (one := compare(done, way.name, way.selection_seconds))
    }
    text = report(found, len(known[0].run.folds.training(0)), done, [named(settings) for settings in tried])
    sys.stdout.write(text)
    if told.out:
        told.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
