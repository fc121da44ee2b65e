"""How sure a figure is: its interval over patients, who were drawn, and never over their scans."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.wording import number
from volest.evaluation.bootstrap import Bootstrap, Statistic
from volest.evaluation.sample import Sample


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.low)} to {number(self.high)}"

    def times(self, factor: float) -> "Interval":
        """The interval of a figure that is `factor` times as large; `factor` is above zero."""
        return Interval(self.low * factor, self.high * factor)


def sample_of(held_out: pd.DataFrame) -> Sample:
    """The same scans for the statistics of `evaluation`."""
    return Sample(
        tuple(held_out["scan_id"]),
        tuple(held_out["patient_id"]),
        held_out["predicted_ml"].to_numpy(dtype=float),
        held_out["reference_ml"].to_numpy(dtype=float),
    )


def patient_interval(
    held_out: pd.DataFrame, statistic: Statistic, thresholds: DiagnosisConfig, rng: np.random.Generator
) -> Interval | None:
    """Interval of a statistic of these scans by the bootstrap over patients.

    None with fewer patients than may be resampled, or where too many draws leave the statistic undefined.
    """
    sample = sample_of(held_out)
    if sample.n_patients < thresholds.fewest_patients:
        return None
    figure = Bootstrap(sample, rng, thresholds.resamples, thresholds.confidence).figure(statistic)
    return None if figure.low is None or figure.high is None else Interval(figure.low, figure.high)
