import shutil

import pytest

from volest.errors import RunError
from volest.report.printing import BROWSERS, print_pdf


def test_without_chromium_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match="needs Chromium or Chrome"):
        print_pdf(tmp_path / "report.html")


@pytest.mark.slow  # a browser starts
def test_the_page_is_printed_beside_itself(report):
    if not any(shutil.which(name) for name in BROWSERS):
        pytest.skip("no Chromium on this machine")
    pdf = print_pdf(report)
    assert pdf == report.with_suffix(".pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
