import pytest


def test_every_study_is_named_in_the_help(command):
    told = command("study", "--help").stdout
    for name in (
        "train-fraction",
        "loss",
        "regularisation",
        "learning-rate",
        "batch-size",
        "pretraining",
        "pretraining-batch-size",
        "optimisation",
        "augmentation",
        "ladder",
    ):
        assert name in told


def test_fractions_that_make_no_curve_are_wrong_use(command, tiny_yaml, tmp_path):
    outcome = command("study", "train-fraction", "--fraction", 2, "-c", tiny_yaml, folder=tmp_path)
    assert outcome.status == 2
    assert "fractions 2: expected at least two different ones above 0 and up to 1" in outcome.stderr
    assert not (tmp_path / "studies").exists()


@pytest.fixture
def two_arms(tmp_path, monkeypatch):
    """In place of the arms of `volest study loss`."""
    from volest.experiments.studies import definition

    (tmp_path / "loss.yaml").write_text(
        "question: Which?\nagainst: huber\narms: {huber: {}, mse: {training.loss: mse}}\nquick: {seeds: 1, folds: 1}"
    )
    monkeypatch.setattr(definition, "FOLDER", tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("two_arms")
def test_a_study_leaves_a_page_whatever_runs_beside_whatever_and_goes_on_where_it_was(command, tiny_yaml, tmp_path):
    settings = ("-c", tiny_yaml, "--set", "training.epochs=1", "--preset", "quick", "--quiet")
    first = command("study", "loss", *settings, "--jobs", 2, folder=tmp_path)
    assert first.status == 0, first.stderr
    page = tmp_path / "studies" / "loss" / "study.html"
    assert "Which?" in page.read_text(encoding="utf-8")
    again = command("study", "loss", *settings, folder=tmp_path)
    assert again.stdout == first.stdout
