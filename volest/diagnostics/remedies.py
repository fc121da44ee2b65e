"""What to try, by key and value, starting from the run's own configuration.

A remedy says what to do and never refers to another finding, which may have passed in this run.
"""

import math

import numpy as np

from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.evaluation.learning_curve import FEWEST_EPOCHS, fall_percent, last_fifth, mean_curve


def learn_more(run: RunRecords, thresholds: DiagnosisConfig, once_learnt: str | None = None) -> str:
    """Against networks that have learnt too little, as far as their curves tell what held them back.

    Args:
        run: with the curves and the configuration.
        thresholds: of a curve that still falls, and of training scans that are not learnt.
        once_learnt: where training scans are learnt and the curves have come to rest; regularisation if not given.
    """
    if run.histories and not run.ended:
        return "Let the training end before it is judged: `volest cv` goes on where it stopped."
    held_out = mean_curve(run.ended, "val_mae_ml")
    epochs = min((len(history) for history in run.ended.values()), default=FEWEST_EPOCHS)
    if epochs < FEWEST_EPOCHS or (
        held_out is not None and fall_percent(last_fifth(held_out)) > thresholds.falling_percent
    ):
        return longer(epochs)
    ends = [float(history["train_r2"].iloc[-1]) for history in run.ended.values()]
    known = [r2 for r2 in ends if np.isfinite(r2)]
    if not known or np.median(known) < thresholds.underfit_r2:
        return enlarge(run.config)
    return once_learnt or regularise(run.config)


def longer(so_far: int) -> str:
    """Against a training of `so_far` epochs that ended on its way down, or before it was under way."""
    epochs = Config().training.epochs if so_far < FEWEST_EPOCHS else math.ceil(1.5 * so_far)
    return f"Train longer: training.epochs: {epochs}, in a new run directory."


def regularise(config: Config | None) -> str:
    """Against a network that learns its training scans by heart; what the run does already is not proposed again."""
    config = config or Config()
    model, training, steps = config.model, config.training, []
    if not config.augmentation.enabled:
        steps.append("augmentation.enabled: true")
    if model.dropout < 0.2:
        steps.append("model.dropout: 0.2")
    if training.weight_decay < 0.05:
        steps.append(f"training.weight_decay: {min(0.05, max(training.weight_decay * 5, 0.01)):g}")
    if training.ema_decay < 0.99:
        steps.append("training.ema_decay: 0.99")
    if model.name != "resnet":
        steps.append("model.name: resnet, which is far smaller")
    elif model.widths[-1] > 64:
        steps.append(f"model.widths: {[width // 2 for width in model.widths]}")
    keys = "; ".join(steps)
    tried = f"Try, one at a time: {keys}. " if keys else ""
    return f"{tried}More patients help most; more scans of the same patients help little."


def enlarge(config: Config | None) -> str:
    """Against a network that cannot even learn its training scans."""
    config = config or Config()
    model, training, steps = config.model, config.training, []
    if model.dropout > 0:
        steps.append("model.dropout: 0")
    if training.weight_decay > 0.01:
        steps.append("training.weight_decay: 0.01")
    steps.append(f"training.epochs: {training.epochs * 2}")
    steps.append(f"training.learning_rate: {training.learning_rate * 3:.2g}")
    if model.name == "resnet":
        steps.append(f"model.widths: {[width * 2 for width in model.widths]}")
    if config.preprocessing.fit == "physical":
        steps.append("a finer preprocessing.spacing_mm, if the structure is a few voxels wide")
    return f"Run `volest doctor` first: it overfits one batch. Then try, one at a time: {'; '.join(steps)}."


def calm(config: Config | None) -> str:
    """Against steps that are too large."""
    training = (config or Config()).training
    clip = "" if training.gradient_clip is not None else " Set training.gradient_clip: 1.0."
    return (
        f"Set training.learning_rate: {training.learning_rate / 3:.2g}; if that is not enough, "
        f"training.warmup_epochs: {max(2 * training.warmup_epochs, 5):g}.{clip}"
    )
