from dataclasses import replace
from pathlib import Path

import pytest

from volest.audit.mending import mend, mended_path
from volest.records.manifest import Manifest


def mended(clean, **fields):
    scans = list(clean.manifest.scans)
    scans[1] = replace(scans[1], **fields)
    manifest, changes = mend(clean.measure(Manifest(tuple(scans))))
    return manifest, [change for change in changes if change.sentence != "sha256 filled in"]


def test_hashes_are_filled_in_and_nothing_else_of_a_clean_study_is_touched(clean):
    manifest, changes = mend(clean.measures)
    assert {change.sentence for change in changes} == {"sha256 filled in"}
    assert [scan.sha256 for scan in manifest] == [measures.facts.sha256 for measures in clean.measures]
    assert [replace(scan, sha256=None) for scan in manifest] == list(clean.manifest)


@pytest.mark.parametrize("mask", [True, False])
def test_a_label_in_cubic_millimetres_becomes_millilitres(clean, mask):
    true_ml = clean.manifest.scans[1].volume_ml
    fields = {} if mask else {"mask_path": None}
    manifest, changes = mended(clean, volume_ml=true_ml * 1000, **fields)
    assert manifest.scans[1].volume_ml == pytest.approx(true_ml)
    assert len(changes) == 1
    assert ("its mask holds" if mask else "others lie between") in changes[0].sentence


@pytest.mark.parametrize("factor", [8, 1.4, 1 / 1000])
def test_what_could_be_meant_in_two_ways_stays_as_it_is(clean, factor):
    wrong_ml = clean.manifest.scans[1].volume_ml * factor
    manifest, changes = mended(clean, volume_ml=wrong_ml)
    assert manifest.scans[1].volume_ml == wrong_ml
    assert changes == []


def test_a_mask_that_does_not_exist_is_emptied(clean, tmp_path):
    manifest, changes = mended(clean, mask_path=tmp_path / "gone.nrrd")
    assert manifest.scans[1].mask_path is None
    assert "does not exist" in changes[0].sentence


@pytest.mark.parametrize(("fields", "rows"), [({}, 40), ({"volume_ml": 99.0}, 41), ({"patient_id": "another"}, 41)])
def test_only_a_true_copy_is_dropped(clean, fields, rows):
    copy = replace(clean.manifest.scans[1], scan_id="copy", **fields)
    manifest, _ = mend(clean.measure(Manifest((*clean.manifest.scans, copy))))
    assert len(manifest) == rows


def test_the_corrected_table_lies_beside_the_manifest():
    assert mended_path(Path("a/manifest.csv")) == Path("a/manifest.fixed.csv")
