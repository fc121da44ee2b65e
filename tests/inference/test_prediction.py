from dataclasses import replace

import pytest

from volest.errors import ScanError
from volest.inference.flags import CUT_OFF
from volest.inference.prediction import _refused, expand, predicting
from volest.progress import Silent
from volest.records.estimates import Estimate, EstimateRow


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("b.nrrd", "a.nrrd", "sub/c.nrrd", "notes.txt", "odd[1].nrrd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)


def names(*given):
    return [path.as_posix() for path in expand(given)]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["b.nrrd", "a.nrrd"], ["b.nrrd", "a.nrrd"]),
        (["sub"], ["sub/c.nrrd"]),
        (["?.nrrd"], ["a.nrrd", "b.nrrd"]),
        (["**/c.nrrd"], ["sub/c.nrrd"]),
        (["sub/c.nrrd", "sub", "a.nrrd", "sub/*"], ["sub/c.nrrd", "a.nrrd"]),
        (["odd[1].nrrd"], ["odd[1].nrrd"]),
    ],
)
def test_names_stand_for_files_each_once(given, found):
    assert names(*given) == found


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["gone.nrrd", "x*.nrrd"])
def test_a_name_without_a_scan_is_told(name):
    with pytest.raises(ScanError, match="no scan at"):
        expand(["a.nrrd", name])


def test_the_estimates_come_in_the_order_of_the_names(finished_run, scan_paths):
    asked = [str(path) for path in scan_paths[2::-1]]
    with predicting(finished_run, asked, Silent()) as predicted:
        rows = list(predicted)
    assert [row.path for row in rows] == asked
    assert all(len(row.estimate.folds_ml) == 2 and row.estimate.spread_ml is not None for row in rows)


def test_nothing_to_predict_is_told_before_a_network_is_loaded(finished_run, tmp_path):
    with pytest.raises(ScanError, match="no scan at"), predicting(finished_run, [str(tmp_path)], Silent()):
        pass


def test_of_a_refused_scan_the_reasons_are_left_and_no_number():
    foreign = Estimate(30.0, (30.0,), ("a flag",), unlike="unlike by its size")
    assert _refused(EstimateRow("a", foreign)) == EstimateRow("a", None, "unlike by its size")
    assert _refused(EstimateRow("a", replace(foreign, is_cut=True))).refusal == f"{CUT_OFF}; unlike by its size"
    usual = EstimateRow("a", replace(foreign, unlike=""))
    assert _refused(usual) == usual
