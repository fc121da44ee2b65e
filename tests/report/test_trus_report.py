"""The page of a run on the transrectal scans, in a real browser: real images, 59 patients, five folds.

The scans and their references are real; predictions and curves are drawn, so that no training is needed.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from volest.records.manifest import read_manifest
from volest.report.report_page import write_report

pytestmark = pytest.mark.slow  # a browser starts

TRUS = Path(__file__).parents[2] / "../shared/data/trus/labels.csv"
SCREENS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def trus_report(generator, tmp_path_factory):
    if not TRUS.exists():
        pytest.skip("the transrectal scans are not on this machine")
    folder = tmp_path_factory.mktemp("trus") / "run"
    folder.mkdir()
    manifest = read_manifest(TRUS)
    for scan in manifest:
        (folder / f"{scan.scan_id}.nrrd").symlink_to(scan.path)
    generator.write(_study(generator, manifest), folder)
    return write_report(folder)


def _study(generator, manifest):
    rng = np.random.default_rng(0)
    patients = list(dict.fromkeys(scan.patient_id for scan in manifest))
    scans = pd.DataFrame(
        {
            "scan_id": [scan.scan_id for scan in manifest],
            "patient_id": [scan.patient_id for scan in manifest],
            "fold": [patients.index(scan.patient_id) % 5 for scan in manifest],
            "reference_ml": [scan.volume_ml for scan in manifest],
            "age_days": rng.uniform(18000, 28000, len(manifest)),
            "device": "one",
            "spacing_mm": 1.5,
            "acquired_on": None,
            "sha256": [f"{n:064x}" for n in range(len(manifest))],
            "brightness": rng.uniform(0.3, 0.5, len(manifest)),
            "contrast": rng.uniform(0.1, 0.3, len(manifest)),
            "graininess": rng.uniform(0.1, 0.3, len(manifest)),
        }
    )
    error = rng.normal(0, 0.2, len(scans)) - 0.25 * np.log(scans["reference_ml"] / scans["reference_ml"].mean())
    scans["predicted_ml"] = scans["reference_ml"] * np.exp(error)
    study = generator.Study(rng, scans, {}, generator.draw_baselines(rng, scans))
    study.histories = {fold: generator.draw_history(study, fold, epochs=100) for fold in range(5)}
    return study


def test_every_plot_draws(open_page, trus_report):
    drawn = open_page(trus_report).execute_script(
        """return [...document.querySelectorAll("figure.plot svg[role=img]")].map((svg) => {
          const { width, height } = svg.getBoundingClientRect();
          return [width, height, svg.querySelectorAll("circle, path.line:not(.cursor)").length];
        })"""
    )
    assert len(drawn) == 12  # five folds among them
    assert all(width > 200 and height > 100 and marks for width, height, marks in drawn)


@pytest.mark.parametrize("figure", ["predicted_against_reference", "bland_altman", "calibration"])
def test_pointing_at_a_scan_shows_its_three_planes(open_page, point_at, trus_report, figure):
    opened = open_page(trus_report)
    point_at(opened.find_element("css selector", f"#figure-{figure} [data-scan='7']"))
    assert "predicted" in opened.find_element("id", "tip").text
    opened.execute_async_script(
        """const done = arguments[0];
        Promise.all([...document.querySelectorAll("#tip img")].map((i) => i.decode())).then(() => done());"""
    )
    widths = opened.execute_script("return [...document.querySelectorAll('#tip img')].map((i) => i.naturalWidth)")
    assert len(widths) == 3
    assert all(widths)


def test_pointing_at_a_curve_shows_an_epoch(open_page, point_at, trus_report):
    opened = open_page(trus_report)
    point_at(opened.find_element("css selector", "#figure-learning_curve_fold_4 svg"))
    assert opened.find_element("id", "tip").text.startswith("epoch ")


def test_no_request_leaves_the_page_and_the_console_stays_silent(open_page, point_at, trus_report, requested):
    requested()
    opened = open_page(trus_report)
    point_at(opened.find_element("css selector", "#figure-calibration [data-scan='3']"))
    assert {url.split(":")[0] for url in requested()} <= {"file", "data", "about", "chrome"}
    assert opened.get_log("browser") == []


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_it_fits_every_screen_and_axe_finds_no_serious_violation(
    open_page, serious_violations, trus_report, width, scheme
):
    opened = open_page(trus_report, width, scheme)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width
    assert serious_violations(opened) == []
