"""Predicted against reference, out of fold, as an SVG for README: tools/plot_agreement.py RUN OUT.svg"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from volest.evaluation.metrics import agreement
from volest.records.predictions import read_predictions
from volest.records.run import RunDirectory

INK, ACCENT, LINE = "#333333", "#c0392b", "#bbbbbb"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    predictions = read_predictions(RunDirectory(arguments.run).predictions)
    figures = agreement(predictions)
    reference_ml = np.array([p.reference_ml for p in predictions])
    predicted_ml = np.array([p.predicted_ml for p in predictions])

    figure = Figure(figsize=(5.2, 4.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    limit = float(max(reference_ml.max(), predicted_ml.max())) * 1.06
    axes.plot((0, limit), (0, limit), color=LINE, linewidth=1, zorder=0)
    axes.scatter(reference_ml, predicted_ml, s=22, color=ACCENT, alpha=0.75, linewidths=0)
    axes.set(xlim=(0, limit), ylim=(0, limit), aspect="equal")
    axes.set(xlabel="reference (mL)", ylabel="predicted, held out (mL)")
    axes.spines[["top", "right"]].set_visible(False)
    caption = (
        f"{figures.n_scans} scans of {figures.n_patients} patients, each held out once\n"
        f"MAE {figures.mae_ml:.1f} mL   MAPE {figures.mape_percent:.1f} %   R² {figures.r2:.2f}"
    )
    axes.text(0.03, 0.97, caption, transform=axes.transAxes, va="top", color=INK, fontsize=9)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(arguments.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
