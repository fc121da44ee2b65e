"""How well explanations point at the structure of phantoms: `python tools/bench_explanation.py RUN --scans 18`.

RUN has finished folds and masks in its manifest. Each held-out scan is explained by the network that never saw its
patient.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from volest.datasets.mask import read_mask
from volest.explanation.explanation import explain
from volest.explanation.hiding import hiding_test
from volest.explanation.zones import hot_region
from volest.geometry import from_nearest_ras
from volest.images.formats import read_image
from volest.inference.ensemble import Ensemble
from volest.inference.model import load_model
from volest.records.manifest import Scan, read_manifest
from volest.records.predictions import read_predictions
from volest.records.run import RunDirectory

MOST_CHANGE_ELSEWHERE = 0.10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--scans", type=int, help="At most so many of each fold.")
    arguments = parser.parse_args()
    run = RunDirectory(arguments.run)
    scans = {scan.scan_id: scan for scan in read_manifest(run.manifest)}
    rows = []
    for fold in run.finished_folds():
        ensemble = Ensemble([load_model(run.fold(fold))])
        held_out = [scans[row.scan_id] for row in read_predictions(run.fold(fold).predictions)]
        for scan in held_out[: arguments.scans]:
            rows.append(measure(ensemble, scan))
            print(scan.scan_id, " ".join(f"{value:.3g}" for value in rows[-1].values()), flush=True)
    print_summary(rows)


def measure(ensemble: Ensemble, scan: Scan) -> dict[str, float]:
    """The figures of one scan."""
    image = read_image(scan.path)
    mask = from_nearest_ras(read_mask(scan).voxels != 0, image.affine)
    start = time.perf_counter()
    by_mask = explain(ensemble, image, mask)
    seconds = time.perf_counter() - start
    told = by_mask.integrated
    hot = hot_region(told.density, by_mask.estimate.volume_ml)
    by_map = hiding_test(ensemble, image, hot, by_mask.estimate.volume_ml)
    return {
        "reference_ml": scan.volume_ml,
        "predicted_ml": by_mask.estimate.volume_ml,
        "baseline_ml": told.baseline_ml,
        "mass": by_mask.mass_in_structure,
        "mass of occlusion": by_mask.mass_in_structure_occluded,
        "sum to difference": told.sum_ml / (told.predicted_ml - told.baseline_ml),
        "smallest_ml": by_mask.hiding.smallest_ml,
        "mask hidden_ml": by_mask.hiding.without_region_ml,
        "elsewhere": by_mask.hiding.change_elsewhere or np.nan,
        "hot region hidden_ml": by_map.without_region_ml,
        "elsewhere of hot region": by_map.change_elsewhere or np.nan,
        "overlap": 2 * (hot & mask).sum() / (hot.sum() + mask.sum()),
        "warnings": len(by_mask.findings),
        "seconds": seconds,
    }


def print_summary(rows: list[dict[str, float]]) -> None:
    figures = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    print(f"\n| {len(rows)} scans | mean | lowest | highest |\n|---|---:|---:|---:|")
    for name, values in figures.items():
        print(f"| {name} | {np.nanmean(values):.3g} | {np.nanmin(values):.3g} | {np.nanmax(values):.3g} |")
    for name in ("mask hidden_ml", "hot region hidden_ml"):
        print(f"{name} below the smallest training volume: {np.mean(figures[name] < figures['smallest_ml']):.0%}")
        print(f"{name} below half of the prediction: {np.mean(figures[name] < figures['predicted_ml'] / 2):.0%}")
    for name in ("elsewhere", "elsewhere of hot region"):
        print(f"{name} at most 10%: {np.mean(figures[name] <= MOST_CHANGE_ELSEWHERE):.0%}")


if __name__ == "__main__":
    main()
