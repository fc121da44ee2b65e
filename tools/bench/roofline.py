"""Where the time of a training goes, a stage at a time, beside the roofline of the device.

The roofline of Williams et al. (2009): a stage takes at least as long as its floating-point operations at the pace of a
matrix product, and as its bytes at the pace of a copy. Bytes are counted as if each operator went through memory:
what stays in a cache is quicker, and a stage of small arrays may well be above the roof.
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch

from bench.ceilings import copied_bytes_per_s, flops_per_s, uploaded_bytes_per_s, wait_for
from bench.loops import bare_network, loss_of, volest_pace
from bench.options import Options
from bench.page import table
from bench.study import Study, fine_studies
from bench.work import Work, counted
from volest.experiments.preparation import prepare_run
from volest.images.formats import read_image
from volest.preprocessing.pipeline import prepare
from volest.progress import Silent
from volest.training.fit import training_scans
from volest.training.machine import choose_device, choose_precision
from volest.training.optimiser import build_optimiser

T = TypeVar("T")

STEPS = 12
"""Measured, after one that is not."""

STAGES = ("held scans to float32", "augmentation, standardised", "forward", "backward", "optimiser")


@dataclass(frozen=True)
class Ceilings:
    """Of a device, each a second."""

    flops: float
    bytes: float

    def floor_s(self, work: Work) -> float:
        """The time of `work` on the roofline, each operator through memory."""
        return max(work.flops / self.flops, work.bytes / self.bytes)


def roofline(options: Options) -> list[str]:
    """A table of stages for each study, on the CPU."""
    lines = []
    for study in fine_studies(options):
        lines += [f"### {study}, batch {study.config.training.batch_size}", "", *stages(study, options), ""]
    return lines


def stages(study: Study, options: Options) -> list[str]:
    """Milliseconds a scan of each stage, beside those on the roofline."""
    device = torch.device(choose_device(study.config.training))
    dtype = torch.float32 if choose_precision(study.config.training, device.type) == "32-true" else torch.bfloat16
    ceilings = Ceilings(flops_per_s(device, dtype), copied_bytes_per_s(device))
    taken, work, scans = _measured(study, device, dtype)
    pace = volest_pace(study.with_overrides("training.epochs=100"), study, options.epochs)
    rows = [_row(name, taken[name] / scans, work[name], scans, ceilings) for name in STAGES]
    step_s, floor_s = sum(taken.values()), sum(ceilings.floor_s(of) for of in work.values())
    learning = STAGES[2:]
    share = sum(ceilings.floor_s(work[name]) for name in learning) / sum(taken[name] for name in learning)
    return [
        f"- {device}, {dtype}: a matrix product does {ceilings.flops / 1e9:.0f} GFLOP/s, a copy moves "
        f"{ceilings.bytes / 1e9:.1f} GB/s{_upload(device)}",
        f"- once for each scan: {_once(study)}",
        "",
        *table(("stage of a step", "ms a scan", "GFLOP", "MB", "ms on the roofline", "of it"), rows),
        "",
        f"- all stages: {1000 * step_s / scans:.2f} ms a scan, {1000 * floor_s / scans:.2f} on the roofline; "
        f"`volest train` takes {1000 / pace.samples_per_s:.2f}, of which {pace.wait_share:.0%} go into batches",
        f"- network and optimiser run at **{share:.0%}** of the roofline",
    ]


def _measured(study: Study, device: torch.device, dtype: torch.dtype) -> tuple[dict[str, float], dict[str, Work], int]:
    """Medians in seconds a batch, the work of one batch, and its scans."""
    config, data = study.config, study.data
    scans = training_scans(data, config)
    network = bare_network(config, data.shape).to(device).train()
    optimiser = build_optimiser(network, config.training)
    size = min(config.training.batch_size, len(scans))
    taken: dict[str, list[float]] = defaultdict(list)
    work: dict[str, Work] = {}

    def stage(name: str, run: Callable[[], T], step: int) -> T:
        if step == 0:  # counting is slow, and the first step is not timed anyway
            with counted() as work[name]:
                return run()
        wait_for(device)
        started = time.perf_counter()
        result = run()
        wait_for(device)
        taken[name].append(time.perf_counter() - started)
        return result

    for step in range(STEPS + 1):
        positions = [(step * size + n) % len(scans) for n in range(size)]
        keys = [(step, position) for position in positions]
        stage(STAGES[0], lambda positions=positions: scans.stack[positions], step)
        voxels, target = stage("batch", lambda keys=keys: scans[keys], step)
        loss = stage("forward", lambda voxels=voxels, target=target: loss_of(network, voxels, target), step)
        optimiser.zero_grad(set_to_none=True)
        stage("backward", loss.backward, step)
        stage("optimiser", optimiser.step, step)
    median = {name: statistics.median(of) for name, of in taken.items()}
    median[STAGES[1]] = median.pop("batch") - median[STAGES[0]]
    whole = work.pop("batch")
    work[STAGES[1]] = Work(whole.flops, whole.bytes - work[STAGES[0]].bytes)
    return median, work, size


def _row(name: str, scan_s: float, work: Work, scans: int, ceilings: Ceilings) -> tuple[str, ...]:
    floor_s = ceilings.floor_s(work) / scans
    figures = (1000 * scan_s, work.flops / scans / 1e9, work.bytes / scans / 1e6, 1000 * floor_s)
    return name, *(f"{figure:.2f}" for figure in figures), f"{floor_s / scan_s:.0%}"


def _once(study: Study) -> str:
    """Reading a scan and putting it on the grid, which the cache remembers."""
    scan = prepare_run(study.config, Silent()).manifest.scans[0]
    started = time.perf_counter()
    image = read_image(scan.path)
    read = time.perf_counter()
    prepare(image, study.data.grid, study.config.preprocessing.clip_percentiles)
    prepared = time.perf_counter()
    return f"read in {1000 * (read - started):.0f} ms, put on the grid in {1000 * (prepared - read):.0f} ms"


def _upload(device: torch.device) -> str:
    if device.type != "cuda":
        return ""
    return f", and {uploaded_bytes_per_s(device) / 1e9:.1f} GB/s come from pinned memory"
