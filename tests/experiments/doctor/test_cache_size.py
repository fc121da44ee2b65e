import shutil
from collections import namedtuple

from volest.experiments.doctor.cache_size import CACHE_SIZE
from volest.preprocessing.cache import ScanCache

Usage = namedtuple("Usage", "total used free")


def test_the_need_is_two_bytes_a_voxel_and_scan_for_every_fold_at_the_worst(outcome, subject, monkeypatch, tmp_path):
    empty = subject(f"preprocessing.cache={tmp_path / 'cache'}")
    i, j, k = empty.grid.shape
    one_grid = 12 * 2 * i * j * k
    for free, state in ((one_grid - 1, "failed"), (one_grid, "warning"), (2 * one_grid + 1, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: Usage(0, 0, free))
        assert outcome(CACHE_SIZE, empty).state == state


def test_what_is_there_is_not_written_again(outcome, subject, monkeypatch, tmp_path):
    warm = subject(f"preprocessing.cache={tmp_path / 'cache'}")
    folder = ScanCache(warm.cache, warm.grid, warm.config.preprocessing.clip_percentiles).folder
    folder.mkdir(parents=True)
    for n in range(12):
        (folder / f"{n}.npy").write_bytes(b"")
    assert outcome(CACHE_SIZE, warm).measured.startswith("0 MB to write")
