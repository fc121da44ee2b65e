from volest.records.metrics import read_metrics


def test_the_screen_shows_what_the_records_hold(command, finished_run, tiny_yaml):
    """Run again on a finished run: nothing is trained."""
    line = ("cv", "-c", tiny_yaml, "--set", f"run.directory={finished_run.path}", "--quiet")
    outcome = command(*line)
    assert (outcome.status, outcome.stderr) == (0, "")
    metrics = read_metrics(finished_run.metrics)
    rows = {"out of fold": metrics.oof, "fold 0": metrics.folds[0], "fold 1": metrics.folds[1]}
    rows |= {f"baseline: {name}": figures for name, figures in metrics.baselines.items()}
    for title, figures in rows.items():
        [row] = [line for line in outcome.stdout.splitlines() if f" {title} " in line]
        assert f" {figures.mae_ml:.2f} " in row
        assert f" {figures.mape_percent:.1f} " in row
        assert f" {figures.r2:.3f} " in row


def test_interrupted_folds_are_told_how_to_go_on(command, tiny_yaml, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("volest.experiments.fold.fit", interrupted)
    outcome = command("cv", "-c", tiny_yaml, "--set", f"run.directory={tmp_path / 'run'}", "-q")
    assert outcome.status == 130
    assert "the same command goes on from what is there" in outcome.stderr
