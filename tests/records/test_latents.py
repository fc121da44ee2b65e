import numpy as np
import pytest

from volest.errors import RunError
from volest.records.latents import FoldLatents, read_latents, write_latents


@pytest.fixture
def latents(rng):
    held_out = np.array([True, False, False])
    return [
        FoldLatents(fold, ("001", "NA", "c"), ("01", "NA", "P"), np.roll(held_out, fold), rng.normal(size=(3, 5)))
        for fold in range(2)
    ]


def test_what_is_written_is_read(latents, tmp_path):
    write_latents(latents, tmp_path / "latents.csv")
    for before, after in zip(latents, read_latents(tmp_path / "latents.csv"), strict=True):
        assert (after.fold, after.scan_ids, after.patient_ids) == (before.fold, before.scan_ids, before.patient_ids)
        assert after.held_out.tolist() == before.held_out.tolist()
        assert after.vectors == pytest.approx(before.vectors, rel=1e-5)


def test_every_row_says_which_network_and_whether_it_knew_the_scan(latents, tmp_path):
    write_latents(latents, tmp_path / "latents.csv")
    header, first, *_ = (tmp_path / "latents.csv").read_text().splitlines()
    assert header == "fold,scan_id,patient_id,part,latent_0,latent_1,latent_2,latent_3,latent_4"
    assert first.startswith("0,001,01,held_out,")


def test_a_missing_table_names_the_command(tmp_path):
    with pytest.raises(RunError, match=r"latents.csv does not exist. Make it with `volest latents "):
        read_latents(tmp_path / "latents.csv")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "fold,scan_id,patient_id,part,latent_0\n0,a,P,held_out,x\n"])
def test_a_damaged_table_is_called_so(tmp_path, text):
    (tmp_path / "latents.csv").write_text(text)
    with pytest.raises(RunError, match=r"latents.csv is damaged"):
        read_latents(tmp_path / "latents.csv")
