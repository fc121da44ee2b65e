"""The geometry of a latent space: features in units of their spread over the training scans."""

import numpy as np
from jaxtyping import Float

from volest.errors import RunError
from volest.records.latents import FoldLatents
from volest.wording import counted

Space = Float[np.ndarray, "scan feature"]

FEWEST_SCANS = 4
FEWEST_PATIENTS = 2


def standardised(latents: FoldLatents) -> Space:
    """Features with mean 0 and SD 1 over the training scans; one that does not vary there is 0 for them and stays."""
    seen = latents.vectors[latents.training]
    sd = seen.std(axis=0)
    return (latents.vectors - seen.mean(axis=0)) / np.where(sd > 0, sd, 1.0)


def squared_distances(
    one: Float[np.ndarray, "one feature"], other: Float[np.ndarray, "other feature"]
) -> Float[np.ndarray, "one other"]:
    """Between each row of the first and each of the second."""
    squares = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1) - 2 * one @ other.T
    return np.maximum(squares, 0.0)


def require_enough(latents: FoldLatents) -> None:
    """Raise RunError unless there is something to learn from and something to judge by, all of it finite."""
    training = {patient for patient, seen in zip(latents.patient_ids, latents.training, strict=True) if seen}
    scans = int(latents.training.sum())
    if scans < FEWEST_SCANS or len(training) < FEWEST_PATIENTS or not latents.held_out.any():
        raise RunError(
            f"fold {latents.fold} has {counted(scans, 'training scan')} of {counted(len(training), 'patient')} and "
            f"{counted(int(latents.held_out.sum()), 'held-out scan')}; its latents can be judged from {FEWEST_SCANS} "
            f"training scans of {FEWEST_PATIENTS} patients and one held-out scan on. Train a run on more scans."
        )
    finite = np.isfinite(latents.vectors).all(axis=1)
    if not finite.all():
        raise RunError(
            f"the network of fold {latents.fold} gives scan {latents.scan_ids[int(np.argmin(finite))]!r} a latent that "
            "is not finite. Train that fold again, with a lower training.learning_rate if it diverged."
        )
