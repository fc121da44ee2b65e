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


@pytest.fixture(scope="module")
def changed(report_run):
    """The text of the run, had one section of its configuration been another."""
    run = read_reported_run(report_run.path, with_pictures=False)

    def text(section, **settings):
        config = run.records.config
        other = config.model_copy(update={section: getattr(config, section).model_copy(update=settings)})
        records = replace(run.records, config=other)
        return {part.heading: part.text for part in paragraphs(replace(run, records=records))}

    return text


@pytest.mark.parametrize("taught", [False, True])
def test_masks_are_mentioned_where_networks_learnt_from_them(changed, taught):
    assert ("taught by the masks" in changed("model", mask_head=taught)["Network"]) == taught


def test_the_training_is_told_as_it_was(changed):
    usual = changed("training")["Training"]
    other = changed("training", optimizer="sgd", schedule="step", recalibrate=True)["Training"]
    for word, of in (
        ("AdamW", usual),
        ("cosine", usual),
        ("Nesterov", other),
        ("tenfold", other),
        ("in the large", other),
    ):
        assert (word in usual, word in other) == (of is usual, of is other), word
