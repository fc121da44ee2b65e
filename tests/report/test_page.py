import base64
import hashlib
import re
import subprocess
import sys

import pytest

from volest.report.page import render_page

SEVERITIES = ["error", "warning", "note"]


@pytest.fixture(scope="module")
def page():
    summary = {
        "scans": 1,
        "patients": 1,
        "lowest_ml": 1.0,
        "median_ml": 1.0,
        "highest_ml": 1.0,
        "findings": dict.fromkeys(SEVERITIES, 0),
    }
    return render_page(
        "check.html", "check.js", summary=summary, groups=[], rows=[], patients=[], severities=SEVERITIES
    )


@pytest.mark.parametrize("tag", ["style", "script"])
def test_the_policy_names_the_hash_of_what_stands_in_the_page(page, tag):
    (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    assert f"{tag}-src &#39;sha256-{digest}&#39;" in page


def test_the_page_names_no_address(page):
    assert not re.findall(r"(?:https?:)?//[a-z]", page)


def test_no_element_carries_a_style_or_a_handler_of_its_own(page):
    body = page.partition("<body>")[2].partition("<script>")[0]
    assert not re.findall(r"\s(?:style|on[a-z]+)=", body)


def test_pages_are_written_without_a_deep_learning_library():
    code = (
        "import sys, volest.report.check_page; print([m for m in ('torch', 'monai', 'lightning') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
