"""volest's augmented training against the bare loop without any, and the same loop fed by torchio and by MONAI."""

from collections import deque

import torch

from bench.ceilings import seconds
from bench.loops import Batches, Pace, bare_network, bare_pace, in_memory, volest_pace
from bench.options import Options
from bench.own import own_batches
from bench.page import table
from bench.peers import SHARED, monai_batches, torchio_batches
from bench.repetition import interleave, median, spread
from bench.study import Study, fine_studies
from volest.augmentation.drawn import Drawn
from volest.config import Config

EVERY, SAME, BARE = "volest, every transform", "volest, those that torchio has", "bare loop, not augmented"


def augmented(options: Options) -> list[str]:
    """Seconds of training steps and samples per second, for each study."""
    lines = []
    for study in fine_studies(options):
        lines += [f"### {study}; {options.workers} workers for torchio and MONAI", "", *_compare(study, options), ""]
    return lines


def _compare(study: Study, options: Options) -> list[str]:
    own = [name for name in Drawn.__dataclass_fields__ if name not in SHARED]
    every = study.with_overrides("training.epochs=100")
    same = study.with_overrides("training.epochs=100", *(f"augmentation.{name}.probability=0" for name in own))
    paces = interleave(
        {
            EVERY: lambda: volest_pace(every, study, options.epochs),
            SAME: lambda: volest_pace(same, study, options.epochs),
            BARE: lambda: _fed(study, options, _untouched(study)),
            "torchio": lambda: _fed(study, options, torchio_batches(study, options.workers)),
            "MONAI": lambda: _fed(study, options, monai_batches(study, options.workers)),
        },
        options.repeats,
    )
    rate = {name: median(of, "samples_per_s") for name, of in paces.items()}
    rows = [
        (
            name,
            f"{median(of, 'steps_s'):.2f}",
            spread(of, "steps_s"),
            f"{rate[name]:.1f}",
            f"{rate[BARE] / rate[name]:.2f}",
        )
        for name, of in paces.items()
    ]
    return [
        *table(("", "s per epoch, steps only", "range", "samples/s", "time / bare loop"), rows),
        "",
        f"- volest / torchio's `SubjectsDataset`, samples/s: **{rate[SAME] / rate['torchio']:.2f}** (aim >= 6)",
        f"- volest / MONAI's `CacheDataset`, samples/s: **{rate[SAME] / rate['MONAI']:.2f}** (aim >= 2)",
        f"- volest / bare loop, time: **{rate[BARE] / rate[SAME]:.2f}**, with every transform "
        f"**{rate[BARE] / rate[EVERY]:.2f}** (aim <= 1.25)",
        *_batches_alone(study, options, same),
        f"- {', '.join(own)} are volest's alone, and no peer's target follows.",
    ]


def _batches_alone(study: Study, options: Options, same: Config) -> list[str]:
    """Making the batches of an epoch while nothing trains: what of the ratios above is the network's own time."""
    made = {
        "volest": _epoch_s(own_batches(study, same)),
        "torchio": _epoch_s(torchio_batches(study, options.workers)),
        "MONAI": _epoch_s(monai_batches(study, options.workers)),
    }
    per_scan = ", ".join(f"{name} {1000 * s / len(study.data.training):.1f}" for name, s in made.items())
    ratios = " and ".join(f"{name} **{made[name] / made['volest']:.1f}**" for name in ("torchio", "MONAI"))
    return [f"- batches alone, ms a scan: {per_scan}; {ratios} times as long as volest"]


def _epoch_s(batches: Batches) -> float:
    """Seconds of the quicker of two epochs, after one that starts the workers."""
    return seconds(lambda: deque(batches(), maxlen=0), torch.device("cpu"), repeats=2)


def _untouched(study: Study) -> Batches:
    return in_memory(*study.tensors(study.data.training), study.config.training.batch_size, study.config.seed)


def _fed(study: Study, options: Options, batches: Batches) -> Pace:
    return bare_pace(bare_network(study.config, study.data.shape), batches, study.config, options.epochs)
