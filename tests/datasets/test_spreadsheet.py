import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from volest.datasets.spreadsheet import read_spreadsheet
from volest.errors import ManifestError


@pytest.fixture
def written(tmp_path):
    def write(content: bytes, name: str = "labels.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    def write(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "labels.xlsx"
        book.save(path)
        return path

    return write


def cells(sheet):
    return [tuple(row.cells.values()) for row in sheet.rows]


@pytest.mark.parametrize(
    "content, name, how",
    [
        (b"scan;Gr\xf6\xdfe\r\na;1,5\r\n", "l.csv", "semicolon between cells, Windows-1252"),
        ("scan;Größe\na;1,5\n".encode(), "l.csv", "semicolon between cells, UTF-8"),
        ("scan;Größe\na;1,5\n".encode("utf-8-sig"), "l.csv", "semicolon between cells, UTF-8"),
        ("scan\tGröße\na\t1,5\n".encode("utf-16"), "l.csv", "tab between cells, UTF-16"),
        ("scan\tGröße\na\t1,5\n".encode(), "l.tsv", "tab between cells, UTF-8"),
        ('scan,Größe\na,"1,5"\n'.encode(), "l.csv", "comma between cells, UTF-8"),
        ("sep=;\nscan;Größe\na;1,5\n".encode(), "l.csv", "semicolon between cells, UTF-8, names in row 2"),
        ("scan;Größe;;\na;1,5;;\n;;;\n\n".encode(), "L.CSV", "semicolon between cells, UTF-8"),
        (" scan ;Größe\n\u00a0a\u202f; 1,5 \n".encode(), "l.csv", "semicolon between cells, UTF-8"),
    ],
)
def test_a_text_file_is_read_as_its_program_wrote_it(written, content, name, how):
    sheet = read_spreadsheet(written(content, name))
    assert (sheet.columns, cells(sheet), sheet.how) == (("scan", "Größe"), [("a", "1,5")], how)


def test_rows_keep_the_numbers_that_the_program_shows(written):
    sheet = read_spreadsheet(written(b"\na;b\n1;2\n\n3;4\n"))
    assert [row.number for row in sheet.rows] == [3, 5]


def test_a_decimal_comma_between_commas_is_told(written):
    with pytest.raises(ManifestError, match=r"row 2 has 3 cells, but 2 columns have a name; '5' is too much"):
        read_spreadsheet(written(b"scan,volume\na,12,5\n"))


@pytest.mark.parametrize(
    "content, name, told",
    [
        (b"scan\na\n", "l.csv", "is one cell"),
        (b"a;b\n", "l.csv", "at least one below"),
        (b"", "l.csv", "is empty"),
        (b"a;a\n1;2\n", "l.csv", "two columns are named 'a'"),
        (b"a;b,c\n1;2\n", "l.csv", "equally well"),
        (b"a;b\n\0;2\n", "l.csv", "is no text"),
        (b'a;b\n"1;2\n', "l.csv", "cannot be read as a table"),
        (b"a;b\n", "l.xls", "Save it as .xlsx or .csv"),
        (b"PK\x03\x04", "l.xlsx", "cannot be read as a workbook"),
    ],
)
def test_what_is_no_table_is_refused_in_words(written, content, name, told):
    with pytest.raises(ManifestError, match=told):
        read_spreadsheet(written(content, name))


def test_a_table_that_is_gone_is_named(tmp_path):
    for name in ("gone.csv", "gone.xlsx"):
        with pytest.raises(ManifestError, match=r"gone.* do not exist"):
            read_spreadsheet(tmp_path / name)


def test_a_column_without_a_name_is_left_out_and_told(written):
    sheet = read_spreadsheet(written(b",a,b\n0,1,2\n"))
    assert (sheet.columns, cells(sheet)) == (("a", "b"), [("1", "2")])
    assert "1 columns without a name" in sheet.how


def test_cells_of_a_workbook_are_what_a_person_sees(workbook):
    path = workbook(
        Tabelle1=[["id", "x"], [7, 1.5], [7.0, "1,5"], ["007", datetime(2025, 12, 31, 9)], [True, None], []]
    )
    book = openpyxl.load_workbook(path)
    book.active["A2"].number_format = "000"
    book.save(path)
    sheet = read_spreadsheet(path)
    assert cells(sheet) == [("007", 1.5), ("7", "1,5"), ("007", date(2025, 12, 31)), ("TRUE", "")]
    assert sheet.how == "sheet 'Tabelle1'"


def test_of_several_sheets_that_hold_something_one_is_chosen(workbook):
    path = workbook(Info=[["by", "whom"], ["x", "y"]], Daten=[["a", "b"], [1, 2]], Leer=[])
    with pytest.raises(ManifestError, match=r"2 sheets hold something.*--sheet 'Info' or --sheet 'Daten'"):
        read_spreadsheet(path)
    assert read_spreadsheet(path, "Daten").columns == ("a", "b")
    for sheet, told in (("daten", "no sheet 'daten'; it has 'Info', 'Daten', 'Leer'"), ("Leer", "the sheet is empty")):
        with pytest.raises(ManifestError, match=told):
            read_spreadsheet(path, sheet)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path):
    path = tmp_path / "l.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as entry:
        for _ in range(520):
            entry.write(bytes(2**20))
    with pytest.raises(ManifestError, match=r"it unpacks to 0\.5 GiB"):
        read_spreadsheet(path)


def test_a_sheet_is_of_workbooks(written):
    with pytest.raises(ManifestError, match="--sheet 'x' is for workbooks"):
        read_spreadsheet(written(b"a;b\n1;2\n"), "x")


def test_a_table_of_nothing_is_said_to_be_empty(tmp_path):
    (tmp_path / "labels.csv").write_text("\n  \n")
    with pytest.raises(ManifestError, match=r"labels\.csv is empty\. Expected a row with names"):
        read_spreadsheet(tmp_path / "labels.csv")
