import pytest


def test_every_study_is_named_in_the_help(command):
    told = command("study", "--help").stdout
    for name in (
        "train-fraction",
        "loss",
        "regularisation",
        "learning-rate",
        "batch-size",
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


@pytest.mark.slow
def test_a_study_leaves_a_page_and_goes_on_where_it_was(command, tiny_yaml, tmp_path):
    settings = ("-c", tiny_yaml, "--set", "training.epochs=1", "--preset", "quick", "--quiet")
    first = command("study", "regularisation", *settings, folder=tmp_path)
    assert first.status == 0, first.stderr
    page = tmp_path / "studies" / "regularisation" / "study.html"
    assert "L1, rho 0.3" in page.read_text(encoding="utf-8")
    again = command("study", "regularisation", *settings, folder=tmp_path)
    assert again.stdout == first.stdout
