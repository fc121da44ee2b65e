"""Every study that can be asked for."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from volest.errors import ConfigError
from volest.experiments.preparation import PreparedRun
from volest.experiments.studies.augmentation import augmentation_study
from volest.experiments.studies.batch_size import batch_size_study
from volest.experiments.studies.definition import Preset, Study, read_definition
from volest.experiments.studies.largest_batch import largest_batch_note
from volest.experiments.studies.learning_rate import learning_rate_study
from volest.progress import Progress

Builder = Callable[[PreparedRun, Preset, Progress], Study]


def _from_file(name: str, whole: PreparedRun, preset: Preset, progress: Progress) -> Study:
    return read_definition(name, preset, whole.config.training.epochs)


def _optimisation(whole: PreparedRun, preset: Preset, progress: Progress) -> Study:
    study = _from_file("optimisation", whole, preset, progress)
    return replace(study, notes=(*study.notes, largest_batch_note(whole)))


STUDIES: dict[str, Builder] = {
    "loss": partial(_from_file, "loss"),
    "regularisation": partial(_from_file, "regularisation"),
    "optimisation": _optimisation,
    "learning-rate": learning_rate_study,
    "batch-size": batch_size_study,
    "pretraining-batch-size": partial(batch_size_study, section="pretrain"),
    "augmentation": lambda whole, preset, progress: augmentation_study(whole, preset),
    "ladder": partial(_from_file, "ladder"),
    "pretraining": partial(_from_file, "pretraining"),
}


def plan_study(name: str, whole: PreparedRun, preset: Preset, progress: Progress) -> Study:
    """The study of that name for these scans.

    Raises:
        ConfigError: no such study.
    """
    if name not in STUDIES:
        raise ConfigError(f"no study {name!r}; there are {', '.join(STUDIES)}, and train-fraction.")
    return STUDIES[name](whole, preset, progress)
