"""A process that works on a search without networks: `one_worker.py FOLDER WANTED SECONDS`.

It writes a line to FOLDER/begun for every attempt that it begins; the error of a trial is a function of its value.
"""

import os
import sys
import time
from pathlib import Path

import optuna

from volest.experiments.tuning.storage import open_storage
from volest.experiments.tuning.worker import Worker


def main(folder: Path, wanted: int, seconds: float) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=open_storage(None, folder, 90),
        study_name="fake",
        load_if_exists=True,
        pruner=optuna.pruners.NopPruner(),
    )

    def attempt(place, trial):
        study.sampler = optuna.samplers.RandomSampler(seed=place.number)
        value = trial.suggest_float("x", 0, 1)
        with (folder / "begun").open("a") as file:
            file.write(f"{os.getpid()} {place.number} {value}\n")
        time.sleep(seconds)
        return abs(value - 0.5)

    Worker(study, wanted, attempt, folder / "locks", False, lambda sentence: None, lambda: None).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
