"""All checks of machine and data, in the order in which they are told: what others need comes first."""

from volest.experiments.doctor.augmentation import AUGMENTATION
from volest.experiments.doctor.cache_size import CACHE_SIZE
from volest.experiments.doctor.device import DEVICE
from volest.experiments.doctor.disk import CACHE_FOLDER, RUN_DIRECTORY
from volest.experiments.doctor.epoch import EPOCH
from volest.experiments.doctor.memory import MEMORY
from volest.experiments.doctor.mixed_precision import MIXED_PRECISION
from volest.experiments.doctor.overfitting import OVERFITTING
from volest.experiments.doctor.reading import READING
from volest.experiments.doctor.scans import SCANS
from volest.experiments.doctor.shared_memory import SHARED_MEMORY
from volest.experiments.doctor.threads import THREADS
from volest.experiments.doctor.training_step import TRAINING_STEP
from volest.experiments.doctor.workers import FORK, SPAWN

MACHINE = (DEVICE, MIXED_PRECISION, THREADS, MEMORY, FORK, SPAWN, SHARED_MEMORY, RUN_DIRECTORY, CACHE_FOLDER)
DATA = (SCANS, READING, CACHE_SIZE, AUGMENTATION, TRAINING_STEP, EPOCH, OVERFITTING)
CHECKS = (*MACHINE, *DATA)
