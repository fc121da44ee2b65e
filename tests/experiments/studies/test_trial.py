import pytest

from volest.experiments.studies import trial


@pytest.mark.parametrize(
    "count, named, expected",
    [(0, "", [""]), (3, "", ["0", "1", "2"]), (2, "4,7", ["4", "7"]), (1, "GPU-8f3a", ["GPU-8f3a"])],
)
def test_gpus_have_the_names_by_which_a_process_can_ask_for_one(monkeypatch, count, named, expected):
    monkeypatch.setattr(trial.torch.cuda, "device_count", lambda: count)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert trial._gpus() == expected
