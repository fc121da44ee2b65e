import contextlib

import pytest

from volest.errors import RunError
from volest.records.estimate_journal import Work, estimate_journal, journal_path
from volest.records.estimates import Estimate, EstimateRow

WORK = Work(volest_version="1", run_sha256="a", scans_sha256="b")
ROWS = [
    EstimateRow("a.nrrd", Estimate(1 / 3, (0.1, 0.3), ("far", "dark"), typicality=0.25, unlike="far", is_cut=True)),
    EstimateRow("ä,\n.nrrd", Estimate(9.0, (9.0, float("inf")), (), doubts={"views": 0.1})),
    EstimateRow("c.nrrd", None, "scan c.nrrd is empty."),
]


class KilledError(Exception):
    pass


@pytest.fixture
def table(tmp_path):
    return tmp_path / "new" / "volumes.csv"


def kill(table, rows=ROWS, work=WORK):
    """Append rows, then end without a word; what is left."""
    with contextlib.suppress(KilledError), estimate_journal(table, work) as journal:
        for row in rows:
            journal.append(row)
        raise KilledError
    return journal_path(table).read_bytes()


def test_rows_come_back_as_they_were(table):
    kill(table)
    with estimate_journal(table, WORK) as journal:
        assert journal.done == 3
        assert list(journal) == list(journal) == ROWS


def test_an_interrupted_work_is_gone_on_from_and_leaves_nothing_at_its_end(table):
    kill(table, ROWS[:1])
    with estimate_journal(table, WORK) as journal:
        assert journal.done == 1
        for row in ROWS[1:]:
            journal.append(row)
        assert list(journal) == ROWS
    assert list(table.parent.iterdir()) == []


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_torn_last_line_is_dropped(table, cut):
    whole = kill(table)
    journal_path(table).write_bytes(whole[:-cut])
    with estimate_journal(table, WORK) as journal:
        assert list(journal) == ROWS[:2]
        journal.append(ROWS[2])
        assert list(journal) == ROWS


def test_what_follows_a_damaged_line_is_made_again(table):
    header, first, second, third, _ = kill(table).split(b"\n")
    journal_path(table).write_bytes(b"\n".join([header, first, bytes(len(second)), third, b""]))
    with estimate_journal(table, WORK) as journal:
        assert list(journal) == ROWS[:1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run_sha256": "z"}, "differs in the run"),
        ({"scans_sha256": "z"}, "differs in the list of scans"),
        ({"volest_version": "2", "run_sha256": "z"}, "differs in the version of volest, the run"),
    ],
)
def test_other_work_does_not_go_on_from_it_and_leaves_it_as_it_is(table, change, said):
    before = kill(table)
    with (
        pytest.raises(RunError, match=said + r"\. Repeat that one"),
        estimate_journal(table, WORK.model_copy(update=change)),
    ):
        pass
    assert journal_path(table).read_bytes() == before


def test_a_file_of_somebody_else_is_left_alone(table):
    table.parent.mkdir()
    journal_path(table).write_text("my notes\n")
    with pytest.raises(RunError, match="is no unfinished table of `volest predict`"), estimate_journal(table, WORK):
        pass
    assert journal_path(table).read_text() == "my notes\n"


def put_aside(journal, first, end, rows=ROWS):
    """A shard that has ended on another machine."""
    journal.shards.mkdir(exist_ok=True)
    with estimate_journal(journal.shard(first, end), WORK) as shard:
        for row in rows[first:end]:
            shard.append(row)
        shard.keep(journal.shard(first, end))


def test_ended_shards_are_taken_up_where_no_row_before_them_is_missing(table):
    kill(table, ROWS[:1])
    with estimate_journal(table, WORK) as journal:
        put_aside(journal, 2, 3)
        put_aside(journal, 0, 2)
        (journal.shards / "4-5.partial").write_text("not ended")
        assert journal.ended_shards() == [(0, 2), (2, 3)]
        assert [journal.take_up(*shard) for shard in ((2, 3), (0, 2), (0, 2), (2, 3))] == [0, 1, 0, 1]
        assert list(journal) == ROWS
    assert list(table.parent.iterdir()) == []


def test_shards_of_another_work_are_no_part_of_a_new_one(table):
    with contextlib.suppress(KilledError), estimate_journal(table, WORK) as journal:
        put_aside(journal, 0, 2)
        raise KilledError
    journal_path(table).unlink()
    with estimate_journal(table, WORK) as journal:
        assert journal.ended_shards() == []


def test_two_processes_do_not_write_one_table(table):
    with (
        estimate_journal(table, WORK),
        pytest.raises(RunError, match="is being written by another process"),
        estimate_journal(table, WORK),
    ):
        pass
