from dataclasses import replace

import pytest

from volest.audit.checks.effective_size import check_effective_size


def of_volumes(clean, volumes_ml):
    """The first scans of the study, of patients A, A, B, B, ..., with these references."""
    rows = zip(clean.measures, volumes_ml, strict=False)
    return [
        replace(measured, scan=replace(measured.scan, patient_id="ABCDEF"[place // 2], volume_ml=volume_ml))
        for place, (measured, volume_ml) in enumerate(rows)
    ]


def test_patients_who_never_change_are_worth_one_scan_each(clean):
    (note,) = check_effective_size(of_volumes(clean, [10, 10, 20, 20, 40, 40]))
    assert note.figures["icc1"] == pytest.approx(1)
    assert note.figures["effective_scans"] == pytest.approx(3)
    assert "6 scans of 3 patients are worth about 3" in note.sentence


def test_scans_that_differ_within_a_patient_as_among_all_are_worth_all_of_them(clean):
    (note,) = check_effective_size(of_volumes(clean, [10, 40, 40, 10, 10, 40]))
    assert note.figures["icc1"] == 0
    assert note.figures["effective_scans"] == pytest.approx(6)


def test_one_scan_a_patient_is_no_news(clean):
    assert list(check_effective_size(of_volumes(clean, [10, 10, 20, 20])[::2])) == []
