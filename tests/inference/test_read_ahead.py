import threading
from contextlib import closing

import pytest

from volest.inference.read_ahead import AHEAD, read_ahead


def test_results_come_in_the_order_of_the_items():
    assert list(read_ahead(lambda n: n * n, range(50))) == [n * n for n in range(50)]


def test_the_next_is_made_while_one_is_used():
    second_begun = threading.Event()

    def make(n):
        if n == 1:
            second_begun.set()
        return n

    with closing(read_ahead(make, range(5))) as made:
        assert next(made) == 0
        assert second_begun.wait(timeout=10)


def test_no_more_wait_than_the_queue_holds():
    begun, used = [], 0
    for _ in read_ahead(begun.append, range(200)):
        used += 1
        assert len(begun) <= used + AHEAD
    assert used == 200


def test_what_cannot_be_made_is_raised_in_its_turn():
    made = read_ahead(lambda n: 1 // (3 - n), range(5))
    assert [next(made) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(made)


def test_nothing_is_begun_once_it_is_closed():
    begun = []
    with closing(read_ahead(lambda n: begun.append(n) or n, range(1000))) as made:
        next(made)
    assert len(begun) <= 1 + AHEAD
