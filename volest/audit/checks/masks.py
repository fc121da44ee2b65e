"""VOL030 to VOL035: masks that do not belong to their scan, or that cut the structure."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import MASK_BORDER, MASK_EMPTY, MASK_GRID, MASK_LABELS, MASK_MISSING, MASK_UNREADABLE
from volest.audit.mask import MaskMeasures
from volest.audit.measures import ScanMeasures
from volest.datasets.mask_volume import MOST_NAMED
from volest.records.findings import Finding


def check_masks(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each mask that is missing, unreadable, elsewhere, empty, cut off, or of several structures."""
    for scan in measures:
        if scan.mask is not None:
            yield from _check_mask(scan, scan.mask)


def _check_mask(scan: ScanMeasures, mask: MaskMeasures) -> Iterator[Finding]:
    scans = [scan.scan]
    if mask.missing:
        yield MASK_MISSING.finding(f"Its mask {scan.scan.mask_path} does not exist.", scans)
    elif mask.fault is not None:
        yield MASK_UNREADABLE.finding(f"The reader refuses its mask: {mask.fault}", scans)
    elif mask.is_empty:
        yield MASK_EMPTY.finding("Its mask marks no voxel.", scans)
    else:
        yield from _check_marked(scan, mask)


def _check_marked(scan: ScanMeasures, mask: MaskMeasures) -> Iterator[Finding]:
    if not mask.same_grid:
        yield MASK_GRID.finding("Its mask does not lie on the voxels of the scan.", [scan.scan])
    if mask.border:
        yield MASK_BORDER.finding(
            f"Its mask touches the {' and the '.join(mask.border)} face of the raster, with {mask.border_share:.1%} of "
            "its voxels.",
            [scan.scan],
            {"faces": ", ".join(mask.border), "border_share": mask.border_share},
        )
    if len(mask.labels_ml) > 1:
        named = list(mask.labels_ml.items())[:MOST_NAMED]
        told = ", ".join(f"{label:g} ({volume_ml:.4g} mL)" for label, volume_ml in named)
        told += f" and {len(mask.labels_ml) - MOST_NAMED} more" if len(mask.labels_ml) > MOST_NAMED else ""
        yield MASK_LABELS.finding(
            f"Its mask holds {len(mask.labels_ml)} labels: {told}; together {mask.volume_ml:.4g} mL.",
            [scan.scan],
            {"labels": len(mask.labels_ml)},
        )
