"""Room and rights where the run and the cache are written."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, warning
from volest.experiments.doctor.wording import size

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

LEAST_BYTES = 100e6
ENOUGH_BYTES = 1e9
PROBE = os.urandom(1_000_000)


def check_folder(folder_of: "Callable[[Subject], Path]", key: str) -> "Callable[[Subject], Outcome]":
    """The check of the folder that the configuration names under `key`."""

    def check(subject: "Subject") -> Outcome:
        folder = Path(os.path.normpath(folder_of(subject)))
        there = nearest_folder(folder)
        remedy = f"Choose another place with `--set {key}=DIR`"
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(PROBE)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return failed(
                f"{folder}: {there} cannot be written to ({error.strerror})", f"{remedy}, or mend its rights."
            )
        free = free_bytes(there)
        found = f"{folder}: writable, {size(free)} free"
        if free < LEAST_BYTES:
            return failed(found, f"{remedy}, or make room.")
        return ok(found) if free > ENOUGH_BYTES else warning(found, f"{remedy}, or make room before long trainings.")

    return check


def nearest_folder(folder: Path) -> Path:
    """The folder, or the one in which it would be made; a file in its way is returned as it is."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def free_bytes(folder: Path) -> int:
    """Room for this user on the disk of a folder that may not be there yet."""
    return shutil.disk_usage(nearest_folder(folder)).free


RUN_DIRECTORY = Check("run directory", check_folder(lambda subject: subject.config.run.directory, "run.directory"))
CACHE_FOLDER = Check("cache folder", check_folder(lambda subject: subject.cache, "preprocessing.cache"))
