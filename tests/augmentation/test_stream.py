import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from volest.augmentation.stream import scan_rng

SEEDS, EPOCHS, IDS = st.integers(0, 2**40), st.integers(0, 1000), st.text(max_size=20)


def first(seed, epoch, scan_id):
    return scan_rng(seed, epoch, scan_id).integers(2**63)


@settings(deadline=None)
@given(SEEDS, EPOCHS, IDS)
def test_same_triple_gives_the_same_stream(seed, epoch, scan_id):
    assert first(seed, epoch, scan_id) == first(seed, epoch, scan_id)


@settings(deadline=None)
@given(SEEDS, EPOCHS, IDS)
def test_another_seed_epoch_or_scan_gives_another_stream(seed, epoch, scan_id):
    streams = [
        (seed, epoch, scan_id),
        (seed + 1, epoch, scan_id),
        (seed, epoch + 1, scan_id),
        (seed, epoch, scan_id + "x"),
    ]
    assert len({first(*triple) for triple in streams}) == 4


def test_seed_and_epoch_do_not_change_places():
    assert first(1, 2, "a") != first(2, 1, "a")
    assert first(1, 12, "a") != first(11, 2, "a")


def test_another_process_draws_the_same():
    code = "from volest.augmentation.stream import scan_rng; print(scan_rng(3, 5, 'obs\\u00e9').integers(2**63))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(printed) == first(3, 5, "obsé")
