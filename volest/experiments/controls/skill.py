"""What a training knows beyond the best guess that needs no image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import Interval, patient_interval
from volest.diagnostics.wording import number
from volest.experiments.preparation import PreparedRun
from volest.preprocessing.target import target_kind
from volest.records.predictions import Prediction


@dataclass(frozen=True)
class Skill:
    """Held-out error of a training beside that of a blind guess.

    Attributes:
        mae_ml: of the training.
        blind_mae_ml: of the best constant.
        interval: of the difference, training minus blind, over patients; None where they are too few.
    """

    mae_ml: float
    blind_mae_ml: float
    interval: Interval | None

    @property
    def shown(self) -> bool:
        """Whether the training is better beyond chance."""
        return self.interval is not None and self.interval.high < 0

    def share_of(self, other: "Skill") -> float:
        """Per cent of the other's gain on blind guessing."""
        gain_ml = other.blind_mae_ml - other.mae_ml
        return 100 * (self.blind_mae_ml - self.mae_ml) / gain_ml if gain_ml > 0 else float("nan")

    def __str__(self) -> str:
        between = (
            ""
            if self.interval is None
            else f", difference {self.mae_ml - self.blind_mae_ml:.2f} mL, interval {self.interval}"
        )
        return f"{number(self.mae_ml)} mL against {number(self.blind_mae_ml)} mL of the best blind guess{between}"


def skill_of(
    held_out: Sequence[Prediction], run: PreparedRun, fold: int, thresholds: DiagnosisConfig, rng: np.random.Generator
) -> Skill:
    """Judge a training; its references are those of `run`, which knows the truth."""
    truth_ml = {scan.scan_id: scan.volume_ml for scan in run.manifest}
    reference_ml = np.array([truth_ml[p.scan_id] for p in held_out])
    error_ml = np.abs(np.array([p.predicted_ml for p in held_out]) - reference_ml)
    blind_ml = min(
        (np.abs(guess_ml - reference_ml) for guess_ml in blind_guesses_ml(held_out, run, fold)),
        key=lambda errors_ml: float(errors_ml.mean()),
    )
    table = pd.DataFrame(
        {
            "scan_id": [p.scan_id for p in held_out],
            "patient_id": [p.patient_id for p in held_out],
            "predicted_ml": [p.predicted_ml for p in held_out],
            "reference_ml": reference_ml,
        }
    )
    difference_ml = error_ml - blind_ml
    interval = patient_interval(table, lambda draws: draws.average(difference_ml), thresholds, rng)
    return Skill(float(error_ml.mean()), float(blind_ml.mean()), interval)


def blind_guesses_ml(held_out: Sequence[Prediction], run: PreparedRun, fold: int) -> list[np.ndarray]:
    """Mean over training patients and median of scans, in mL and, where it is learnt, as fraction of the field."""
    training = pd.DataFrame(
        [
            (scan.patient_id, scan.volume_ml, run.facts[scan.scan_id].field_of_view_ml)
            for scan in run.manifest.of(run.folds.training(fold))
        ],
        columns=["patient_id", "volume_ml", "fov_ml"],
    )
    units = [np.ones(len(held_out))]
    quantities = [training["volume_ml"]]
    if "fraction" in target_kind(run.config):
        units.append(np.array([run.facts[p.scan_id].field_of_view_ml for p in held_out]))
        quantities.append(training["volume_ml"] / training["fov_ml"])
    return [
        float(centre) * unit
        for unit, quantity in zip(units, quantities, strict=True)
        for centre in (quantity.groupby(training["patient_id"]).mean().mean(), quantity.median())
    ]
