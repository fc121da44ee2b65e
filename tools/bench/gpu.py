"""128^3 in bf16 on a GPU, if there is one."""

import torch

from bench.loops import Batches, Pace, bare_network, bare_pace, in_memory, volest_pace
from bench.options import Options
from bench.page import table
from bench.peers import torchio_batches
from bench.repetition import interleave, median
from bench.roofline import stages
from bench.study import Study, first_fold, large_recipe, override

SCANS, BATCH_SIZE = 80, 8
BARE, AUGMENTED, UNTOUCHED = "bare loop, data on the GPU", "volest, augmented", "volest, not augmented"


def gpu(options: Options) -> list[str]:
    """Samples per second, waiting and load, against the same network fed by torchio, and on data on the GPU."""
    if not torch.cuda.is_available():
        return ["No CUDA device on this machine: not measured."]
    study = _study(options)
    plain = override(study.config, "augmentation.enabled=false")
    torchio = f"torchio on the CPU, {options.workers} workers"
    voxels, targets = (t.cuda() for t in study.tensors(study.data.training))
    torch.cuda.reset_peak_memory_stats()
    paces = interleave(
        {
            AUGMENTED: lambda: volest_pace(study.config, study, options.epochs),
            UNTOUCHED: lambda: volest_pace(plain, study, options.epochs),
            BARE: lambda: _fed(study, options, in_memory(voxels, targets, BATCH_SIZE, options.seed)),
            torchio: lambda: _fed(study, options, torchio_batches(study, options.workers)),
        },
        options.repeats,
    )
    peak_gib = torch.cuda.max_memory_allocated() / 2**30
    rate = {name: median(of, "samples_per_s") for name, of in paces.items()}
    rows = [
        (name, f"{rate[name]:.1f}", *(f"{median(of, share):.0%}" for share in ("wait_share", "gpu_busy_share")))
        if name in (AUGMENTED, UNTOUCHED)
        else (name, f"{rate[name]:.1f}", "", "")
        for name, of in paces.items()
    ]
    return [
        f"{torch.cuda.get_device_name()}; {study}; bf16, batch {BATCH_SIZE}",
        "",
        *table(("", "samples/s", "waiting for data (aim <= 5%)", "GPU busy (aim >= 90%)"), rows),
        "",
        f"- volest, augmented / torchio, samples/s: **{rate[AUGMENTED] / rate[torchio]:.1f}** (aim >= 5, 16 workers)",
        f"- peak memory on the card: {peak_gib:.2f} GiB",
        "",
        *stages(study, options),
    ]


def _fed(study: Study, options: Options, batches: Batches) -> Pace:
    return bare_pace(bare_network(study.config, study.data.shape).cuda(), batches, study.config, options.epochs)


def _study(options: Options) -> Study:
    settings = ("training.device=cuda", f"training.batch_size={BATCH_SIZE}", "training.epochs=100")
    config = large_recipe(options, SCANS, *settings, f"run.directory={options.work / 'gpu-run'}")
    return first_fold("phantoms", config)
