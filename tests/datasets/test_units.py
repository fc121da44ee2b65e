import pytest

from volest.datasets.units import ML_PER_UNIT, Unit, choose_unit, unit_in
from volest.errors import ManifestError


def test_a_litre_is_a_thousand_millilitres_in_every_unit():
    litre = {Unit.MM3: 1e6, Unit.CM3: 1000, Unit.CC: 1000, Unit.ML: 1000, Unit.DL: 10, Unit.L: 1}
    assert all(litre[unit] * ML_PER_UNIT[unit] == pytest.approx(1000) for unit in Unit)


@pytest.mark.parametrize(
    "name, unit",
    [
        ("Volumen [cm³]", Unit.CM3),
        ("volume_mm3", Unit.MM3),
        ("Volume (mm^3)", Unit.MM3),
        ("Vol/ccm", Unit.CM3),
        ("Vol. in L", Unit.L),
        ("volume_ml", Unit.ML),
        ("TotalVol", None),
        ("volume", None),
    ],
)
def test_the_name_of_a_column_may_end_with_its_unit(name, unit):
    assert unit_in(name) is unit


def test_a_unit_in_the_name_is_not_passed_over():
    with pytest.raises(ManifestError, match=r"tells of mm3, .* Say --unit mm3, or --unit ml"):
        choose_unit(None, "volume_mm3", "column 'volume_mm3'")
    assert choose_unit(Unit.ML, "volume_mm3", "") is Unit.ML
    assert choose_unit(None, "Volumen [cm³]", "") is Unit.ML
