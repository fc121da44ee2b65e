"""VOL120: errors that go with device, spacing, field of view, date, size, image quality, or any covariate."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed, p_value
from volest.evaluation.holm import holm
from volest.evaluation.permutation import group_tie, rank_tie
from volest.records.findings import Severity
from volest.records.manifest import Scan

FAULT = Fault("VOL120", "errors go with a property of the scans", (Severity.WARNING,))

MOST_GROUPS = 6
"""A text column with more values, or with one patient in a group, is a name rather than a group."""


MOST_PERMUTATIONS = 20_000
"""Of each test. The more tests there are, the smaller a p-value must be able to become for Holm's correction."""


@dataclass(frozen=True)
class _Tie:
    """One test over patients.

    Attributes:
        strength: rank correlation, or for groups the root of the share of ranks' variance between them.
    """

    name: str
    of: str
    strength: float
    p: float
    groups: str = ""

    @property
    def words(self) -> str:
        return f"{self.of} and {self.name}: {self.groups or f'rho {self.strength:+.2f}'}"


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Rank tests over patients, each of whom counts once; Holm's correction over all of them."""
    ties = list(_ties(run, thresholds, rng)) if run.patients >= max(thresholds.fewest_patients, 8) else []
    if not ties:
        yield FAULT.not_applicable(f"{run.patients} patients, or no property in the records that differs between them")
        return
    corrected = holm([tie.p for tie in ties])
    strong = [abs(tie.strength) >= thresholds.tie_rho for tie in ties]
    judged = zip(ties, corrected, strong, strict=True)
    found = [(tie, p) for tie, p, is_strong in judged if is_strong and p < thresholds.test_p]
    for tie, p in found:
        yield FAULT.found(
            Severity.WARNING,
            f"Errors go with the {tie.name}. Over {run.patients} patients {tie.words} ({p_value(p)} after Holm's "
            f"correction for {len(ties)} tests).",
            f"Judge the error within each range or group of the {tie.name} before you trust the whole; keep it mixed "
            "in every fold, and collect more patients where the errors are large.",
            {"property": tie.name, "strength": tie.strength, "p": p, "tests": len(ties)},
        )
    if not found:
        names = listed(dict.fromkeys(tie.name for tie in ties))
        yield FAULT.passed(f"over {run.patients} patients errors do not go with {names} (least p {min(corrected):.2f})")


def _ties(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[_Tie]:
    sizes = run.held_out["error_percent"].abs()
    errors = {"error": run.held_out["error_percent"], "size of the error": sizes}
    properties = _properties(run)
    count = min(MOST_PERMUTATIONS, max(thresholds.resamples, math.ceil(4 * len(properties) / thresholds.test_p)))
    for name, values in properties.items():
        numeric = pd.api.types.is_numeric_dtype(values)
        for of, error in errors.items():
            if name == "volume" and of == "error":
                continue  # that is VOL106
            table = pd.DataFrame({"patient": run.held_out["patient_id"], "error": error, "value": values}).dropna()
            tie = (_number_tie if numeric else _group_tie)(table, name, of, count, rng)
            if tie is not None:
                yield tie


def _number_tie(table: pd.DataFrame, name: str, of: str, count: int, rng: np.random.Generator) -> _Tie | None:
    means = table.groupby("patient")[["error", "value"]].mean()
    if len(means) < 8 or means["value"].nunique() < 3 or means["error"].nunique() < 2:
        return None
    return _Tie(name, of, *rank_tie(means["error"].to_numpy(), means["value"].to_numpy(), count, rng))


def _group_tie(table: pd.DataFrame, name: str, of: str, count: int, rng: np.random.Generator) -> _Tie | None:
    patients = table.groupby("patient").agg(error=("error", "mean"), value=("value", lambda own: own.mode().iloc[0]))
    sizes = patients["value"].value_counts()
    kept = patients[patients["value"].isin(sizes[sizes > 1].index)]
    group_of = kept["value"].to_numpy(dtype=str)
    groups = np.unique(group_of)
    if len(kept) < 8 or not 2 <= len(groups) <= MOST_GROUPS or len(kept) < 0.8 * len(patients):
        return None
    share, p = group_tie(kept["error"].to_numpy(dtype=float), group_of, count, rng)
    medians = kept.groupby("value")["error"].median()
    told = listed(f"{group} {medians[group]:+.0f}%" for group in medians.index)
    return _Tie(name, of, float(np.sqrt(share)), p, f"medians {told}")


def _properties(run: RunRecords) -> dict[str, pd.Series]:
    """Values for each held-out scan, by the name of the property; numbers, or text."""
    ids = run.held_out["scan_id"]
    known: dict[str, pd.Series] = {"volume": run.held_out["reference_ml"]}
    for name, of in _HEADER.items():
        known[name] = ids.map({scan_id: of(row) for scan_id, row in run.headers.items()}).astype(float)
    for name in _QUALITY:
        known[name] = ids.map({scan_id: getattr(row, name) for scan_id, row in run.qualities.items()}).astype(float)
    for name, of_scan in _MANIFEST.items():
        values = {scan_id: of_scan(scan) for scan_id, scan in run.scans.items()}
        known[name] = ids.map({scan_id: value for scan_id, value in values.items() if value is not None})
    covariates = dict.fromkeys(name for scan in run.scans.values() for name in scan.covariates)
    for name in covariates:
        values = {scan_id: scan.covariates[name] for scan_id, scan in run.scans.items() if name in scan.covariates}
        texts = any(isinstance(value, str) for value in values.values())
        known[f"covariate {name!r}"] = ids.map({k: str(v) for k, v in values.items()} if texts else values)
    return {name: values for name, values in known.items() if values.notna().any()}


_HEADER: Mapping[str, Callable] = {
    "spacing": lambda row: row.spacing_mm,
    "field of view": lambda row: row.field_of_view_ml,
}
_QUALITY = ("brightness", "contrast", "graininess")
_MANIFEST: Mapping[str, Callable[[Scan], float | str | None]] = {
    "date": lambda scan: float(scan.acquired_on.toordinal()) if scan.acquired_on else None,
    "device": lambda scan: scan.device,
}
