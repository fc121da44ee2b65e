"""volest's augmented training against the same loop fed by torchio and by MONAI."""

from bench.loops import Batches, Pace, bare_network, bare_pace, volest_pace
from bench.options import Options
from bench.page import table
from bench.peers import SHARED, monai_batches, torchio_batches
from bench.repetition import interleave, median, spread
from bench.study import Study, studies
from volest.config.augmentation import AugmentationConfig


def augmented(options: Options) -> list[str]:
    """Seconds of training steps and samples per second, for each study."""
    lines = []
    for study in studies(options):
        lines += [f"### {study}; {options.workers} workers", "", *_compare(study, options), ""]
    return lines


def _compare(study: Study, options: Options) -> list[str]:
    config = study.with_overrides("training.epochs=100")
    absent = [name for name in AugmentationConfig.model_fields if name not in {*SHARED, "enabled", "follow"}]
    shared = study.with_overrides("training.epochs=100", *(f"augmentation.{name}.probability=0" for name in absent))
    every, same = f"volest, all {len(SHARED) + len(absent)} transforms", f"volest, the {len(SHARED)} that torchio has"
    paces = interleave(
        {
            every: lambda: volest_pace(config, study, options.epochs),
            same: lambda: volest_pace(shared, study, options.epochs),
            "torchio": lambda: _peer(study, options, torchio_batches(study, options.workers)),
            "MONAI": lambda: _peer(study, options, monai_batches(study, options.workers)),
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
            f"{rate[every] / rate[name]:.2f}",
            f"{rate[same] / rate[name]:.2f}",
        )
        for name, of in paces.items()
    ]
    return [
        *table(("", "s per epoch, steps only", "range", "samples/s", "volest (all) is", "volest (shared) is"), rows),
        "",
        f"- {every}: torchio takes **{rate[every] / rate['torchio']:.2f}** and MONAI "
        f"**{rate[every] / rate['MONAI']:.2f}** times as long per sample (aim >= 1), while doing less: "
        f"{', '.join(absent)} are volest's alone, and no peer's target follows.",
    ]


def _peer(study: Study, options: Options, batches: Batches) -> Pace:
    return bare_pace(bare_network(study.config, study.data.shape), batches, study.config, options.epochs)
