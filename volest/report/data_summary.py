"""The scans of a run in a few lines."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from volest.diagnostics.run_records import RunRecords
from volest.records.manifest import Scan
from volest.report.figures import millilitres
from volest.wording import counted

MOST_DEVICES = 6


def data_rows(records: RunRecords) -> list[tuple[str, str]]:
    """What and how much of it; only what is known."""
    scans = list(records.scans.values())
    if not scans:
        return []
    volumes_ml = [scan.volume_ml for scan in scans]
    rows = [
        ("Scans", f"{len(scans):,}"),
        ("Patients", f"{len({scan.patient_id for scan in scans}):,}"),
        ("Scans of a patient", _scans_of_a_patient(scans)),
        ("Reference volume", f"{_range(volumes_ml)} mL, median {millilitres(median(volumes_ml))} mL"),
        *_header_rows(records),
        *_dates(scans),
        *_devices(scans),
    ]
    with_mask = sum(scan.mask_path is not None for scan in scans)
    names = sorted({name for scan in scans for name in scan.covariates})
    rows += [("Masks named", f"{with_mask} ({_use_of_masks(records)})")] if with_mask else []
    return rows + ([("Covariates", ", ".join(names))] if names else [])


def _use_of_masks(records: RunRecords) -> str:
    if records.config is None:
        return "nothing tells whether they were learnt from"
    taught = records.config.model.mask_head
    return "those of training patients taught the networks" if taught else "never shown to a network"


def _range(values: Sequence[float]) -> str:
    low, high = (millilitres(edge) for edge in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _scans_of_a_patient(scans: Sequence[Scan]) -> str:
    held = Counter(Counter(scan.patient_id for scan in scans).values())
    if len(held) > MOST_DEVICES:
        return f"{min(held)} to {max(held)}"
    return "; ".join(f"{counted(n, 'scan')}: {counted(patients, 'patient')}" for n, patients in sorted(held.items()))


def _header_rows(records: RunRecords) -> list[tuple[str, str]]:
    if not records.headers:
        return []
    spacings_mm = [row.spacing_mm for row in records.headers.values()]
    fields_ml = [row.field_of_view_ml for row in records.headers.values()]
    low, high = f"{min(spacings_mm):.3g}", f"{max(spacings_mm):.3g}"
    return [
        ("Spacing", f"{low} mm" if low == high else f"{low} to {high} mm"),
        ("Field of view", f"{_range(fields_ml)} mL"),
    ]


def _dates(scans: Sequence[Scan]) -> list[tuple[str, str]]:
    days = [scan.acquired_on for scan in scans if scan.acquired_on]
    return [("Acquired", f"{min(days)} to {max(days)}")] if days else []


def _devices(scans: Sequence[Scan]) -> list[tuple[str, str]]:
    held = Counter(scan.device for scan in scans if scan.device).most_common()
    shown = ", ".join(f"{name} ({number})" for name, number in held[:MOST_DEVICES])
    rest = f" and {len(held) - MOST_DEVICES} more" if len(held) > MOST_DEVICES else ""
    return [("Devices", shown + rest)] if held else []
