"""The patients that a search trains on in place of all."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from sklearn.decomposition import PCA

from volest.config.proxy import ProxyConfig
from volest.datasets.thumbnail import thumbnail
from volest.errors import ConfigError
from volest.evaluation.proxy.informative_region import informative_region
from volest.evaluation.proxy.patient_choice import by_volume, latent_centres, least_similar, random_patients
from volest.evaluation.proxy.patient_mean import patient_weights
from volest.evaluation.proxy.scan_similarity import MEASURES, between_patients
from volest.experiments.preparation import PreparedRun
from volest.experiments.proxy.latents import encoder_latents
from volest.images.formats import read_image
from volest.progress import Progress, watch
from volest.records.folds import Folds
from volest.records.manifest import Scan

EDGE = 12
"""Voxels along each axis of what is compared: of the whole scan, or of its informative eighth."""

COMPONENTS = 8
"""Principal components of thumbnails, in place of a latent space where no encoder is given."""

FEWEST = 2
"""Patients that a network may be trained on."""


@dataclass(frozen=True)
class ProxyData:
    """A share of the patients.

    Attributes:
        patients: in the order of choice.
        seconds: that choosing took, reading of the scans included.
    """

    patients: tuple[str, ...]
    seconds: float


def choose_patients(run: PreparedRun, candidates: Collection[str], seed: int, progress: Progress) -> ProxyData:
    """The share of the candidates that `config.proxy` asks for; the order of `candidates` changes nothing.

    Args:
        run: scans and configuration.
        candidates: patients that may be trained on.
        seed: of the strategies that draw.
        progress: told of the scans that are read.

    Raises:
        ConfigError: the share leaves fewer than two patients.
    """
    begun, proxy = time.monotonic(), run.config.proxy
    known = sorted(candidates)
    count = round(proxy.share * len(known))
    if count < FEWEST:
        raise ConfigError(
            f"proxy.share {proxy.share:g} of {len(known)} patients leaves {count}, and {FEWEST} are the least that a "
            "network can be trained on. Raise it."
        )
    places = _places(run, known, count, np.random.default_rng(seed), progress)
    return ProxyData(tuple(known[place] for place in places), time.monotonic() - begun)


def trained_on(run: PreparedRun, patients: Collection[str]) -> PreparedRun:
    """The same run, in which these patients alone train; all of them are still held out by turns and judge.

    Raises:
        ConfigError: a fold is left with fewer than two patients to train on.
    """
    everyone = {patient for patient, fold in run.folds.of_patient.items() if fold is not None}
    folds = Folds(run.folds.of_patient, frozenset(everyone - set(patients)))
    for fold in range(folds.count):
        if (left := len(folds.training(fold))) < FEWEST:
            raise ConfigError(
                f"of the {len(set(patients))} patients of the proxy {left} are left to train fold {fold}, and {FEWEST} "
                "are the least. Raise proxy.share."
            )
    return replace(run, folds=folds)


def _places(
    run: PreparedRun, patients: Sequence[str], count: int, rng: np.random.Generator, progress: Progress
) -> list[int]:
    proxy = run.config.proxy
    scans = run.manifest.of(set(patients))
    patient_of_scan = np.array([patients.index(scan.patient_id) for scan in scans])
    if proxy.choice == "random":
        return random_patients(len(patients), count, rng)
    if proxy.choice == "by_volume":
        return by_volume(patient_weights(patient_of_scan) @ [scan.volume_ml for scan in scans], count, rng)
    if proxy.choice == "least_similar":
        rasters = _compared(scans, patient_of_scan, proxy, progress)
        return least_similar(between_patients(MEASURES[proxy.similarity](rasters), patient_of_scan), count)
    return latent_centres(patient_weights(patient_of_scan) @ _latents(run, scans, patient_of_scan, progress), count)


def _compared(
    scans: Sequence[Scan], patient_of_scan: np.ndarray, proxy: ProxyConfig, progress: Progress
) -> Float[np.ndarray, "scan i j k"]:
    """Thumbnails, or what they show of the region in which grey levels follow the volume."""
    if proxy.region == "whole":
        return _thumbnails(scans, EDGE, progress)
    finer = _thumbnails(scans, 2 * EDGE, progress)
    i, j, k = informative_region(finer, np.array([scan.volume_ml for scan in scans]), patient_of_scan, EDGE)
    return finer[:, i, j, k]


def _latents(
    run: PreparedRun, scans: Sequence[Scan], patient_of_scan: np.ndarray, progress: Progress
) -> Float[np.ndarray, "scan feature"]:
    """Of the encoder that the configuration names, or else the principal components of thumbnails."""
    if run.config.model.encoder_weights is not None:
        return encoder_latents(run, scans, progress)
    proxy = run.config.proxy
    rows = _compared(scans, patient_of_scan, proxy, progress).reshape(len(scans), -1)
    return PCA(min(COMPONENTS, len(scans) - 1), svd_solver="full").fit_transform(rows)


def _thumbnails(scans: Sequence[Scan], size: int, progress: Progress) -> Float[np.ndarray, "scan n n n"]:
    looked_at = watch(scans, "proxy: looking at scans", progress)
    return np.stack([thumbnail(read_image(scan.path), size) for scan in looked_at])
