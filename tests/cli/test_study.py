def test_the_study_is_named_in_the_help(command):
    assert "train-fraction" in command("study", "--help").stdout


def test_fractions_that_make_no_curve_are_wrong_use(command, tiny_yaml, tmp_path):
    outcome = command("study", "train-fraction", "--fraction", 2, "-c", tiny_yaml, folder=tmp_path)
    assert outcome.status == 2
    assert "fractions 2: expected at least two different ones above 0 and up to 1" in outcome.stderr
    assert not (tmp_path / "studies").exists()
