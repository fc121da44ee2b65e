"""Pictures of one epoch: how the predictions of both parts lie beside their references."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from volest.evaluation.bland_altman import limits_of_agreement
from volest.records.evaluation import LimitsOfAgreement
from volest.training.curves import PartPredictions

COLOURS = {"train": "0.65", "val": "tab:red"}
NAMES = {"train": "training", "val": "held out"}
SIDE_INCHES = 3.5
"""TensorBoard shows pictures some 300 pixels wide: larger ones lose their letters."""


def agreement_figure(parts: Mapping[str, PartPredictions]) -> Figure:
    """Predicted against reference, training and held-out scans, with the line of identity."""
    figure, axes = _square()
    everything = np.concatenate([np.r_[part.predicted_ml, part.reference_ml] for part in parts.values()])
    limits = (0.0, float(np.nanmax(everything)) * 1.05)
    axes.plot(limits, limits, color="0.6", linewidth=1)
    for name, part in parts.items():
        axes.scatter(part.reference_ml, part.predicted_ml, s=14, color=COLOURS[name], label=NAMES[name])
    axes.set(xlabel="reference (mL)", ylabel="predicted (mL)", xlim=limits, ylim=limits, aspect="equal")
    axes.legend()
    return figure


def bland_altman_figure(parts: Mapping[str, PartPredictions]) -> Figure:
    """Difference against mean of both; bias and limits of agreement of the held-out scans, several a patient or one."""
    figure, axes = _square()
    for name, part in parts.items():
        mean_ml, difference_ml = (part.predicted_ml + part.reference_ml) / 2, part.predicted_ml - part.reference_ml
        axes.scatter(mean_ml, difference_ml, s=14, color=COLOURS[name], label=NAMES[name])
    axes.axhline(0, color="0.8", linewidth=1)
    _draw_limits(axes, _limits_of(parts["val"]))
    axes.set(xlabel="mean of both (mL)", ylabel="predicted - reference (mL)")
    axes.margins(y=0.12)  # room for the words on the limits
    axes.legend()
    return figure


def _square() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(SIDE_INCHES, SIDE_INCHES), layout="constrained")
    return figure, figure.subplots()


def _limits_of(part: PartPredictions) -> LimitsOfAgreement:
    _, patient_of_scan = np.unique(np.array(part.patient_ids), return_inverse=True)
    return limits_of_agreement(part.predicted_ml - part.reference_ml, patient_of_scan)


def _draw_limits(axes: Axes, limits: LimitsOfAgreement) -> None:
    for figure, name, style in (
        (limits.upper, "upper limit", "--"),
        (limits.bias, "bias", "-"),
        (limits.lower, "lower limit", "--"),
    ):
        if figure.value is not None:  # one patient has no limits
            axes.axhline(figure.value, color=COLOURS["val"], linestyle=style, linewidth=1)
            told = (f"{name} {figure.value:+.1f}", (1, figure.value))
            axes.annotate(*told, xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=9)
