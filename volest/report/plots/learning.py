"""Learning curves of one fold: training and held-out error by epoch, and where the held-out one turned."""

import math
from collections.abc import Mapping

import pandas as pd

from volest.evaluation.learning_curve import curve_of, smoothed, turn
from volest.report.plots.plot import Axis, Label, Line, Mark, Plot, Points


def learning_plots(histories: Mapping[int, pd.DataFrame], turned_percent: float) -> list[Plot]:
    """One figure a fold, all on the same axes.

    Args:
        histories: curves by fold.
        turned_percent: a smaller rise after the lowest point is no turn worth a mark.
    """
    columns = ("train_mae_ml", "val_mae_ml")
    usable = {k: table for k, table in histories.items() if table[list(columns)].notna().any(axis=None)}
    if not usable:
        return []
    errors_ml = [float(v) for table in usable.values() for name in columns for v in table[name] if math.isfinite(v)]
    # The first epochs of a fold may be far above all that follows, and would flatten it.
    ceiling_ml = min(max(errors_ml), 2.5 * float(pd.Series(errors_ml).quantile(0.9)))
    y = Axis("mean absolute error (mL)", 0.0, 1.05 * ceiling_ml or 1.0)
    longest = max(float(table["epoch"].max()) for table in usable.values())
    x = Axis("epoch", 1.0, max(longest + 1, 2.0), whole=True)
    return [_plot(fold, table, x, y, turned_percent) for fold, table in usable.items()]


def _plot(fold: int, table: pd.DataFrame, x: Axis, y: Axis, turned_percent: float) -> Plot:
    epochs = (table["epoch"] + 1).tolist()  # people count from 1
    training, held_out = (
        [min(v, y.high) if math.isfinite(v) else v for v in table[name]] for name in ("train_mae_ml", "val_mae_ml")
    )
    marks: list[Mark] = [Line(epochs, training, "training", "training"), Line(epochs, held_out, "held-out", "held out")]
    end = table.iloc[-1]
    told = (
        f"At epoch {int(end['epoch']) + 1} the error is {end['train_mae_ml']:.1f} mL on training and "
        f"{end['val_mae_ml']:.1f} mL on held-out scans."
    )
    keys = [("training", "training scans"), ("held-out", "held-out scans")]
    curve = curve_of(table, "val_mae_ml")
    if curve is not None:
        turned = turn(curve)
        keys.append(("smooth", "the same, smoothed"))
        marks.append(Line(epochs, [min(v, y.high) for v in smoothed(curve)], "smooth"))
        marks.append(Points((turned.epoch,), (min(turned.lowest, y.high),), "network"))
        if turned.rise_percent > turned_percent:
            marks.append(Line((turned.epoch, turned.epoch), (y.low, y.high), "turn"))
            late = turned.epoch > x.high / 2
            marks.append(Label(turned.epoch, 0.92 * y.high, f" turns at {turned.epoch} ", "end" if late else "start"))
            told += (
                f" The smoothed held-out error turned about epoch {turned.epoch} and rose {turned.rise_percent:.0f}%."
            )
        else:
            told += f" The smoothed held-out error did not turn (lowest about epoch {turned.epoch})."
    return Plot(
        name=f"learning_curve_fold_{fold}",
        title=f"Fold {fold}",
        message=told,
        x=x,
        y=y,
        marks=tuple(marks),
        keys=tuple(keys),
        width=340,
        height=250,
    )
