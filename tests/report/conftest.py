"""Scans measured in memory, and one browser for every page."""

import importlib.util
import json
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from volest.audit.measures import ScanMeasures
from volest.audit.plane import Plane
from volest.datasets.facts import ScanFacts
from volest.images.image import Image
from volest.images.nrrd_writer import write_nrrd
from volest.records.findings import Finding, Severity
from volest.records.manifest import Scan
from volest.report.check_page import write_check_page
from volest.report.report_page import write_report

HOSTILE = "<script>alert(1)</script>"


def _plane(name="axial", shape=(60, 80), spacing_mm=(1.0, 1.0), fan=None):
    rng = np.random.default_rng(0)
    inside = np.ones(shape, dtype=bool) if fan is None else fan
    pixels = np.where(inside, rng.integers(0, 255, size=shape), 0).astype(np.uint8)
    return Plane(name=name, pixels=pixels, fan=inside, spacing_mm=spacing_mm)


def _scan(scan_id, patient_id="P1", volume_ml=50.0, device=None):
    return Scan(scan_id, patient_id, Path("/scans/raster.nrrd"), volume_ml, device=device)


def _measures(scan, side=80, spacing_mm=(1.0, 1.0, 1.0)):
    shape = (side, side, 60)
    facts = ScanFacts("0" * 64, shape, spacing_mm, float(np.prod(shape) * np.prod(spacing_mm)) / 1000)
    planes = (_plane("axial", (side, side)), _plane("coronal", (60, side)), _plane("sagittal", (60, side)))
    return ScanMeasures(scan, facts=facts, planes=planes)


@pytest.fixture(scope="session")
def plane():
    return _plane


@pytest.fixture(scope="session")
def scan():
    return _scan


@pytest.fixture(scope="session")
def measured():
    return _measures


@pytest.fixture(scope="session")
def measures():
    """Six scans of four patients: one of them hostile by name, one unreadable."""
    return [
        _measures(_scan("s10", "P1", 40.0, device="probe A")),
        _measures(_scan("s9", "P1", 90.0, device="probe B"), side=70),
        _measures(_scan(HOSTILE, '"><img src=x onerror=alert(2)>', 60.0), side=60),
        _measures(_scan("s11 & a+b#c", "P2", 20.0), side=90),
        ScanMeasures(_scan("s12", "P3", 70.0), fault="scan s12: its data are cut short <b>. Copy it again."),
        _measures(_scan("s13" + "x" * 120, "P3", 30.0), side=50, spacing_mm=(0.6123, 0.6123, 0.8123)),
    ]


@pytest.fixture(scope="session")
def findings():
    return [
        Finding("VOL030", Severity.NOTE, "Few patients.", "Collect more."),
        Finding("VOL014", Severity.WARNING, "A mask touches the border.", "Leave it out.", ("s10",)),
        Finding("VOL014", Severity.WARNING, f"{HOSTILE} is cut.", "Leave it out.", (HOSTILE, "s11 & a+b#c")),
        Finding("VOL001", Severity.ERROR, "s12 cannot be read.", "Copy it again.", ("s12",)),
        Finding("VOL031", Severity.NOTE, "P1 weighs twice.", "Nothing to do.", (), ("P1",)),
    ]


@pytest.fixture(scope="session")
def page(measures, findings, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "check.html"
    write_check_page(measures, findings, path)
    return path


@pytest.fixture(scope="session")
def generator():
    """Run directories without a training."""
    path = Path(__file__).parents[1] / "diagnostics" / "generator.py"
    spec = importlib.util.spec_from_file_location("report_generator", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def written_run(generator, tmp_path):
    """The directory of a small run."""
    study = generator.healthy(1, patients=12, scans=24, folds=3, epochs=20)
    return generator.write(study, tmp_path / "run")


@pytest.fixture(scope="session")
def report_run(generator, tmp_path_factory):
    """A run with a scan and a patient that are hostile by name, one with unicode, and three scans that can be read."""
    study = generator.healthy(2, patients=15, scans=40, folds=3, epochs=40)
    scans = study.scans
    study.baselines.loc[0, "scan_id"] = scans.loc[0, "scan_id"] = HOSTILE
    study.baselines.loc[1, "scan_id"] = scans.loc[1, "scan_id"] = "größe-μ-例 & </script>"
    patient = scans.loc[0, "patient_id"]
    scans.loc[scans["patient_id"] == patient, "patient_id"] = '"><img src=x onerror=alert(2)>'
    scans.loc[0, "predicted_ml"] = 3 * scans.loc[0, "reference_ml"]
    history = study.histories[1]
    history["val_mae_ml"] *= np.linspace(0.6, 1.8, len(history))
    run = generator.write(study, tmp_path_factory.mktemp("report") / "run")
    for place in (2, 3, 4):
        voxels = np.random.default_rng(place).integers(0, 255, (24, 20, 16)).astype(np.uint8)
        write_nrrd(Image(voxels, np.diag([1.0, 1.0, 1.5, 1.0])), run.path / f"{scans.loc[place, 'scan_id']}.nrrd")
    return run


@pytest.fixture(scope="session")
def report(report_run):
    return write_report(report_run.path)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium that logs what it asks of the network."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install volest[dev]")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("no chromium with its chromedriver on this machine")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1440,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    chrome.set_script_timeout(180)  # a busy machine is no fault of the page
    yield chrome
    chrome.quit()


@pytest.fixture(scope="session")
def requested(browser):
    """Every address the browser has asked for since the last call."""

    def addresses():
        messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    return addresses


@pytest.fixture(scope="session")
def open_page(browser):
    """Show a page on a screen of some width, in light or dark."""

    def show(page, width=1440, scheme="light"):
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        browser.get("about:blank")
        browser.get_log("browser")
        browser.get(page.as_uri())
        return browser

    return show


@pytest.fixture(scope="session")
def point_at(browser):
    """Move the pointer onto an element."""

    def move(element):
        from selenium.webdriver import ActionChains

        browser.execute_async_script(  # scrolling hides what is shown, so that it has to be over
            """const [element, done] = arguments;
            element.scrollIntoView({block: "center"});
            requestAnimationFrame(() => requestAnimationFrame(() => done()));""",
            element,
        )
        ActionChains(browser).move_to_element(element).perform()

    return move


@pytest.fixture(scope="session")
def serious_violations():
    """What axe-core finds on an open page with all its details unfolded: rule and place."""
    pytest.importorskip("axe_core_python", reason="axe-core-python is not installed: pip install volest[dev]")

    def find(opened):
        opened.execute_script("for (const part of document.querySelectorAll('details')) part.open = true;")
        opened.execute_script(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        found = opened.execute_async_script("axe.run().then(arguments[0])")
        assert found["passes"]
        grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        return [(v["id"], v["nodes"][0]["html"]) for v in grave]

    return find
