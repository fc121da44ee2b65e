import pytest

from volest.training.dataset import EpochBatches, Share
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
    together = [EpochBatches(scans, batch_size, 3, share=Share(n, processes)) for n in range(processes)]
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


@pytest.mark.parametrize(("scans", "batch_size", "pieces"), [(16, 8, 2), (11, 4, 4), (11, 8, 8), (7, 8, 3)])
def test_pieces_one_after_the_other_are_the_batch(scans, batch_size, pieces):
    """Gradients of the pieces, summed and divided by their number as Lightning does, are that of the batch."""
    alone, order = EpochBatches(scans, batch_size, 3), EpochBatches(scans, batch_size, 3, share=Share(pieces=pieces))
    seen = list(order)
    assert len(order) == len(seen) == len(alone) * pieces
    for n, batch in enumerate(alone):
        own = range(n * pieces, (n + 1) * pieces)
        assert [key for m in own if order.weight(m) for key in seen[m]] == batch
        means = [order.weight(m) * sum(position for _, position in seen[m]) / len(seen[m]) for m in own]
        assert sum(means) / pieces == pytest.approx(sum(position for _, position in batch) / len(batch))
        assert sum(order.scans_in(m) for m in own) == pytest.approx(len(batch))


def test_one_process_has_all_there_is():
    assert gathered("own") == ["own"]
    assert mean_of_all(0.1) == 0.1
