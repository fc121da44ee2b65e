"""A prediction in shards: each is estimated somewhere on a cluster, and all are joined in the order asked for."""

import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from volest.experiments.cluster.cluster import Cluster
from volest.experiments.cluster.piece import Piece
from volest.inference.prediction import predict_part
from volest.progress import Progress, Silent
from volest.records.estimate_journal import EstimateJournal, read_rows
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
    folder = journal.path.with_suffix(".shards")
    if journal.is_new:  # and what an earlier work has left would be another one's
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    shards = list(_shards(paths, cluster.config.shard, folder))
    pieces = [_piece(run, part, table) for part, table in shards if not table.exists()]
    cluster.carry_out(folder, pieces, progress)
    held = journal.done
    for part, table in shards:
        for row in list(read_rows(table))[min(held, len(part)) :]:
            journal.append(row)
        held = max(0, held - len(part))
    shutil.rmtree(folder, ignore_errors=True)


def _shards(paths: Sequence[Path], size: int, folder: Path) -> Iterator[tuple[Sequence[Path], Path]]:
    """Parts of the scans and where their rows go; a shard of another size has another name."""
    for first in range(0, len(paths), size):
        part = paths[first : first + size]
        yield part, folder / f"{first + 1}-{first + len(part)}"


def _piece(run: RunDirectory, part: Sequence[Path], table: Path) -> Piece:
    return Piece(f"scans {table.name}", partial(_estimate, run, part, table), table.exists)


def _estimate(run: RunDirectory, part: Sequence[Path], table: Path, progress: Progress) -> None:
    if not table.exists():
        predict_part(run, part, table, Silent())  # shards end one by one, which says enough
