from volest.wording import counted, first_of, scans_of_patients


def test_one_scan_is_singular():
    assert [counted(n, "scan") for n in (0, 1, 2, 1200)] == ["0 scans", "1 scan", "2 scans", "1,200 scans"]


def test_some_words_have_a_plural_of_their_own():
    assert [counted(n, "study", "studies") for n in (1, 2)] == ["1 study", "2 studies"]


def test_scans_and_patients_are_counted_each_by_itself():
    assert scans_of_patients(3, 1) == "3 scans of 1 patient"


def test_of_many_names_the_first_are_told():
    assert first_of(["a", "b", "c"], 3) == "a, b, c"
    assert first_of(["a", "b", "c"], 2) == "a, b and more"
