"""A page as PDF, printed by the Chromium of the system."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from volest.errors import RunError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")

ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
"""The page is ours and loads nothing; the sandbox fails in containers."""

LONGEST_S = 120


def print_pdf(page: Path) -> Path:
    """Print a page to a PDF of the same name beside it.

    Raises:
        RunError: no Chromium is installed, or it could not print.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise RunError(
            f"a PDF needs Chromium or Chrome, and none of {', '.join(BROWSERS)} is installed. The page itself "
            f"is written: open {page} in any browser and print it from there."
        )
    pdf = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "page.pdf"
        places = (f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.resolve().as_uri())
        command = [browser, *ARGUMENTS, *places]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            raise RunError(
                f"{browser} did not print {page} within {LONGEST_S} s. Print the page from a browser."
            ) from None
        if not printed.is_file():
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RunError(f"{browser} could not print {page}: {reason}. Print the page from a browser.")
        shutil.move(printed, pdf)
    return pdf
