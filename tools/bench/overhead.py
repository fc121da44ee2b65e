"""volest without augmentation against the bare loop."""

from bench.loops import Pace, bare_network, bare_pace, evaluation, in_memory, volest_pace
from bench.options import Options
from bench.page import table
from bench.repetition import interleave, median, spread
from bench.study import Study, studies


def overhead(options: Options) -> list[str]:
    """Seconds per epoch and ratios, for each study."""
    lines = []
    for study in studies(options):
        lines += [f"### {study}", "", *_compare(study, options), ""]
    return lines


def _compare(study: Study, options: Options) -> list[str]:
    plain = study.with_overrides("augmentation.enabled=false", "training.epochs=100")
    volest, steps, observed = "volest", "bare loop, steps only", "bare loop, steps and evaluation"
    paces = interleave(
        {
            volest: lambda: volest_pace(plain, study, options.epochs),
            steps: lambda: _bare(study, options, evaluated=False),
            observed: lambda: _bare(study, options, evaluated=True),
        },
        options.repeats,
    )
    epoch_s = {name: median(of, "epoch_s") for name, of in paces.items()}
    steps_s = {name: median(of, "steps_s") for name, of in paces.items()}
    rows = [(name, f"{epoch_s[name]:.3f}", spread(of, "epoch_s"), f"{steps_s[name]:.3f}") for name, of in paces.items()]
    ratio = epoch_s[volest] / epoch_s[observed]
    return [
        *table(("", "s per epoch", "range", "of it steps, s"), rows),
        "",
        f"- volest / bare loop with the same evaluation: **{ratio:.3f}** (overhead {ratio - 1:+.1%}; aim <= +10%)",
        f"- volest / bare loop, steps only: {epoch_s[volest] / epoch_s[steps]:.3f}",
        f"- steps of volest / steps of the bare loop: {steps_s[volest] / steps_s[steps]:.3f}",
    ]


def _bare(study: Study, options: Options, evaluated: bool) -> Pace:
    config, size = study.config, study.config.training.batch_size
    network = bare_network(config, study.data.shape)
    training, held_out = study.tensors(study.data.training), study.tensors(study.data.held_out)
    batches = in_memory(*training, size, config.seed)
    evaluate = evaluation(network, (training, held_out), size) if evaluated else None
    return bare_pace(network, batches, config, options.epochs, evaluate)
