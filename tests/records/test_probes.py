import pytest

from volest.errors import RunError
from volest.records.evaluation import Comparison, Figure
from volest.records.probes import CategorySkill, Fingerprint, Probes, VolumeSkill, read_probes, write_probes

FIGURE = Figure(0.6, 0.4, None)


@pytest.fixture
def probes():
    return Probes(
        answer="The latent knows the volume.",
        encoder="the network of each fold",
        features=128,
        folds=(0, 2),
        volume=(VolumeSkill("linear probe", 90, 30, FIGURE, FIGURE, FIGURE),),
        comparisons=(Comparison("the network", 90, 30, FIGURE, FIGURE, FIGURE, 0.1, None),),
        categories=(CategorySkill("device", ("A", "B"), 90, 30, FIGURE, 50.0),),
        fingerprint=Fingerprint(60, 20, FIGURE, 6.0, 0.001, 40.0),
        remarks=("One fold is missing.",),
    )


def test_what_is_written_is_read(probes, tmp_path):
    write_probes(probes, tmp_path / "probes.json")
    assert read_probes(tmp_path / "probes.json") == probes


def test_a_damaged_file_is_called_so(tmp_path):
    (tmp_path / "probes.json").write_text("{}")
    with pytest.raises(RunError, match=r"probes.json is damaged or from another version"):
        read_probes(tmp_path / "probes.json")


def test_a_missing_file_names_the_command(tmp_path):
    with pytest.raises(RunError, match=r"does not exist. Make it with `volest latents "):
        read_probes(tmp_path / "probes.json")


@pytest.mark.parametrize(("low", "shown"), [(40.0, False), (60.0, True), (None, False)])
def test_a_category_is_shown_where_its_whole_interval_is_above_chance(low, shown):
    assert CategorySkill("device", ("A", "B"), 90, 30, Figure(70, low, 90), 50.0).shown is shown
