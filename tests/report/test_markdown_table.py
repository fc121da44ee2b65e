from volest.report.markdown_table import read_markdown_table

TEXT = """# Folds

2 patients, each in one fold.

| held out | patients |
|---|---:|
| 0 | 1 |
| all | 2 |

## Patients

- fold 0: a | b
"""


def test_a_table_is_read_with_what_stands_around_it():
    table = read_markdown_table(TEXT)
    assert table.before == "2 patients, each in one fold."
    assert table.heading == ("held out", "patients")
    assert table.rows == (("0", "1"), ("all", "2"))
    assert table.items == ("fold 0: a | b",)


def test_text_without_a_table_has_none():
    assert read_markdown_table("") is None
    assert read_markdown_table("| lonely |") is None
