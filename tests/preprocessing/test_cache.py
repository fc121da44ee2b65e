import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from volest.geometry import Grid, centred_affine
from volest.images.image import Image
from volest.preprocessing.cache import ScanCache, default_cache, load_entry

GRID = Grid((16, 16, 16), 1.0)


def scan():
    voxels = np.random.default_rng(0).integers(0, 255, size=(16, 16, 16)).astype(np.uint8)
    return Image(voxels, centred_affine((16, 16, 16), (1.0, 1.0, 1.0)))


def unread():
    raise AssertionError("the scan was read although its entry was there")


def test_an_entry_is_made_once(tmp_path):
    cache = ScanCache(tmp_path, GRID, (0.0, 100.0))
    path = cache.ensure("abc", scan)
    assert cache.ensure("abc", unread) == path
    voxels = load_entry(path)
    assert voxels.dtype == np.float32
    np.testing.assert_allclose(voxels, scan().voxels / scan().voxels.max(), atol=1e-3)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00 garbage", None])
def test_a_damaged_entry_is_made_again(tmp_path, content):
    cache = ScanCache(tmp_path, GRID, (0.0, 100.0))
    path = cache.ensure("abc", scan)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] if content is None else content)
    cache.ensure("abc", scan)
    assert path.read_bytes() == whole


def test_other_settings_have_other_entries(tmp_path):
    caches = [
        ScanCache(tmp_path, GRID, (0.0, 100.0)),
        ScanCache(tmp_path, GRID, (0.0, 99.0)),
        ScanCache(tmp_path, Grid((16, 16, 16), 2.0), (0.0, 100.0)),
        ScanCache(tmp_path, Grid((16, 16, 16), None), (0.0, 100.0)),
    ]
    assert len({cache.entry("abc") for cache in caches}) == 4


def build(folder: str) -> bytes:
    return ScanCache(Path(folder), GRID, (0.0, 100.0)).ensure("abc", scan).read_bytes()


def test_two_processes_may_build_the_same_entry_at_once(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        one, other = pool.map(build, [str(tmp_path)] * 2)
    assert one == other
    assert [p.suffix for p in tmp_path.rglob("*") if p.is_file()] == [".npy"]


def test_a_scan_that_cannot_be_read_leaves_nothing(tmp_path):
    def broken():
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        ScanCache(tmp_path, GRID, (0.0, 100.0)).ensure("abc", broken)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_the_environment_says_where_the_cache_lies(tmp_path, monkeypatch):
    monkeypatch.setenv("VOLEST_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
