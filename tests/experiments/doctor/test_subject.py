from volest.experiments.doctor import subject as subject_module


def test_nothing_is_read_before_it_is_asked_for(subject, monkeypatch):
    monkeypatch.setattr(subject_module, "read_manifest", lambda path: 1 / 0)
    known = subject()
    assert known.device == "cpu"
    assert not known.is_without_data


def test_a_fold_trains_on_what_it_does_not_hold_out(subject):
    known = subject()
    held_out = known.manifest.of(known.folds.held_out(0))
    assert known.training_scans + len(held_out) == 12


def test_a_likely_shape_keeps_the_budget_or_what_was_asked_for(subject):
    assert subject().likely_shape == (16, 16, 16)
    assert subject("preprocessing.shape=[24, 32, 40]").likely_shape == (24, 32, 40)


def test_the_grid_holds_that_of_every_fold(subject):
    from volest.experiments.fold import fold_data
    from volest.experiments.preparation import prepare_run
    from volest.progress import Silent

    known = subject("preprocessing.spacing_mm=6.0")
    data, _ = fold_data(prepare_run(known.config, Silent()), 0, Silent())
    assert all(mine >= of_the_fold for mine, of_the_fold in zip(known.grid.shape, data.shape, strict=True))
