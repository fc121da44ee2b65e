"""A linear probe of a category, such as the device: what the latents hold beside the volume."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from volest.errors import ConfigError
from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.draws import Draws, PerDraw, ratio
from volest.evaluation.sample import Sample
from volest.records.latents import FoldLatents
from volest.records.probes import CategorySkill

STRENGTHS = tuple(10.0**power for power in range(-4, 2))
"""Inverse penalties of the logistic regression, on standardised features."""

INNER_FOLDS = 5
MOST_VALUES = 12


@dataclass(frozen=True)
class _Told:
    """One held-out scan."""

    scan_id: str
    patient_id: str
    value: str
    guess: str


def probe_category(
    column: str, value_of_scan: Mapping[str, str], latents: Sequence[FoldLatents], rng: np.random.Generator
) -> CategorySkill:
    """Values of the held-out scans by logistic regression, a probe for each fold; scans without a value are left out.

    Args:
        column: its name, for messages.
        value_of_scan: by scan_id.
        latents: of each fold.
        rng: for the draws of patients.

    Raises:
        ConfigError: as `require_category`.
    """
    patient_of_scan = {s: p for part in latents for s, p in zip(part.scan_ids, part.patient_ids, strict=True)}
    values = require_category(column, value_of_scan, patient_of_scan)
    told = [one for of_fold in latents for one in _probe_fold(of_fold, value_of_scan, values)]
    nothing = np.zeros(len(told))  # the figure is of the guesses; of the sample only the patients count
    sample = Sample(tuple(t.scan_id for t in told), tuple(t.patient_id for t in told), nothing, nothing)
    return CategorySkill(
        column=column,
        values=tuple(sorted(values)),
        n_scans=sample.n_scans,
        n_patients=sample.n_patients,
        recall_percent=Bootstrap(sample, rng).figure(lambda draws: _mean_recall_percent(told, draws)),
        chance_percent=100 / max(1, len({t.value for t in told})),  # with folds to come some may be held out nowhere
    )


def require_category(column: str, value_of_scan: Mapping[str, str], patient_of_scan: Mapping[str, str]) -> set[str]:
    """The values that two patients have.

    Raises:
        ConfigError: fewer than two such values, or more than 12 values: no category.
    """
    held = {(value_of_scan[scan], patient) for scan, patient in patient_of_scan.items() if scan in value_of_scan}
    patients = Counter(value for value, _ in held)
    if len(patients) > MOST_VALUES:
        raise ConfigError(
            f"--category {column}: its {len(patients)} values are no categories; expected 2 to {MOST_VALUES}. Name a "
            "column such as the device, or divide the values into groups in a column of your own."
        )
    values = {value for value, count in patients.items() if count >= 2}
    if len(values) < 2:
        found = ", ".join(f"{value!r} in {count}" for value, count in sorted(patients.items())) or "none at all"
        raise ConfigError(
            f"--category {column}: a probe needs at least two values with two patients each, got {found}. Name another "
            "column, or leave the option out."
        )
    return values


def _probe_fold(latents: FoldLatents, value_of_scan: Mapping[str, str], values: set[str]) -> list[_Told]:
    known = np.array([value_of_scan.get(scan_id) in values for scan_id in latents.scan_ids])
    training, held_out = np.flatnonzero(known & latents.training), np.flatnonzero(known & latents.held_out)
    if not len(held_out) or not len(training):
        return []
    labels = np.array([value_of_scan.get(scan_id, "") for scan_id in latents.scan_ids])
    patients = np.array(latents.patient_ids)
    guesses = _fitted_guesses(
        latents.vectors[training], labels[training], patients[training], latents.vectors[held_out]
    )
    return [
        _Told(latents.scan_ids[place], latents.patient_ids[place], str(labels[place]), str(guess))
        for place, guess in zip(held_out, guesses, strict=True)
    ]


def _fitted_guesses(
    features: Float[np.ndarray, "scan feature"], labels: np.ndarray, patients: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    if len(set(labels)) < 2:
        return np.full(len(asked), labels[0])
    logistic = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=5000))
    splits = _inner_splits(features, labels, patients)
    if not splits:
        return np.asarray(logistic.fit(features, labels).predict(asked))
    search = GridSearchCV(logistic, {"logisticregression__C": STRENGTHS}, scoring=_recall_scorer, cv=splits)
    return np.asarray(search.fit(features, labels).predict(asked))


def _inner_splits(features: np.ndarray, labels: np.ndarray, patients: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Grouped by patient; only those whose training part has two values."""
    count = min(INNER_FOLDS, *(len(set(patients[labels == label])) for label in set(labels)))
    if count < 2:
        return []
    splits = StratifiedGroupKFold(count).split(features, labels, patients)
    return [(train, test) for train, test in splits if len(set(labels[train])) > 1 and len(test)]


def _recall_scorer(fitted: BaseEstimator, features: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the values that are there; scikit-learn's own warns of those that are not."""
    right = np.asarray(fitted.predict(features)) == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def _mean_recall_percent(told: Sequence[_Told], draws: Draws) -> PerDraw:
    recalls = []
    for value in sorted({t.value for t in told}):
        own = np.array([t.value == value for t in told], dtype=float)
        right = np.array([t.value == value == t.guess for t in told], dtype=float)
        recalls.append(ratio(draws.average(right), draws.average(own)))
    return 100 * np.mean(recalls, axis=0)
