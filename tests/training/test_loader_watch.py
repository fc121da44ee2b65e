import pytest

from volest.config import Config
from volest.training.loader_watch import EPOCHS, LoaderWatch


@pytest.fixture
def told():
    return []


def watch(told, shares, config=None):
    watching = LoaderWatch(config or Config(), 2, told.append)
    for share in shares:
        watching.epoch({"loader_wait_share": share}, {})


def test_a_training_that_waits_is_told_once_what_to_set(told):
    watch(told, [0.1] + [0.6] * 20)
    [sentence] = told
    assert sentence.startswith("fold 2: 60% of an epoch is spent making batches or waiting for them (VOL122). Set ")
    assert "training.memory_gib" in sentence


def test_it_is_told_as_soon_as_it_is_sure(told):
    watch(told, [0.6] * (EPOCHS - 1))
    assert not told
    watch(told, [0.6] * EPOCHS)
    assert len(told) == 1


def test_starting_workers_is_no_waiting(told):
    watch(told, [0.99] + [0.05] * 20)
    assert not told


def test_worker_processes_are_what_to_leave_out_where_there_are_some(told):
    config = Config.model_validate({"training": {"workers": 2}})
    watch(told, [0.6] * EPOCHS, config)
    assert "training.workers: null" in told[0]
