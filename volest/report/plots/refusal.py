"""What refusing is worth: error of the scans that are kept, against the share that is kept."""

from collections.abc import Sequence

import numpy as np

from volest.records.refusal import Refusal, RiskCoverage
from volest.report.figure_text import value
from volest.report.plots.plot import Axis, Line, Mark, Plot

FEWEST = 0.1
"""Share of the scans from which on their mean error is drawn: that of two or three jumps about."""


def risk_coverage_plot(refusal: Refusal, errors_ml: Sequence[float]) -> Plot:
    """The curve of each order of refusal, between the one that nobody knows and chance.

    Args:
        refusal: of the run.
        errors_ml: of the held-out scans.
    """
    risk, width = refusal.risk, refusal.risk_by_width
    known = np.sort(np.abs(errors_ml))
    shares = np.arange(1, len(known) + 1) / len(known)
    marks: list[Mark] = [
        Line((100 * FEWEST, 100.0), (risk.blind_area_ml, risk.blind_area_ml), "limit"),
        _curve(shares, np.cumsum(known) / np.arange(1, len(known) + 1), "training", "largest error first"),
        *([_curved(width, "other", "widest interval first")] if width else []),
        _curved(risk, "smooth", "least typical first"),
    ]
    drawn = [float(y) for mark in marks if isinstance(mark, Line) for y in mark.y]
    keys = [("smooth", "least typical first"), ("other", "widest interval first"), ("limit", "by lot")]
    return Plot(
        name="risk_coverage",
        title="Error of the scans that are kept",
        message=f"Area under the curve {value(risk.area_ml, 1, ' mL')}; by lot {risk.blind_area_ml:.1f}, at best "
        f"{risk.best_area_ml:.1f} mL. A curve that rises to the right refuses the right scans first.",
        x=Axis("scans kept (%)", 100 * FEWEST, 100.0),
        y=Axis.over("mean absolute error (mL)", drawn, from_zero=True),
        marks=tuple(marks),
        keys=(*(key for key in keys if width or key[0] != "other"), ("training", "if errors were known")),
    )


def _curved(risk: RiskCoverage, look: str, name: str) -> Line:
    return _curve(np.array(risk.coverage), np.array(risk.mae_ml), look, name)


def _curve(shares: np.ndarray, mae_ml: np.ndarray, look: str, name: str) -> Line:
    drawn = shares >= FEWEST - 1e-9
    return Line((100 * shares[drawn]).tolist(), mae_ml[drawn].tolist(), look, name)
