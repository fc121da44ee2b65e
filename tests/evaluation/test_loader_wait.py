import pytest

from volest.config import Config
from volest.evaluation.loader_wait import quicker_batches


def config(**sections):
    return Config.model_validate({"augmentation": {"elastic": {"probability": 0.2}}, **sections})


def test_scans_that_lie_in_memory_already_are_not_to_be_put_there():
    told = quicker_batches(config(), scans_gib=0.01)
    assert told == "Lower augmentation.elastic.probability: it costs most."


def test_scans_that_do_not_fit_are_told_how_much_they_need():
    told = quicker_batches(config(training={"memory_gib": 4}), scans_gib=5.2)
    assert told.startswith("Set training.memory_gib: 6, which holds all scans in memory; put preprocessing.cache")


def test_where_nobody_knows_the_remedy_is_right_either_way():
    assert "held in memory, if they are not" in quicker_batches(config())


def test_workers_come_first():
    assert quicker_batches(config(training={"workers": 2}), scans_gib=0.01).startswith(
        "Set augmentation.backend: torch"
    )


@pytest.mark.parametrize("augmentation", [{"enabled": False}, {"elastic": {"probability": 0}}])
def test_with_nothing_left_to_set_nothing_is_asked_for(augmentation):
    assert quicker_batches(config(augmentation=augmentation), scans_gib=0.01).startswith("Leave it")
