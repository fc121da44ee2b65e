"""What is an earlier volume of the patient worth, and do the intervals of follow-ups hold what they say?

    .venv/bin/python tools/bench_follow_up.py [--studies 100] [--out FILE]

Studies of 30 patients with two to four visits, of whose volumes and errors everything is known: log volumes change by
a random step from visit to visit, and a network errs by a part that belongs to the patient and one that belongs to the
scan. Each study learns from its held-out scans; then 100 new patients are followed up once.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.page import table

from volest.config.intervals import IntervalsConfig
from volest.evaluation.conformal.interval import interval_of
from volest.evaluation.follow_up import followed, grown_ml
from volest.evaluation.held_out_follow_ups import held_out_follow_ups
from volest.records.follow_up import FollowUp
from volest.records.intervals import Calibration
from volest.records.predictions import Prediction

PATIENTS, NEW, FOLDS = 30, 100, 5
LEVELS = 0.8, 0.9


@dataclass(frozen=True)
class World:
    """SDs of log volumes and errors: of the change between visits, and of the error's two parts."""

    name: str
    change: float
    shared: float
    single: float


WORLDS = (
    World("repeats of one sitting", 0.05, 0.18, 0.08),
    World("slow growth", 0.10, 0.15, 0.05),
    World("a volume that changes by a third", 0.33, 0.15, 0.05),
    World("a bladder: any volume", 0.80, 0.15, 0.05),
    World("errors that are not the patient's", 0.33, 0.05, 0.15),
)


def patients(world: World, count: int, visits: np.ndarray, rng: np.random.Generator) -> list[list[Prediction]]:
    """The scans of each patient, in order."""
    rows = []
    for patient in range(count):
        volume, error, course = rng.normal(4, 0.5), rng.normal(0, world.shared), []
        for visit in range(visits[patient]):
            said = math.exp(volume + error + rng.normal(0, world.single))
            course.append(Prediction(f"{patient}-{visit}", str(patient), patient % FOLDS, said, math.exp(volume)))
            volume += rng.normal(0, world.change)
        rows.append(course)
    return rows


def percent(said_ml: float, scan: Prediction) -> float:
    return 100 * abs(said_ml - scan.reference_ml) / scan.reference_ml


def is_held(calibration: Calibration, said_ml: float, level: float, scan: Prediction) -> bool:
    interval = interval_of(calibration, said_ml, dict.fromkeys(range(FOLDS), said_ml), level)
    return interval is not None and interval.low_ml <= scan.reference_ml <= interval.high_ml


def follow(record: FollowUp, before: Prediction, scan: Prediction) -> list[float]:
    """Errors in per cent of: the networks alone, the earlier volume, told the volume, told all; then what was held."""
    by_volume = followed(record.model, scan.predicted_ml, before.reference_ml)
    told = followed(record.model, scan.predicted_ml, before.reference_ml, before.predicted_ml)
    if by_volume is None or told is None:
        return [math.nan] * (4 + 2 * len(LEVELS))
    said_ml = scan.predicted_ml, grown_ml(record.model, before.reference_ml), by_volume.volume_ml, told.volume_ml
    held = [is_held(record.of_volume, by_volume.volume_ml, level, scan) for level in LEVELS]
    held += [is_held(record.calibration, told.volume_ml, level, scan) for level in LEVELS]
    return [percent(ml, scan) for ml in said_ml] + [100.0 * h for h in held]


def judged(world: World, studies: int, seed: int) -> np.ndarray:
    """A row a study: means over its new patients."""
    rng, rows = np.random.default_rng(seed), []
    for _ in range(studies):
        held_out = [p for course in patients(world, PATIENTS, rng.integers(2, 5, PATIENTS), rng) for p in course]
        found = held_out_follow_ups(held_out, {}, IntervalsConfig(), "relative")
        assert found is not None
        new = patients(world, NEW, np.full(NEW, 2), rng)
        rows.append(np.nanmean([follow(found.record, *course) for course in new], axis=0))
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    errors = ("networks alone", "earlier volume", "told the volume", "told all")
    held = [f"{told}, {100 * level:.0f}%" for told in ("volume", "all") for level in LEVELS]
    rows = []
    for world in WORLDS:
        studies = judged(world, asked.studies, asked.seed)
        mean, se = studies.mean(axis=0), studies.std(axis=0, ddof=1) / math.sqrt(len(studies))
        cells = [f"{m:.1f}" for m in mean[:4]] + [f"{m:.1f} ± {e:.1f}" for m, e in zip(mean[4:], se[4:], strict=True)]
        rows.append((f"{world.name}: {world.change}; {world.shared}, {world.single}", *cells))
    page = "\n".join(table(("SD of change; of the error's two parts (patient, scan)", *errors, *held), rows))
    print(page)
    if asked.out:
        asked.out.write_text(page + "\n")


if __name__ == "__main__":
    main()
