SHORT = ("--set", "pretrain.latent=8", "--set", "pretrain.epochs=1", "--set", "pretrain.batch_size=2")


def test_a_fold_is_pretrained_and_its_scans_are_counted(command, tiny_yaml, tmp_path):
    run = tmp_path / "run"
    outcome = command("pretrain", "--fold", 0, "-c", tiny_yaml, "--quiet", *SHORT, "--set", f"run.directory={run}")
    assert outcome.status == 0, outcome.stderr
    assert "fold 0" in outcome.stdout
    assert "Go on: volest cv --set pretrain.enabled=true" in outcome.stdout
    assert {path.name for path in (run / "fold_0").iterdir()} == {
        *("encoder.safetensors", "decoder.safetensors", "encoder.json", "pretraining")
    }


def test_unlabelled_scans_are_enough_without_a_fold(command, tiny_yaml, scan_paths, tmp_path):
    out = tmp_path / "encoder"
    given = ("--unlabelled", scan_paths[0].parent, "--out", out)
    outcome = command("pretrain", *given, "-c", tiny_yaml, "--quiet", *SHORT)
    assert outcome.status == 0, outcome.stderr
    assert f"model.encoder_weights={out}/encoder.safetensors" in outcome.stdout


def test_a_fold_and_no_fold_contradict_each_other(command, tiny_yaml, tmp_path):
    outcome = command("pretrain", "--fold", 0, "--out", tmp_path / "x", "-c", tiny_yaml)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "`--out` pretrains without a fold and `--fold` for one. Give one of them." in outcome.stderr


def test_strictness_refuses_copies_of_held_out_scans(command, tiny_yaml, scan_paths, tmp_path):
    given = ("--unlabelled", scan_paths[0].parent, "--strict", "--set", f"run.directory={tmp_path / 'run'}")
    outcome = command("pretrain", "--fold", 0, *given, "-c", tiny_yaml, "--quiet", *SHORT)
    assert outcome.status == 2
    assert "scans may not be pretrained on" in outcome.stderr


def test_no_scans_without_a_fold_are_asked_for(command, tiny_yaml, tmp_path):
    outcome = command("pretrain", "--out", tmp_path / "x", "-c", tiny_yaml, "--quiet")
    assert outcome.status == 2
    assert "name them with `--unlabelled`, or leave `--out` out" in outcome.stderr
