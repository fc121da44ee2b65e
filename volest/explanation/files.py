"""An explanation on disk: maps in the geometry of the scan, a picture, and the figures."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from volest.explanation.contribution import ContributionMap
from volest.explanation.explanation import Explanation
from volest.explanation.overlay import write_overlay
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.records import atomic

UNIT = "mL of predicted volume per mL of tissue"


def write_explanation(explanation: Explanation, name: str, folder: Path) -> None:
    """Write `integrated_gradients.nrrd`, `occlusion.nrrd`, `region.nrrd`, `overlay.png` and `explanation.json`.

    Args:
        explanation: what to write.
        name: of the scan, for the picture and the figures.
        folder: made if need be.
    """
    image = explanation.image
    _write_map(explanation.integrated, folder / "integrated_gradients.nrrd")
    _write_map(explanation.occluded, folder / "occlusion.nrrd")
    region = Image(explanation.region.astype(np.uint8), image.affine)
    write_nrrd(region, folder / "region.nrrd", {"content": explanation.named})
    write_overlay(explanation, f"{name}: {explanation.estimate.volume_ml:.1f} mL", folder / "overlay.png")
    figures = json.dumps(_figures(explanation, name), indent=2, ensure_ascii=False, allow_nan=False)
    atomic.write_text(folder / "explanation.json", figures + "\n")


def _write_map(shown: ContributionMap, path: Path) -> None:
    fields = {"unit": UNIT, "predicted_ml": f"{shown.predicted_ml:.6g}", "sum_ml": f"{shown.sum_ml:.6g}"}
    if shown.baseline_ml is not None:
        fields["baseline_ml"] = f"{shown.baseline_ml:.6g}"
    write_nrrd(shown.density, path, fields)


def _figures(explanation: Explanation, name: str) -> dict[str, Any]:
    return {
        "scan": name,
        "predicted_ml": explanation.estimate.volume_ml,
        "flags": explanation.estimate.flags,
        "integrated_gradients": {
            "predicted_ml": explanation.integrated.predicted_ml,
            "empty_scan_ml": explanation.integrated.baseline_ml,
            "sum_ml": explanation.integrated.sum_ml,
            "due_ml": explanation.integrated.due_ml,
            "in_structure": explanation.mass_in_structure,
            "zones": {zone: asdict(share) for zone, share in explanation.zones.items()},
        },
        "occlusion": {"in_structure": explanation.mass_in_structure_occluded},
        "hiding": {"region": explanation.named, **asdict(explanation.hiding)},
        "findings": [asdict(finding) for finding in explanation.findings],
    }
