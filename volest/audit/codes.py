"""Every code that the audit may give, with its severity and its remedy; `docs/findings.md` holds the same table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from volest.records.findings import Finding, Severity
from volest.records.manifest import Scan

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True)
class Code:
    """One kind of finding. A code never changes its meaning.

    Attributes:
        title: what is wrong, in a few words.
        remedy: what to do, where a check knows nothing better.
    """

    code: str
    severity: Severity
    title: str
    remedy: str

    def finding(
        self,
        sentence: str,
        scans: Sequence[Scan] = (),
        figures: Mapping[str, float | str] | None = None,
        remedy: str | None = None,
    ) -> Finding:
        """A finding of this kind about some scans and their patients."""
        return Finding(
            code=self.code,
            severity=self.severity,
            sentence=sentence,
            remedy=remedy or self.remedy,
            scan_ids=tuple(scan.scan_id for scan in scans),
            patient_ids=tuple(dict.fromkeys(scan.patient_id for scan in scans)),
            figures=dict(figures or {}),
        )


@dataclass
class _Table:
    codes: dict[str, Code] = field(default_factory=dict)

    def add(self, code: str, severity: Severity, title: str, remedy: str) -> Code:
        self.codes[code] = Code(code, severity, title, remedy)
        return self.codes[code]


_table = _Table()
_add = _table.add

# Files and headers
UNREADABLE = _add("VOL001", ERROR, "scan cannot be read", "Do as its reader says, or remove its row.")
FIELD_OF_VIEW = _add("VOL002", ERROR, "field of view is implausible", "Correct the spacing in the file, or its unit.")
STATED_UNIT = _add("VOL003", ERROR, "unit contradicts the spacing", "Correct the unit in the header.")
ANISOTROPIC = _add("VOL004", WARNING, "voxels are long", "Check the spacing along that axis; keep it if it is true.")
LEFT_HANDED = _add(
    "VOL005", WARNING, "axes are left-handed where others are not", "Check that left and right are not exchanged."
)
OBLIQUE = _add("VOL006", NOTE, "axes are oblique", "Nothing, if the probe was tilted; else correct the directions.")
SHEARED = _add("VOL007", ERROR, "axes are not at right angles", "Resample it onto orthogonal axes.")
SINGLE_SLICE = _add("VOL008", ERROR, "a single slice, or fewer than four", "Stack the slices of a sweep into one file.")
CHANGED = _add("VOL009", ERROR, "file has changed since `volest index`", "Run `volest index` again if intended.")

# References
LARGER_THAN_FIELD = _add(
    "VOL020", ERROR, "reference larger than the field of view", "Correct the unit of the label, or the spacing."
)
TINY_REFERENCE = _add(
    "VOL021", WARNING, "reference implausibly small for the field of view", "Check the unit of the label."
)
MASK_DISAGREES = _add(
    "VOL022", ERROR, "reference disagrees with its mask", "Find out which of both is right, and correct the other."
)
LABEL_OUTLIER = _add("VOL023", WARNING, "reference far from all others", "Check the unit and the row of the label.")
PATIENT_OUTLIER = _add(
    "VOL024", WARNING, "reference far from the same patient's others", "Check the label, and whose scan it is."
)
CONSTANT_REFERENCE = _add("VOL025", ERROR, "all references are one", "Fill volume_ml with each scan's own volume.")

# Masks
MASK_MISSING = _add("VOL030", ERROR, "mask does not exist", "Correct or empty its mask_path; `--fix` empties it.")
MASK_UNREADABLE = _add("VOL031", ERROR, "mask cannot be read", "Export the mask again, or empty its mask_path.")
MASK_GRID = _add("VOL032", ERROR, "mask on another grid", "Resample the mask onto its scan, nearest neighbour.")
MASK_EMPTY = _add("VOL033", ERROR, "mask is empty", "Draw the mask, or empty its mask_path.")
MASK_BORDER = _add(
    "VOL034",
    WARNING,
    "mask touches the border: volume cut off",
    "Exclude the scan, or say that its reference is the part inside the raster.",
)
MASK_LABELS = _add("VOL035", WARNING, "mask holds several labels", "Keep the label of the structure alone.")

# Copies
SAME_ACROSS = _add(
    "VOL040", ERROR, "same voxels under two patients", "Give both the same patient_id, or remove one: folds would leak."
)
SAME_WITHIN = _add("VOL041", WARNING, "same voxels twice", "Remove one row; `--fix` does it.")
NEAR_ACROSS = _add(
    "VOL042",
    ERROR,
    "near copy under another patient",
    "Look at both; if they are one scan, remove the copy, or give both the same patient_id.",
)
NEAR_WITHIN = _add(
    "VOL043", WARNING, "near copies of one patient", "If they were augmented offline, remove them: volest augments."
)
SAME_OTHER_LABEL = _add(
    "VOL044", ERROR, "same voxels with two references", "Find out which reference is right, and remove the other row."
)

# Patients
PATIENT_FIELD = _add(
    "VOL050", WARNING, "one patient with incompatible spacings", "Check the spacing of the odd scan, and whose it is."
)

# Grey levels
CONSTANT = _add("VOL060", ERROR, "image is constant", "Export it again or remove it.")
NOT_FINITE = _add("VOL061", ERROR, "voxels are NaN or infinite", "Export it again, with a number in every voxel.")
CLIPPED = _add("VOL062", WARNING, "dark levels are cut off", "Export it again with a lower threshold or more gain.")
SATURATED = _add("VOL063", WARNING, "bright levels are saturated", "Export it again with a wider window or less gain.")
INVERTED = _add("VOL064", WARNING, "grey levels are inverted", "Export it again with black where nothing echoes.")
EMPTY = _add("VOL065", WARNING, "image is mostly empty", "Check the export; crop the raster to the scanned field.")
FEW_LEVELS = _add("VOL066", WARNING, "few grey levels", "Check whether `path` names a mask in place of the scan.")
DEVICE_LEVELS = _add(
    "VOL067",
    WARNING,
    "grey levels differ by device",
    "Keep devices mixed in each fold, augment gamma and gain, and judge each device apart.",
)

# Short cuts
SHORTCUT_SPACING = _add(
    "VOL070", WARNING, "volume goes with the spacing", "Judge the network against the header baseline."
)
SHORTCUT_SHAPE = _add(
    "VOL071", WARNING, "volume goes with the size of the raster", "Judge the network against the header baseline."
)
SHORTCUT_DEVICE = _add("VOL072", WARNING, "volume goes with the device", "Judge the network within each device.")
SHORTCUT_ORDER = _add(
    "VOL073", WARNING, "volume goes with the order of the table", "Find out why; nothing that trains may see the order."
)
SHORTCUT_DATE = _add("VOL074", WARNING, "volume goes with the date", "Judge the network on the latest scans too.")

# Numbers
EFFECTIVE_SIZE = _add(
    "VOL080", NOTE, "several scans per patient", "Count patients: intervals and folds of volest are by patient."
)
FEWER_THAN_FOLDS = _add("VOL081", ERROR, "fewer patients than folds", "Set split.folds lower, or add patients.")
FEW_FOR_INTERVAL = _add(
    "VOL082", WARNING, "too few patients for an interval", "Add patients; call what you have a pilot."
)
DOMINANT_PATIENT = _add(
    "VOL083", WARNING, "one patient dominates", "Remove some of the scans, or weigh scans by patient."
)

CODES: Mapping[str, Code] = MappingProxyType(_table.codes)
"""All of them, by code."""
