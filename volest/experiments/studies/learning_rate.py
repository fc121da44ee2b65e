"""Which learning rate: a range test, a sweep around what it suggests, and how the rate goes with the batch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from volest.config import Config
from volest.errors import TrainingError
from volest.experiments.fold import fold_data
from volest.experiments.preparation import PreparedRun
from volest.experiments.rehearsal import Rehearsal, limited_threads
from volest.experiments.studies.definition import Arm, Preset, Study, shortened
from volest.experiments.studies.steps import equally_many_steps
from volest.progress import Progress
from volest.records.study import StudyCurve
from volest.training.dataset import TrainingScans
from volest.training.machine import choose_device, choose_precision
from volest.wording import counted

LOWEST, HIGHEST = 1e-6, 3.0
STEPS = 100
MEMORY = 0.9
"""Of the smoothed loss."""

DIVERGED = 4.0
"""Times the best smoothed loss, at which the test stops."""

FEWEST_RATES = 3

FACTORS = (0.1, 0.3, 1.0, 3.0)
BATCH_FACTOR = 4
QUICK_EPOCHS, QUICK_FOLDS = 40, 2


@dataclass(frozen=True)
class RangeTest:
    """Loss over a rising learning rate (Smith 2017, Cyclical Learning Rates).

    Attributes:
        rates: of each step.
        losses: before each step, smoothed, their start corrected.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def suggested(self) -> float:
        """Where the loss falls most steeply over the logarithm of the rate, before its lowest point."""
        lowest = max(2, int(np.argmin(self.losses)))
        slopes = np.gradient(np.array(self.losses[: lowest + 1]), np.log(self.rates[: lowest + 1]))
        return float(self.rates[int(np.argmin(slopes))])


def range_test(step: Callable[[float], float], steps: int = STEPS) -> RangeTest:
    """Raise the rate exponentially from `LOWEST` to `HIGHEST`, until the loss is `DIVERGED` times its best.

    Of a best loss that is not positive, as that of a likelihood may be, it is the fall so far that counts.

    Args:
        step: one step at the given rate; the loss before it. May raise TrainingError once it has diverged.
        steps: from the lowest to the highest rate.

    Raises:
        TrainingError: it has diverged before anything could be seen.
    """
    rates, losses, mean = [], [], 0.0
    for number, rate in enumerate(np.geomspace(LOWEST, HIGHEST, steps).tolist(), start=1):
        try:
            loss = step(rate)
        except TrainingError:
            break
        mean = MEMORY * mean + (1 - MEMORY) * loss
        rates.append(rate)
        losses.append(mean / (1 - MEMORY**number))
        best = min(losses)
        if losses[-1] - best > (DIVERGED - 1) * (best if best > 0 else losses[0] - best):
            break
    if len(losses) < FEWEST_RATES:
        raise TrainingError(
            f"the learning-rate range test ended after {counted(len(losses), 'step')}: the loss was no number even at "
            f"{LOWEST:g}. Look at the scans with `volest check`, and at training.loss and training.precision."
        )
    return RangeTest(tuple(rates), tuple(losses))


def learning_rate_study(whole: PreparedRun, preset: Preset, progress: Progress) -> Study:
    """Rates around the suggested one, and four times the batch with the rate as it is, by root, and in proportion."""
    quick, config = preset == "quick", whole.config
    folds = min(QUICK_FOLDS, whole.folds.count) if quick else whole.folds.count
    tested = _range_test_of(whole, progress)
    shared = shortened(config.training.epochs, QUICK_EPOCHS if quick else None)
    recipe = Arm(f"{config.training.learning_rate:.1e}, the recipe", shared)
    rates = {float(f"{tested.suggested * factor:.1e}") for factor in FACTORS} - {config.training.learning_rate}
    arms = [recipe, *(Arm(f"{rate:.1e}", {**shared, "training.learning_rate": rate}) for rate in sorted(rates))]
    return Study(
        name="learning-rate",
        question="Which learning rate, and how does it go with the batch?",
        arms=[*arms, *_larger_batches(whole, folds, shared)],
        against=recipe.name,
        seeds=1 if quick else 3,
        folds=folds,
        notes=(
            f"The range test suggests {tested.suggested:.1e}, where the loss falls most steeply; the sweep says "
            "whether that is true. It was made with a network of its own on full batches of the first fold's training "
            "scans, so that no weights had to be put back and no short last batch bent the curve.",
        ),
        curves=(_curve(tested),),
    )


def _larger_batches(whole: PreparedRun, folds: int, shared: dict[str, object]) -> list[Arm]:
    """With as many steps as the recipe takes, and no larger than the scans of any of the folds."""
    training = whole.config.training.model_copy(update={k.split(".")[1]: v for k, v in shared.items()})
    scans = min(len(whole.manifest.of(whole.folds.training(fold))) for fold in range(folds))
    size = min(BATCH_FACTOR * training.batch_size, scans)
    larger = equally_many_steps(training.model_copy(update={"batch_size": size}), scans, training, scans)
    factor = size / training.batch_size
    return [
        Arm(
            f"batch {size}, rate {word}",
            {
                "training.batch_size": size,
                "training.epochs": larger.epochs,
                "training.warmup_epochs": larger.warmup_epochs,
                "training.learning_rate": training.learning_rate * times,
            },
        )
        for word, times in (("as it is", 1.0), ("by root", factor**0.5), ("in proportion", factor))
        if factor > 1
    ]


def _range_test_of(whole: PreparedRun, progress: Progress) -> RangeTest:
    config = whole.config
    device = choose_device(config.training)
    data, _ = fold_data(whole, 0, progress)
    augmented = TrainingScans(data.training, None, data.target, config.seed)
    batches = _full_batches(augmented, config)
    with limited_threads(config.training.threads):
        rehearsal = Rehearsal(config, data.shape, device, choose_precision(config.training, device))

        def step(rate: float) -> float:
            for group in rehearsal.optimizer.param_groups:
                group["lr"] = rate
            return rehearsal.step(next(batches))

        return range_test(step)


def _full_batches(scans: TrainingScans, config: Config) -> Iterator[Sequence[Tensor]]:
    size, epoch = min(config.training.batch_size, len(scans)), 0
    while True:
        order = np.random.default_rng([config.seed, epoch]).permutation(len(scans)).tolist()
        for start in range(0, len(order) - size + 1, size):
            yield scans[[(epoch, position) for position in order[start : start + size]]]
        epoch += 1


def _curve(tested: RangeTest) -> StudyCurve:
    x = tuple(np.log10(tested.rates).tolist())
    return StudyCurve(
        name="range_test",
        title="Learning-rate range test",
        message=f"Smoothed loss while the rate rises; it falls most steeply at {tested.suggested:.1e}, and the test "
        f"ends at {tested.rates[-1]:.1e}.",
        x_label="logarithm (base 10) of the learning rate",
        y_label="loss",
        lines={"smooth": (x, tested.losses)},
    )
