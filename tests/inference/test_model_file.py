import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from volest.config.schema import ModelConfig
from volest.errors import RunError
from volest.inference import model_file
from volest.inference.model import load_model
from volest.inference.model_file import without_sources
from volest.records.run import FoldDirectory


@pytest.fixture
def fold(finished_run, tmp_path):
    """A fold that may be damaged."""
    for path in (finished_run.fold(0).model_json, finished_run.fold(0).weights, finished_run.fold(0).reference):
        shutil.copy(path, tmp_path)
    return FoldDirectory(tmp_path)


def edit(fold, change):
    tree = json.loads(fold.model_json.read_text())
    change(tree)
    fold.model_json.write_text(json.dumps(tree))


def test_a_whole_model_is_read(fold):
    assert load_model(fold).usual.keys() >= {"size", "grey levels", "sharpness", "layout", "stage 1"}


@pytest.mark.parametrize("kept", [0, 3, 8, 100, 0.5, -1])
def test_truncated_weights_are_refused(fold, kept):
    whole = fold.weights.read_bytes()
    fold.weights.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(RunError, match=r"model\.safetensors is damaged"):
        load_model(fold)


def test_one_changed_number_is_noticed(fold):
    content = bytearray(fold.weights.read_bytes())
    content[-1] ^= 1
    fold.weights.write_bytes(content)
    with pytest.raises(RunError, match="is not the file that the training wrote"):
        load_model(fold)


def test_a_header_that_claims_more_than_the_file_holds_is_refused(fold):
    content = bytearray(fold.weights.read_bytes())
    content[:8] = (2**62).to_bytes(8, "little")
    fold.weights.write_bytes(content)
    with pytest.raises(RunError, match="is damaged"):
        load_model(fold)


def test_pickles_are_not_read(fold):
    torch.save(load_file(fold.weights), fold.weights.with_suffix(".pt"))
    fold.weights.write_bytes(fold.weights.with_suffix(".pt").read_bytes())
    with pytest.raises(RunError, match="is damaged"):
        load_model(fold)


def test_a_network_larger_than_its_weights_is_not_built(fold):
    """16384 channels would take 7 TB; nothing of it is."""
    edit(fold, lambda tree: tree["model"].update(widths=[16384] * 4))
    with pytest.raises(RunError, match=r"does not fit model\.json: .* tensors differ, such as"):
        load_model(fold)


def test_weights_of_another_network_are_refused(fold):
    save_file({"head.1.bias": torch.zeros(1)}, fold.weights)
    with pytest.raises(RunError, match=r"does not fit model\.json"):
        load_model(fold)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tree: tree["grid"].update(shape=[100000, 100000, 100000]), "is none that a network was trained on"),
        (lambda tree: tree["model"].update(blocks=[10**6] * 4), "is none that volest trains"),
        (lambda tree: tree.update(views=10**9), "less than or equal to 1024"),
        (lambda tree: tree.update(hook="import os"), "Extra inputs are not permitted"),
    ],
)
def test_a_description_that_asks_for_too_much_is_refused(fold, change, told):
    edit(fold, change)
    with pytest.raises(RunError, match=told):
        load_model(fold)


def test_a_description_larger_than_any_is_not_read(fold):
    fold.model_json.write_text(" " * 2**21)
    with pytest.raises(RunError, match="It is not read"):
        load_model(fold)


def test_a_file_of_weights_larger_than_any_is_not_read(fold, monkeypatch):
    monkeypatch.setattr(model_file, "LARGEST_BYTES", 1000)
    with pytest.raises(RunError, match="It is not read"):
        load_model(fold)


def test_no_option_of_a_strangers_network_fetches_or_unpickles():
    config = ModelConfig(
        name="timm:resnet18",
        pretrained=True,
        options={"checkpoint_path": "x.pth", "pretrained_cfg": {"url": "http://x"}, "features_only": True, "groups": 2},
    )
    cleaned = without_sources(config)
    assert cleaned.options == {"features_only": True, "groups": 2}
    assert not cleaned.pretrained


def test_a_damaged_reference_is_refused(fold):
    fold.reference.write_bytes(fold.reference.read_bytes()[:50])
    with pytest.raises(RunError, match=r"reference\.safetensors is damaged"):
        load_model(fold)


def test_weights_without_a_checksum_are_refused(fold):
    edit(fold, lambda tree: tree.pop("weights_sha256"))
    with pytest.raises(RunError, match="names no SHA-256"):
        load_model(fold)


def test_without_a_reference_nothing_is_usual(fold):
    fold.reference.unlink()
    assert load_model(fold).usual == {}
