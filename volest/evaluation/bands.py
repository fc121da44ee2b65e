"""Agreement over parts of the scans: bands of volume, or what any column of the manifest says."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import numpy as np

from volest.errors import ConfigError
from volest.evaluation import error_size
from volest.evaluation.bland_altman import limits_of_agreement
from volest.evaluation.bootstrap import N_DRAWS, Bootstrap
from volest.evaluation.sample import Sample
from volest.records.evaluation import Band

Value = float | str | date | None

MOST_VALUES = 6
"""More different numbers or dates than these are cut into thirds."""

MOST_LABELS = 30
"""More different words than these are no division of a study."""

EMPTY = "(empty)"


def bands_by_volume(sample: Sample, rng: np.random.Generator, n_draws: int = N_DRAWS) -> tuple[Band, ...]:
    """Thirds by reference volume, smallest first."""
    return _bands(scans_by_volume(sample), sample, rng, n_draws)


def scans_by_volume(sample: Sample) -> dict[str, list[int]]:
    """Places of the scans of each third by reference volume, by its range."""
    places = _by_value([float(f"{volume_ml:.4g}") for volume_ml in sample.reference_ml])
    return {f"{label} mL": scans for label, scans in places.items()}


def bands_by_column(
    column: str,
    value_of_scan: Mapping[str, Value],
    sample: Sample,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> tuple[Band, ...]:
    """One band a value, or thirds of many numbers or dates; scans without a value in a last band of their own.

    Raises:
        ConfigError: the column holds more than 30 different words.
    """
    return _bands(scans_by_column(column, value_of_scan, sample), sample, rng, n_draws)


def scans_by_column(column: str, value_of_scan: Mapping[str, Value], sample: Sample) -> dict[str, list[int]]:
    """Places of the scans of each value, or of each third of many numbers or dates.

    Raises:
        ConfigError: the column holds more than 30 different words.
    """
    values = [value_of_scan.get(scan_id) for scan_id in sample.scan_ids]
    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known) and len(set(map(str, known))) > MOST_LABELS:
        raise ConfigError(
            f"--by {column}: the scans have {len(set(map(str, known)))} different values there; expected at most "
            f"{MOST_LABELS} words, or numbers or dates alone, which are cut into thirds. Name another column."
        )
    return _by_value(values)


def _by_value(values: Sequence[Value]) -> dict[str, list[int]]:
    """Places of the scans by label, in the order of the values."""
    known = {place: value for place, value in enumerate(values) if value is not None}
    if any(isinstance(value, str) for value in known.values()):
        known = {place: str(value) for place, value in known.items()}
    ordered = sorted(set(known.values()))
    if len(ordered) <= MOST_VALUES or isinstance(ordered[0], str):
        groups = {_label(value): [n for n, other in known.items() if other == value] for value in ordered}
    else:
        groups = _thirds(known)
    empty = [place for place, value in enumerate(values) if value is None]
    return {**groups, **({EMPTY: empty} if empty else {})}


def _thirds(known: Mapping[int, Value]) -> dict[str, list[int]]:
    ordered = sorted(known.values())  # type: ignore[type-var]
    edges = [ordered[-(-len(ordered) * part // 3) - 1] for part in (1, 2)]
    parts: list[list[int]] = [[], [], []]
    for place, value in known.items():
        parts[sum(value > edge for edge in edges)].append(place)  # type: ignore[operator]
    groups = {}
    for places in filter(None, parts):  # many equal values may leave a third empty
        held = sorted(known[place] for place in places)  # type: ignore[type-var]
        groups[f"{_label(held[0])} to {_label(held[-1])}"] = places
    return groups


def _label(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else str(value)


def _bands(
    places: Mapping[str, Sequence[int]], sample: Sample, rng: np.random.Generator, n_draws: int
) -> tuple[Band, ...]:
    return tuple(_band(label, Bootstrap(sample.of(scans), rng, n_draws)) for label, scans in places.items())


def _band(label: str, bootstrap: Bootstrap) -> Band:
    sample = bootstrap.sample
    return Band(
        label=label,
        n_scans=sample.n_scans,
        n_patients=sample.n_patients,
        mae_ml=bootstrap.figure(error_size.mean_absolute_error),
        mape_percent=bootstrap.figure(error_size.mean_absolute_percentage_error),
        bias_ml=limits_of_agreement(sample.error_ml, sample.patient_of_scan, bootstrap.level).bias,
        within_10_percent=bootstrap.share(partial(error_size.share_within, 10)),
        within_20_percent=bootstrap.share(partial(error_size.share_within, 20)),
    )
