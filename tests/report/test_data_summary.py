from dataclasses import replace
from pathlib import Path

import pytest

from volest.diagnostics.run_records import read_run_records
from volest.report.data_summary import data_rows


@pytest.fixture
def records(written_run):
    """With a mask for one scan."""
    records = read_run_records(written_run.path)
    scans = dict(records.scans)
    first = next(iter(scans))
    return replace(records, scans={**scans, first: replace(scans[first], mask_path=Path("mask.nrrd"))})


def told_of_masks(records, mask_head):
    model = records.config.model.model_copy(update={"mask_head": mask_head})
    config = records.config.model_copy(update={"model": model})
    return dict(data_rows(replace(records, config=config)))["Masks named"]


def test_what_masks_were_used_for_is_what_the_configuration_says(records):
    assert told_of_masks(records, mask_head=False) == "1 (never shown to a network)"
    assert told_of_masks(records, mask_head=True) == "1 (those of training patients taught the networks)"


def test_without_a_configuration_nobody_claims_to_know(records):
    rows = dict(data_rows(replace(records, config=None)))
    assert rows["Masks named"] == "1 (nothing tells whether they were learnt from)"
