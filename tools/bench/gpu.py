"""128^3 in bf16 on a GPU, if there is one."""

import torch

from bench.loops import bare_network, bare_pace, in_memory, volest_pace
from bench.options import Options
from bench.page import table
from bench.repetition import interleave, median
from bench.roofline import stages
from bench.study import Study, first_fold, large_recipe, override

SCANS, BATCH_SIZE = 80, 8


def gpu(options: Options) -> list[str]:
    """Samples per second and share of time spent waiting, against the same network on data that lie on the GPU."""
    if not torch.cuda.is_available():
        return ["No CUDA device on this machine: not measured."]
    study = _study(options)
    plain = override(study.config, "augmentation.enabled=false")
    torch.cuda.reset_peak_memory_stats()
    bare, augmented, untouched = "bare loop, data on the GPU", "volest, augmented", "volest, not augmented"
    paces = interleave(
        {
            augmented: lambda: volest_pace(study.config, study, options.epochs),
            untouched: lambda: volest_pace(plain, study, options.epochs),
        },
        options.repeats,
    )
    peak_gib = torch.cuda.max_memory_allocated() / 2**30
    voxels, targets = (t.cuda() for t in study.tensors(study.data.training))
    network = bare_network(study.config, study.data.shape).cuda()
    batches = in_memory(voxels, targets, BATCH_SIZE, options.seed)
    paces[bare] = [bare_pace(network, batches, study.config, options.epochs)]
    rows = [
        (name, f"{median(of, 'samples_per_s'):.1f}", f"{median(of, 'wait_share'):.0%}" if name != bare else "")
        for name, of in paces.items()
    ]
    return [
        f"{torch.cuda.get_device_name()}; {study}; bf16, batch {BATCH_SIZE}",
        "",
        *table(("", "samples/s", "waiting for data"), rows),
        "",
        f"- peak memory on the card while volest trained: {peak_gib:.2f} GiB",
        "",
        *stages(study, options),
    ]


def _study(options: Options) -> Study:
    settings = ("training.device=cuda", f"training.batch_size={BATCH_SIZE}", "training.epochs=100")
    config = large_recipe(options, SCANS, *settings, f"run.directory={options.work / 'gpu-run'}")
    return first_fold("phantoms", config)
