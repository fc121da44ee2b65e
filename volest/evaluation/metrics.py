"""How far predictions lie from references, in millilitres and in per cent."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from volest.errors import VolestError
from volest.records.metrics import Agreement
from volest.records.predictions import Prediction

PerScan = Float[np.ndarray, " scan"]


def mean_absolute_error(predicted_ml: PerScan, reference_ml: PerScan) -> float:
    """Mean of |predicted - reference|, in mL."""
    return float(np.abs(predicted_ml - reference_ml).mean())


def root_mean_square_error(predicted_ml: PerScan, reference_ml: PerScan) -> float:
    """Square root of the mean of (predicted - reference)^2, in mL."""
    return float(np.sqrt(np.square(predicted_ml - reference_ml).mean()))


def mean_absolute_percentage_error(predicted_ml: PerScan, reference_ml: PerScan) -> float:
    """Mean of |predicted - reference| / reference, in per cent."""
    return float(100 * np.abs((predicted_ml - reference_ml) / reference_ml).mean())


def r2(predicted_ml: PerScan, reference_ml: PerScan) -> float:
    """Coefficient of determination, 1 - SS(residual) / SS(about the mean of these references).

    Below zero where the mean of the references would have been the better prediction; NaN where they do not vary.
    """
    total = np.square(reference_ml - reference_ml.mean()).sum()
    if np.ptp(reference_ml) == 0:
        return float("nan")
    return float(1 - np.square(predicted_ml - reference_ml).sum() / total)


def pearson_r(predicted_ml: PerScan, reference_ml: PerScan) -> float:
    """Pearson's correlation; NaN where either side does not vary."""
    if np.ptp(predicted_ml) == 0 or np.ptp(reference_ml) == 0:
        return float("nan")
    return float(np.corrcoef(predicted_ml, reference_ml)[0, 1])


def agreement(predictions: Iterable[Prediction]) -> Agreement:
    """All figures over held-out scans, each scan counted once.

    Raises:
        VolestError: no prediction at all, or one that is not finite; the scan is named.
    """
    predictions = list(predictions)
    _require_finite(predictions)
    predicted_ml = np.array([p.predicted_ml for p in predictions], dtype=float)
    reference_ml = np.array([p.reference_ml for p in predictions], dtype=float)
    return Agreement(
        mae_ml=mean_absolute_error(predicted_ml, reference_ml),
        mape_percent=mean_absolute_percentage_error(predicted_ml, reference_ml),
        rmse_ml=root_mean_square_error(predicted_ml, reference_ml),
        r2=r2(predicted_ml, reference_ml),
        pearson_r=pearson_r(predicted_ml, reference_ml),
        n_scans=len(predictions),
        n_patients=len({p.patient_id for p in predictions}),
    )


def _require_finite(predictions: list[Prediction]) -> None:
    if not predictions:
        raise VolestError("no predictions to judge. Train at least one fold first: `volest train --fold K`.")
    for p in predictions:
        if not np.isfinite([p.predicted_ml, p.reference_ml]).all():
            raise VolestError(
                f"scan {p.scan_id!r} of fold {p.fold}: predicted {p.predicted_ml} mL against a reference of "
                f"{p.reference_ml} mL; expected two finite numbers. The network diverged or the table was edited: "
                "train that fold again, with a lower training.learning_rate if it diverged."
            )
