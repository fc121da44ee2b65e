import numpy as np
import pytest

from volest.evaluation.latents.projection import Projection
from volest.records.latents import FoldLatents
from volest.report.plots.drawing import draw
from volest.report.plots.latents import latent_plots
from volest.report.plots.paper import write_figures
from volest.report.plots.plot import Line, Points

PATIENTS = ("P", "P", "Q", "R", "R", "R", "S", "T")
HELD_OUT = np.array([True, True, False, False, False, False, True, False])


@pytest.fixture
def plots(rng):
    scan_ids = tuple(f"s{n}" for n in range(8))
    latents = FoldLatents(2, scan_ids, PATIENTS, HELD_OUT, rng.normal(size=(8, 4)))
    projection = Projection("PCA", ("PC 1", "PC 2"), rng.normal(size=(8, 2)))
    volume_ml = {scan_id: 10.0 * 2**n for n, scan_id in enumerate(scan_ids)}
    device = {scan_id: "<A>" if n % 2 else "B" for n, scan_id in enumerate(scan_ids[:6])}
    return {plot.name: plot for plot in latent_plots(projection, latents, volume_ml, {"device": device})}


def looks(plot):
    return [dot.look for dot in draw(plot).dots]


def test_each_colouring_is_a_figure_of_all_scans(plots):
    assert set(plots) == {"latents_pca_by_volume", "latents_pca_by_patient", "latents_pca_by_device"}
    assert [len(looks(plot)) for plot in plots.values()] == [8, 8, 8]


def test_held_out_scans_are_ringed_and_drawn_last(plots):
    for plot in plots.values():
        assert ["held" in look for look in looks(plot)] == [False] * 5 + [True] * 3


def test_larger_volumes_are_darker(plots):
    shades = {}
    for mark in plots["latents_pca_by_volume"].marks:
        assert isinstance(mark, Points)
        shades[mark.look.split()[0]] = shades.get(mark.look.split()[0], 0) + len(mark.x)
    assert set(shades) == {f"shade-{n}" for n in range(5)}
    assert plots["latents_pca_by_volume"].keys[0] == ("dot shade-0", "10 to 28 mL")


def test_scans_of_one_patient_are_joined(plots):
    joins = [mark for mark in plots["latents_pca_by_patient"].marks if isinstance(mark, Line)]
    assert sorted(len(mark.x) for mark in joins) == [2, 3]
    assert sum("single" in look for look in looks(plots["latents_pca_by_patient"])) == 3


def test_scans_without_a_value_are_grey(plots):
    assert sum("single" in look for look in looks(plots["latents_pca_by_device"])) == 2


def test_the_message_says_whose_space_it_is(plots):
    assert plots["latents_pca_by_volume"].message.startswith(
        "8 scans in the latent space of fold 2 (PCA, fitted on its training scans), 3 of them held out."
    )


def test_the_figure_for_papers_holds_every_colour_it_names(plots, tmp_path):
    by_device = next(p for p in write_figures(plots.values(), tmp_path) if "device" in p.name).read_text()
    assert by_device.count("<circle") == 8 + len(plots["latents_pca_by_device"].keys)
    assert ".dot.hue-1 {" in by_device
    assert "&lt;A&gt;" in by_device
