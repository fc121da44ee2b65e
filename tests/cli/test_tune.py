import pytest


@pytest.fixture
def tune(command, tiny_yaml, tmp_path):
    def run(text, *arguments):
        (tmp_path / "space.yaml").write_text(text)
        return command("tune", "space.yaml", "-c", tiny_yaml, *arguments, folder=tmp_path)

    return run


SOUND = "model.dropout: {kind: float, low: 0.0, high: 0.5}"


@pytest.mark.parametrize(
    "text, said",
    [
        ("training.learnin_rate: {kind: float, low: 1, high: 2}", "did you mean learning_rate?"),
        ("model.dropout: {kind: float, low: 0, high: 1}", "model.dropout: Input should be less than 1, got 1.0"),
        ("model.dropout: {kind: choice, choices: [0.1, lots]}", "got 'lots'"),
    ],
)
def test_a_space_that_cannot_be_is_wrong_use_before_anything_is_written(tune, tmp_path, text, said):
    outcome = tune(text)
    assert outcome.status == 2
    assert said in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "searches").exists()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--storage", "postgresql://me:secret@127.0.0.1:1/none"), "cannot be reached"),
        (("--storage", "nonsense"), "Expected a URL such as postgresql://"),
        (("--fold", 9), "fold 9 does not exist"),
        (("--inner-folds", 40), "40 inner folds need at least 40 patients"),
    ],
)
def test_what_cannot_begin_is_wrong_use(tune, arguments, said):
    outcome = tune(SOUND, *arguments)
    assert outcome.status == 2
    assert said in outcome.stderr
    assert "secret" not in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_space_that_is_nowhere_names_those_that_come_with_volest(command, tmp_path):
    outcome = command("tune", "nowhere", folder=tmp_path)
    assert outcome.status == 2
    assert "augmentation, network, training" in outcome.stderr


@pytest.mark.slow
def test_where_every_trial_fails_the_commonest_reason_is_told(tune, tmp_path):
    rate = "training.learning_rate: {kind: choice, choices: [1.0e+30, 1.0e+31]}"
    settings = (
        "--set",
        "training.epochs=1",
        "--inner-folds",
        2,
        "--trials",
        2,
        "--proxy",
        "network",
        "--validate",
        2,
        "--quiet",
    )
    outcome = tune(rate, *settings)
    assert outcome.status == 1
    assert "All 2 trials failed, 2 of them with:" in outcome.stdout
    assert (tmp_path / "searches" / "space" / "trials.csv").exists()
    assert not (tmp_path / "searches" / "space" / "best.yaml").exists()
