"""A linear probe of the volume: how much of it can be read off the latents without learning anything new."""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from volest.evaluation.baselines.log_volume_regression import LogVolumeRegression
from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.correlation import r2, spearman_rho
from volest.evaluation.error_size import mean_absolute_error
from volest.evaluation.sample import judged_scans
from volest.records.latents import FoldLatents
from volest.records.manifest import Scan
from volest.records.predictions import Prediction
from volest.records.probes import VolumeSkill

PENALTIES = tuple(10.0**power for power in range(-1, 6))
"""Of the ridge, on standardised features; often there are more features than scans."""


def probe_volume(latents: Sequence[FoldLatents], scans: Mapping[str, Scan]) -> list[Prediction]:
    """Volumes of the held-out scans by ridge regression of log volume, a probe for each fold.

    Each is fitted on its network's training scans, the penalty chosen there by grouped cross-validation over patients.

    Args:
        latents: of each fold.
        scans: those of the latents, by scan_id.
    """
    return [prediction for of_fold in latents for prediction in _probe_fold(of_fold, scans)]


def _probe_fold(latents: FoldLatents, scans: Mapping[str, Scan]) -> list[Prediction]:
    rows = np.array([scans[scan_id] for scan_id in latents.scan_ids], dtype=object)
    training, held_out = rows[latents.training].tolist(), rows[latents.held_out].tolist()
    ridge = make_pipeline(StandardScaler(), Ridge())
    probe = LogVolumeRegression(ridge, {"ridge__alpha": PENALTIES}).fit(latents.vectors[latents.training], training)
    predicted_ml = probe.predict(latents.vectors[latents.held_out])
    return [
        Prediction(scan.scan_id, scan.patient_id, latents.fold, float(volume_ml), scan.volume_ml)
        for scan, volume_ml in zip(held_out, predicted_ml, strict=True)
    ]


def volume_skill(name: str, predictions: Sequence[Prediction], rng: np.random.Generator) -> VolumeSkill:
    """R2, MAE and Spearman's correlation, with intervals over the patients."""
    sample = judged_scans(predictions)
    figure = Bootstrap(sample, rng).figure
    return VolumeSkill(
        name=name,
        n_scans=sample.n_scans,
        n_patients=sample.n_patients,
        r2=figure(r2),
        mae_ml=figure(mean_absolute_error),
        spearman_rho=figure(spearman_rho),
    )
