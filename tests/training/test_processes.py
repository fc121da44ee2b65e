import pytest

from volest.training.dataset import EpochBatches
from volest.training.processes import Place, find_place, gathered, mean_of_all, part_of

SLURM = {"SLURM_NTASKS": "8", "SLURM_PROCID": "5", "SLURM_LOCALID": "1", "SLURM_NNODES": "2"}


@pytest.mark.parametrize(
    ("environment", "wanted", "place"),
    [
        ({}, 2, None),
        ({"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}, 1, Place(3, 4, 1, 2)),
        (SLURM, 8, Place(5, 8, 1, 4)),
        (SLURM, 1, None),  # a batch script that wants one process of many tasks
    ],
)
def test_a_process_learns_its_place_from_whoever_started_it(environment, wanted, place):
    assert find_place(environment, wanted) == place


@pytest.mark.parametrize("items", range(12))
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_parts_hold_every_item_once_and_differ_by_one(items, count):
    parts = [part_of(range(items), n, count) for n in range(count)]
    assert [item for part in parts for item in part] == list(range(items))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(("scans", "batch_size", "processes"), [(16, 8, 2), (11, 4, 3), (10, 8, 5), (7, 8, 4)])
def test_processes_together_see_the_batches_of_one(scans, batch_size, processes):
    """The weighted mean over the parts is that over the batch, so that gradients are too."""
    alone = EpochBatches(scans, batch_size, seed=3)
    together = [EpochBatches(scans, batch_size, 3, 0, n, processes) for n in range(processes)]
    parts = list(zip(*together, strict=True))
    assert len(parts) == len(alone)
    for n, (batch, own) in enumerate(zip(alone, parts, strict=True)):
        weights = [order.weight(n) for order in together]
        assert [key for part, weight in zip(own, weights, strict=True) if weight for key in part] == batch
        assert all(part for part in own)
        mean = sum(position for _, position in batch) / len(batch)
        of_parts = [sum(position for _, position in part) / len(part) for part in own]
        assert sum(w * m for w, m in zip(weights, of_parts, strict=True)) / processes == pytest.approx(mean)
        assert together[0].scans_in(n) == len(batch)


def test_one_process_has_all_there_is():
    assert gathered("own") == ["own"]
    assert mean_of_all(0.1) == 0.1
