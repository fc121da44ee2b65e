"""A prediction in shards: each is estimated somewhere on a cluster, and all are joined in the order asked for."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from volest.experiments.cluster.cluster import Cluster
from volest.experiments.cluster.piece import Piece
from volest.inference.prediction import predict_part
from volest.progress import Progress, Silent
from volest.records.estimate_journal import EstimateJournal
from volest.records.run import RunDirectory


def predict_on(
    cluster: Cluster, run: RunDirectory, paths: Sequence[Path], journal: EstimateJournal, progress: Progress
) -> None:
    """Add the rows of all scans that the journal does not hold yet; those of a shard lie beside it until all are there.

    Args:
        cluster: estimates the shards.
        run: where the folds were trained.
        paths: of all scans.
        journal: of the table.
        progress: told how many shards there are.

    Raises:
        VolestError, OSError: as of the cluster.
    """
    journal.shards.mkdir(exist_ok=True)
    for first, end in journal.ended_shards():  # whatever their size was
        journal.take_up(first, end)
    size = cluster.config.shard
    shards = [(first, min(first + size, len(paths))) for first in range(0, len(paths), size)]
    left = [(first, end) for first, end in shards if end > journal.done]
    tables = [(paths[first:end], journal.shard(first, end)) for first, end in left]
    pieces = [_piece(run, part, table) for part, table in tables if not table.exists()]
    cluster.carry_out(journal.shards, pieces, progress)
    for first, end in left:
        journal.take_up(first, end)


def _piece(run: RunDirectory, part: Sequence[Path], table: Path) -> Piece:
    return Piece(f"scans {table.name}", partial(_estimate, run, part, table), table.exists)


def _estimate(run: RunDirectory, part: Sequence[Path], table: Path, progress: Progress) -> None:
    if not table.exists():
        predict_part(run, part, table, Silent())  # shards end one by one, which says enough
