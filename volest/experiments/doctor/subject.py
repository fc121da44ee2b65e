"""What is examined: a configuration, the machine it will run on, and what was measured of its scans on the way."""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from volest.config import Config
from volest.config.schema import DataConfig
from volest.datasets.admission import admit_image
from volest.datasets.facts import ScanFacts, facts_of
from volest.datasets.soundness import larger_than_field
from volest.datasets.split import check_folds, make_folds
from volest.errors import ScanError
from volest.experiments.rehearsal import Rehearsal
from volest.geometry import Grid, Shape
from volest.images.formats import read_header, read_image
from volest.images.image import Image
from volest.preprocessing.cache import ScanCache, default_cache
from volest.preprocessing.grid import plan_grid
from volest.preprocessing.target import fit_target, target_kind
from volest.records.folds import Folds, read_folds
from volest.records.manifest import Manifest, Scan, read_manifest
from volest.records.model import TargetScaling
from volest.training.dataset import Example
from volest.training.machine import LightningPrecision, choose_device, choose_precision, choose_workers

HEADERS = 200
"""Scans of a large study whose headers are read."""

RASTERS = 8
"""Scans whose voxels are read, spread over the volumes from the smallest to the largest."""


@dataclass(frozen=True)
class ReadScan:
    """A scan put on the grid, and what that took.

    Attributes:
        megabytes: of voxels, decoded.
        read_s: for reading and decoding.
        prepare_s: for resampling and writing the cache entry.
    """

    example: Example
    megabytes: float
    read_s: float
    prepare_s: float


@dataclass
class Subject:
    """Lazily: each property is computed by the first check that asks for it, within that check's time.

    Args:
        config: the experiment.
        folder: for temporary files.

    Attributes:
        augmented_s: one worker's time for one scan, from the cache to a tensor; measured by the check of augmentation.
        step_s, forward_s: time of a step and of an evaluation of one batch; measured by the check of the training step.
    """

    config: Config
    folder: Path
    augmented_s: float = math.nan
    step_s: float = math.nan
    forward_s: float = math.nan

    @cached_property
    def device(self) -> str:
        """Where training computes."""
        return choose_device(self.config.training)

    @cached_property
    def precision(self) -> LightningPrecision:
        """In which training computes."""
        return choose_precision(self.config.training, self.device)

    @cached_property
    def workers(self) -> int:
        """Processes that read and augment."""
        return choose_workers(self.config.training, self.config.augmentation)

    @property
    def cache(self) -> Path:
        """Folder of preprocessed scans."""
        return self.config.preprocessing.cache or default_cache()

    @property
    def is_without_data(self) -> bool:
        """Nobody named a manifest, and none lies where one is looked for."""
        path = self.config.data.manifest
        return path == Path.cwd() / DataConfig().manifest and not path.exists()

    @cached_property
    def manifest(self) -> Manifest:
        """The scans; raises ManifestError."""
        return read_manifest(self.config.data.manifest)

    @cached_property
    def folds(self) -> Folds:
        """As the run would make or read them; raises FoldError."""
        data = self.config.data
        folds = read_folds(data.folds) if data.folds else make_folds(self.manifest, self.config.split, self.config.seed)
        check_folds(self.manifest, folds)
        return folds

    @cached_property
    def facts(self) -> dict[str, ScanFacts]:
        """Headers of up to `HEADERS` scans, by scan_id; raises ScanError. No voxel is read."""
        scans = self.manifest.scans
        if len(scans) > HEADERS:
            drawn = np.random.default_rng(self.config.seed).permutation(len(scans))[:HEADERS]
            scans = tuple(scans[n] for n in sorted(drawn))
        return {scan.scan_id: _header_facts(scan) for scan in scans}

    @cached_property
    def grid(self) -> Grid:
        """Planned on the headers that were read; that of a fold, without its held-out scans, may be smaller."""
        rasters = [(facts.shape, facts.spacing_mm) for facts in self.facts.values()]
        return plan_grid(rasters, self.config.preprocessing)

    @property
    def likely_shape(self) -> Shape:
        """Of a grid, before any scan is known: the one that was asked for, or a cube of the voxel budget."""
        settings = self.config.preprocessing
        edge = 8 * int(round(settings.voxel_budget ** (1 / 3), 6) // 8)
        return settings.shape or (edge, edge, edge)

    @cached_property
    def read_scans(self) -> tuple[ReadScan, ...]:
        """Up to `RASTERS` scans, on the grid, by rising volume; raises ScanError."""
        known = sorted((s for s in self.manifest if s.scan_id in self.facts), key=lambda scan: scan.volume_ml)
        places = np.unique(np.linspace(0, len(known) - 1, RASTERS).round().astype(int))
        cache = ScanCache(self.folder, self.grid, self.config.preprocessing.clip_percentiles)
        return tuple(_read(known[place], self.facts[known[place].scan_id], cache) for place in places)

    @cached_property
    def examples(self) -> list[Example]:
        """The scans that were read."""
        return [scan.example for scan in self.read_scans]

    def target_of(self, examples: Sequence[Example]) -> TargetScaling:
        """Fitted to these scans."""
        volumes_ml, fovs_ml = [e.volume_ml for e in examples], [e.fov_ml for e in examples]
        return fit_target(target_kind(self.config), volumes_ml, fovs_ml)

    @property
    def training_scans(self) -> int:
        """Scans that fold 0 trains on."""
        return len(self.manifest.of(self.folds.training(0)))

    @property
    def batch_size(self) -> int:
        """Scans in a step."""
        return min(self.config.training.batch_size, self.training_scans)

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """The configured network on the planned grid; raises ModelError."""
        return Rehearsal(self.config, self.grid.shape, self.device, self.precision)


def _header_facts(scan: Scan) -> ScanFacts:
    try:
        header = read_header(scan.path)
    except ScanError as error:  # the reader knows the file alone
        raise ScanError(f"scan_id {scan.scan_id!r}: {error}") from None
    facts = facts_of(Image(np.broadcast_to(np.uint8(0), header.shape), header.affine), sha256="not read")
    fault = larger_than_field(scan.volume_ml, facts.field_of_view_ml, facts.shape, facts.spacing_mm)
    if fault is not None:
        raise ScanError(f"scan_id {scan.scan_id!r}: {fault}")
    return facts


def _read(scan: Scan, facts: ScanFacts, cache: ScanCache) -> ReadScan:
    started = time.perf_counter()
    try:
        image = read_image(scan.path)
    except ScanError as error:
        raise ScanError(f"scan_id {scan.scan_id!r}: {error}") from None
    read_s = time.perf_counter() - started
    admit_image(image, f"{scan.scan_id!r} ({scan.path})")
    started = time.perf_counter()
    entry = cache.ensure(hashlib.sha256(scan.scan_id.encode()).hexdigest(), lambda: image)
    prepare_s = time.perf_counter() - started
    example = Example(scan.scan_id, scan.patient_id, entry, scan.volume_ml, facts.field_of_view_ml)
    return ReadScan(example, image.voxels.nbytes / 1e6, read_s, prepare_s)
