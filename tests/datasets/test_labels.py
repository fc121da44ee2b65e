import pytest

from volest.datasets.conversion import Conventions
from volest.datasets.fields import NamedFields
from volest.datasets.labels import LabelSources, require_labels
from volest.datasets.pattern import PathPattern
from volest.datasets.units import Unit
from volest.errors import ManifestError


def test_without_a_source_the_likeliest_is_named(tmp_path):
    (tmp_path / "Werte.XLSX").touch()
    with pytest.raises(ManifestError, match=r"no source was named.*--labels '.*Werte\.XLSX'"):
        require_labels(LabelSources(), None, tmp_path)


def test_a_missing_column_is_answered_with_the_likeliest_name(tmp_path):
    columns = ("Datei", "Pat.-Nr.", "Volumen [cm³]")
    sources = LabelSources(table=tmp_path / "l.csv")
    with pytest.raises(
        ManifestError, match=r"'patient_id' is missing; it has Datei, .*--column patient_id='Pat\.-Nr\.'"
    ):
        require_labels(sources, columns, tmp_path)
    with pytest.raises(ManifestError, match=r"--column volume_ml='Volumen \[cm³\]'"):
        require_labels(sources, ("patient_id", *columns), tmp_path)


def test_the_volume_stands_in_one_place(tmp_path):
    sources = LabelSources(table=tmp_path / "l.csv", fields=NamedFields({"volume_ml": "v"}))
    with pytest.raises(ManifestError, match=r"volume_ml stands in two places: the table .* and the fields"):
        require_labels(sources, ("patient_id", "volume_ml"), tmp_path)


@pytest.mark.parametrize(
    "sources, columns, told",
    [
        ({"mask_labels": (1,)}, ("patient_id", "volume_ml"), "the volume comes from the table"),
        ({"mask_labels": (1,)}, ("patient_id",), "no masks were named"),
        ({"masks": "{scan}_m", "conventions": Conventions(Unit.MM3)}, ("patient_id",), "measured in the masks, in mL"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(tmp_path, sources, columns, told):
    with pytest.raises(ManifestError, match=told):
        require_labels(LabelSources(table=tmp_path / "l.csv", **sources), columns, tmp_path)


def test_each_column_may_come_from_a_source_of_its_own(tmp_path):
    pattern = PathPattern("{patient}/{scan}")
    for more in ({"fields": NamedFields({"volume_ml": "v"})}, {"masks": "{scan}_mask"}):
        require_labels(LabelSources(pattern=pattern, **more), None, tmp_path)
    with pytest.raises(ManifestError, match="no source tells volume_ml"):
        require_labels(LabelSources(pattern=pattern), None, tmp_path)
    with pytest.raises(ManifestError, match="no source tells patient_id"):
        require_labels(LabelSources(masks="{scan}_mask"), None, tmp_path)
