from dataclasses import replace

import numpy as np

from volest.experiments.doctor import subject as subject_module
from volest.experiments.doctor.reading import READING
from volest.images.image import Image


def test_speed_is_told_of_a_sample_from_small_to_large(outcome, subject):
    healthy = subject()
    found = outcome(READING, healthy)
    assert (found.state, "MB/s" in found.measured, "ms a scan" in found.measured) == ("ok", True, True)
    volumes_ml = [example.volume_ml for example in healthy.examples]
    every = [scan.volume_ml for scan in healthy.manifest]
    assert volumes_ml == sorted(volumes_ml)
    assert (volumes_ml[0], volumes_ml[-1]) == (min(every), max(every))
    assert len(volumes_ml) == subject_module.RASTERS


def test_entries_lie_in_the_temporary_folder_alone(outcome, subject, tmp_path):
    healthy = subject(f"preprocessing.cache={tmp_path / 'cache'}")
    outcome(READING, healthy)
    assert not (tmp_path / "cache").exists()
    assert all(example.voxels.is_relative_to(healthy.folder) for example in healthy.examples)


def test_a_slow_disk_is_pointed_out(outcome, subject):
    slow = subject()
    slow.read_scans = tuple(replace(scan, megabytes=8.0, read_s=4.0) for scan in slow.read_scans)
    found = outcome(READING, slow)
    assert (found.state, found.measured.startswith("8 scans: 2 MB/s")) == ("warning", True)


def test_a_scan_without_an_image_is_named(outcome, subject, monkeypatch):
    monkeypatch.setattr(subject_module, "read_image", lambda path: Image(np.zeros((9, 9, 9), np.uint8), np.eye(4)))
    found = outcome(READING, subject())
    assert (found.state, "every voxel is 0" in found.remedy) == ("failed", True)
