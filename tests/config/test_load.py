from pathlib import Path

import pytest
import yaml

from volest.config import Config, dump_config, load_config, load_recorded_config
from volest.config.load import DEFAULT_RECIPE, differing_keys
from volest.errors import ConfigError

REPOSITORY = Path(__file__).parents[2]


def written(folder, text):
    path = folder / "volest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_default_recipe_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert differing_keys(load_config(), Config()) == ["run.directory", "data.manifest"]  # made absolute
    assert load_config().run.directory == tmp_path / "runs/volest"


def test_the_default_recipe_spells_out_every_default_and_no_other():
    import yaml

    spelt = yaml.safe_load(DEFAULT_RECIPE.read_text(encoding="utf-8"))
    assert Config.model_validate(spelt) == Config()
    assert keys(spelt) == keys(Config().model_dump(mode="json"))


def keys(tree, prefix=""):
    names = set()
    for name, value in tree.items():
        names |= keys(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {f"{prefix}{name}"}
    return names


def test_volest_yaml_of_the_current_folder_is_found(tmp_path, monkeypatch):
    written(tmp_path, "training: {epochs: 7}")
    monkeypatch.chdir(tmp_path)
    assert load_config().training.epochs == 7


def test_paths_in_a_file_are_relative_to_the_file_and_overrides_to_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "study").mkdir()
    path = written(tmp_path / "study", "data: {manifest: labels.csv, folds: ../folds.csv}")
    monkeypatch.chdir(tmp_path)
    config = load_config(path, ["run.directory=here"])
    assert config.data.manifest == tmp_path / "study/labels.csv"
    assert config.data.folds == tmp_path / "study/../folds.csv"
    assert config.run.directory == tmp_path / "here"


def test_overrides_win_over_the_file(tmp_path):
    path = written(tmp_path, "seed: 1\ntraining: {epochs: 7, batch_size: 2}")
    config = load_config(path, ["training.epochs=9", "seed=3", "model.widths=[8,8,16,16]"])
    assert (config.seed, config.training.epochs, config.training.batch_size) == (3, 9, 2)
    assert config.model.widths == (8, 8, 16, 16)


def test_a_resolved_configuration_is_read_back_unchanged(tmp_path):
    config = load_config(overrides=["training.epochs=3", "augmentation.flip.axes=[j, k]", f"run.directory={tmp_path}"])
    assert load_config(written(tmp_path, dump_config(config))) == config


def test_differing_keys_are_named_in_full():
    other = Config.model_validate({"training": {"epochs": 3}, "augmentation": {"flip": {"axes": ["k"]}}})
    assert differing_keys(Config(), other) == ["augmentation.flip.axes", "training.epochs"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("training: {epoch: 3}", "unknown key training.epoch .did you mean epochs"),
        ("trainig: {epochs: 3}", "unknown key trainig .did you mean training"),
        ("training: {epochs: 0}", "training.epochs: Input should be greater than or equal to 1, got 0"),
        ("training: {epochs: many}", "training.epochs: .*integer"),
        ("model: {name: resnet51}", "unknown model 'resnet51'"),
        ("model: {name: 'timm:'}", "unknown model 'timm:'"),
        ("preprocessing: {fit: stretch}\ntraining: {target: ml}", "cannot be learnt with preprocessing.fit: stretch"),
        ("preprocessing: {clip_percentiles: [50, 20]}", "expected 0 <= low < high <= 100"),
        ("augmentation: {noise: {sd: [0.3, 0.1]}}", "expected 0 <= low <= high"),
        ("model: {norm: batch}\ntraining: {batch_size: 1}", "model.norm: batch needs a training.batch_size above 1"),
        ("intervals: {scaled_by: members}", "intervals.scaled_by: members needs model.members above 1"),
        ("intervals: {scaled_by: head}", "intervals.scaled_by: head needs model.head: gaussian or quantile"),
        ("intervals: {scaled_by: drawing}", "intervals.scaled_by: drawing needs model.mask_head"),
        ("model: {mask_head: true, name: rasternet}", "model.mask_head needs model.name: resnet, got rasternet"),
        ("model: {mask_head: true}\ntraining: {target: ml}", "model.mask_head needs training.target: auto, got ml"),
        (
            "model: {widths: [4, 8, 16]}",
            r"model.widths: too few values, got \[4, 8, 16\]; the default is \[16, 32, 64, 128\]",
        ),
        ("- a list", "expected `section"),
        ("training: {learning_rate: 0}", "greater than 0, got 0; the default is 0.003"),
        ("a: [unclosed", r"cannot be read as YAML: expected .* in line 1, column 13$"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(written(tmp_path, text))


@pytest.mark.parametrize(
    "override, message",
    [
        ("training.epoch=3", r"`--set training.epoch=3`: unknown key training.epoch .did you mean epochs"),
        ("training.epochs=many", r"`--set training.epochs=many`: training.epochs: .*integer.*; the default is 100"),
        ("augmentation.flip.axes=q", r"`--set augmentation.flip.axes=q`: .* a list, got 'q'; the default is \[\"i\"\]"),
        ("preprocessing.shape=[64,64]", r"`--set preprocessing.shape=\[64,64\]`: preprocessing.shape: "),
        ("training={epochs: 0}", r"`--set training=.*`: training.epochs: .*greater"),
    ],
)
def test_a_fault_in_an_override_blames_the_override(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(overrides=["seed=1", override])


@pytest.mark.parametrize("override", ["training.epochs", "=3", "training.=3"])
def test_an_override_without_key_or_value_is_refused(override):
    with pytest.raises(ConfigError, match=r"expected `section\.key=value`"):
        load_config(overrides=[override])


def test_what_a_run_has_recorded_comes_back_whole_or_not_at_all(tmp_path):
    text = dump_config(load_config(None, ["training.epochs=7", f"run.directory={tmp_path}"]))
    path = written(tmp_path, text)
    assert load_recorded_config(path) == load_config(path)
    older = {key: value for key, value in yaml.safe_load(text).items() if key not in {"cluster", "refusal"}}
    written(tmp_path, yaml.safe_dump(older))
    assert load_recorded_config(path) == load_config(path)
    written(tmp_path, text[: text.index("training:")])
    with pytest.raises(ConfigError, match=r"damaged: it lacks .*training\. Copy the run anew"):
        load_recorded_config(path)
    written(tmp_path, "")
    with pytest.raises(ConfigError, match="it is empty"):
        load_recorded_config(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configurations_are_valid(path):
    load_config(path)


def test_a_flip_axis_named_twice_is_refused():
    with pytest.raises(ConfigError, match=r"augmentation\.flip\.axes: expected each axis once"):
        load_config(overrides=["augmentation.flip.axes=[i, i]"])


def test_the_poses_of_an_augmentation_neither_shift_nor_zoom_and_tell_the_truth():
    config = Config.model_validate({"augmentation": {"follow": False, "rotation": {"degrees": 15}}}).augmentation
    poses = config.poses()
    assert poses.follow
    assert (poses.rotation, poses.flip) == (config.rotation, config.flip)
    moving = {name for name in type(poses).model_fields if getattr(getattr(poses, name), "probability", 0) > 0}
    assert moving == {"flip", "rotation"}


def test_the_spatial_part_of_an_augmentation_keeps_what_moves_and_tells_the_truth():
    config = Config.model_validate({"augmentation": {"follow": False, "zoom": {"isotropic": 1.4}}}).augmentation
    spatial = config.spatial()
    assert spatial.follow
    assert (spatial.zoom, spatial.flip, spatial.elastic) == (config.zoom, config.flip, config.elastic)
    assert spatial.noise.probability == spatial.gamma.probability == spatial.shadow.probability == 0
