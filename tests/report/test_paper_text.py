import re
from dataclasses import replace

import pytest

from volest.report.paper_text import paragraphs
from volest.report.reading import read_reported_run


@pytest.fixture(scope="module")
def told(report_run):
    return {part.heading: part for part in paragraphs(read_reported_run(report_run.path, with_pictures=False))}


def test_a_paper_needs_all_of_these(told):
    assert list(told) == [
        "Data", "Reference standard", "Partitions", "Preprocessing", "Augmentation", "Network", "Training", "Software",
        "Evaluation", "Results", "Failure analysis", "Limitations",
    ]  # fmt: skip


def test_every_paragraph_names_its_items(told):
    assert all(re.match(r"CLAIM \d.*; TRIPOD\+AI \d", part.items) for part in told.values())


def test_the_text_is_filled_from_the_run(told):
    assert "3-fold cross-validation" in told["Partitions"].text
    assert "40 three-dimensional ultrasound scans of 15 patients" in told["Data"].text
    assert "isotropic voxels of 2 mm and padded to 32 x 32 x 32 voxels" in told["Preprocessing"].text
    assert "zoom" in told["Augmentation"].text
    assert "40 epochs" in told["Training"].text


def test_what_only_the_author_knows_is_left_to_them(told):
    assert "[[" in told["Reference standard"].text


@pytest.mark.parametrize("taught", [False, True])
def test_masks_are_mentioned_where_networks_learnt_from_them(report_run, taught):
    run = read_reported_run(report_run.path, with_pictures=False)
    model = run.records.config.model.model_copy(update={"mask_head": taught})
    config = run.records.config.model_copy(update={"model": model})
    text = {part.heading: part.text for part in paragraphs(replace(run, records=replace(run.records, config=config)))}
    assert ("taught by the masks" in text["Network"]) == taught
