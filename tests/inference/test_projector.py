import csv

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from volest.inference.projector import write_projector
from volest.records.latents import FoldLatents


@pytest.fixture
def written(tmp_path, rng):
    entries = [tmp_path / f"{n}.npy" for n in range(3)]
    for path in entries:
        np.save(path, rng.uniform(size=(4, 6, 5)).astype(np.float16))
    latents = FoldLatents(
        0, ("a", "b\tc", "d"), ("P", "P", "Q"), np.array([True, True, False]), rng.normal(size=(3, 7))
    )
    folder = tmp_path / "latents" / "fold_0"
    for _ in range(2):  # a second time takes the place of the first
        write_projector(latents, {"volume_ml": ["10", "12", ""]}, entries, folder)
    return latents, folder


def test_the_projector_finds_points_and_what_is_known_of_them(written):
    latents, folder = written
    [space] = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    points = np.loadtxt(folder / space.tensor_path, delimiter="\t")
    assert points == pytest.approx(latents.vectors, abs=1e-4)
    with (folder / space.metadata_path).open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows[1] == {"scan": "b c", "patient": "P", "part": "held out", "volume_ml": "12"}
    assert rows[2] == {"scan": "d", "patient": "Q", "part": "training", "volume_ml": "-"}


def test_every_scan_has_a_picture(written):
    _, folder = written
    [space] = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    sheet = np.asarray(Image.open(folder / space.sprite.image_path))
    assert list(space.sprite.single_image_dim) == [6, 6]
    assert sheet.shape[:2] == (12, 12)
    assert all(np.ptp(sheet[i : i + 6, j : j + 6]) > 0 for i, j in ((0, 0), (0, 6), (6, 0)))


def test_tensorboard_sees_a_run(written):
    _, folder = written
    assert len(list(folder.glob("events.out.tfevents*"))) == 1
