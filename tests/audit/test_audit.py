import importlib.util
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volest.audit.audit import audit_measures
from volest.audit.codes import CODES
from volest.audit.measures import measure_scans
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.records.findings import Severity
from volest.records.manifest import read_manifest

_spec = importlib.util.spec_from_file_location("planting", Path(__file__).with_name("planting.py"))
planting = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(planting)


def loud(findings):
    return [finding for finding in findings if finding.severity is not Severity.NOTE]


@pytest.fixture(scope="module")
def clean_codes(clean):
    return {finding.code for finding in clean.audit()}


def test_a_clean_study_has_neither_errors_nor_warnings(clean):
    assert loud(clean.audit()) == []


def test_two_hundred_clean_scans_have_neither_errors_nor_warnings(tmp_path):
    preset = replace(PRESETS["question"], shape=(24, 24, 24), spacing_mm=(3.4, 4.1), samples=(36, 32, 32))
    manifest = read_manifest(write_phantoms(preset, tmp_path, seed=0, masks=True))
    findings = audit_measures(measure_scans(manifest, workers=1), 5, np.random.default_rng(0))
    assert len(manifest) == 200
    assert loud(findings) == []


def test_at_least_forty_faults_are_planted():
    assert len(planting.PLANTS) >= 40


@pytest.mark.parametrize("fault", planting.PLANTS)
def test_each_planted_fault_is_found(clean, clean_codes, fault, tmp_path):
    code, plant = planting.PLANTS[fault]
    findings = clean.audit(plant(planting.Bed(clean.manifest, tmp_path)))
    assert code in {finding.code for finding in findings} - clean_codes
    assert all(finding.code in CODES for finding in findings)


def test_every_code_has_a_plant_or_a_test_of_its_own():
    planted = {code for code, _ in planting.PLANTS.values()}
    assert set(CODES) - planted == {"VOL080"}  # tests/audit/checks


def test_a_finding_names_its_scan_alone(clean, tmp_path):
    spoilt = planting.Bed(clean.manifest, tmp_path).row(1, volume_ml=1e6)
    found = [finding for finding in clean.audit(spoilt) if finding.code == "VOL020"]
    assert [finding.scan_ids for finding in found] == [(clean.manifest.scans[1].scan_id,)]


@pytest.mark.parametrize(
    ("plant", "advice"),
    [("a path to nothing", "Correct the path"), ("a truncated file", "export it again")],
)
def test_what_to_do_about_a_file_is_said_by_its_reader_alone(clean, tmp_path, plant, advice):
    spoilt = planting.PLANTS[plant][1](planting.Bed(clean.manifest, tmp_path))
    [finding] = [finding for finding in clean.audit(spoilt) if finding.code == "VOL001"]
    assert advice in finding.sentence
    assert finding.remedy == "Do as its reader says, or remove its row."


def test_the_order_of_the_rows_changes_no_finding_about_scans(clean, tmp_path):
    spoilt = planting.PLANTS["a mirrored and zoomed copy under another patient"][1](
        planting.Bed(clean.manifest, tmp_path)
    )
    turned = replace(spoilt, scans=spoilt.scans[::-1])
    ids = [Counter((f.code, frozenset(f.scan_ids)) for f in clean.audit(table)) for table in (spoilt, turned)]
    assert ids[0] == ids[1]


def test_the_table_of_codes_in_the_docs_is_that_of_the_code():
    page = (Path(__file__).parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if "| VOL0" in line]
    assert rows == [[code.code, code.severity.value, code.title, code.remedy] for code in CODES.values()]
