"""`report.js` and `report.css`, in a real browser."""

import pytest

pytestmark = pytest.mark.slow  # a browser starts


@pytest.fixture
def opened(open_page, report):
    return open_page(report)


def _tip(browser):
    tip = browser.find_element("id", "tip")
    return tip.text if tip.is_displayed() else ""


def test_every_figure_draws(opened):
    sizes = opened.execute_script(
        """return [...document.querySelectorAll("figure.plot svg[role=img]")].map((svg) => {
          const box = svg.getBoundingClientRect();
          const marks = [...svg.querySelectorAll("circle, path.line:not(.cursor)")].filter((mark) => {
            const { width, height } = mark.getBoundingClientRect();
            return width + height > 0;
          });
          return [box.width, box.height, marks.length];
        })"""
    )
    assert len(sizes) == 10
    assert all(width > 200 and height > 100 and marks for width, height, marks in sizes)


def test_pointing_at_a_dot_shows_its_scan_in_every_figure(opened, point_at):
    dot = opened.find_element("css selector", "#figure-bland_altman [data-scan='2']")
    point_at(dot)
    assert "predicted" in _tip(opened)
    on = opened.execute_script("return document.querySelectorAll('.dot.on').length")
    assert on >= 3
    shown = opened.execute_script("return Number(document.querySelector('.dot.on').dataset.scan)")
    pictures = opened.execute_script("return [...document.querySelectorAll('#tip img')].map((i) => i.naturalWidth)")
    assert len(pictures) == (3 if shown in (2, 3, 4) else 0)
    assert all(pictures)


def test_the_pictures_of_a_scan_are_shown(opened):
    opened.execute_script("document.querySelector('#figure-bland_altman .frame').focus()")
    found = opened.execute_script(
        """const scans = JSON.parse(document.getElementById("scans").textContent);
        return scans.findIndex((scan) => scan.views.length);"""
    )
    from selenium.webdriver.common.keys import Keys

    frame = opened.find_element("css selector", "#figure-bland_altman .frame")
    frame.send_keys(Keys.HOME)
    for _ in range(40):
        if opened.execute_script(f"return document.querySelector('[data-scan=\"{found}\"]').matches('.on')"):
            break
        frame.send_keys(Keys.ARROW_RIGHT)
    opened.execute_async_script(
        """const done = arguments[0];
        Promise.all([...document.querySelectorAll("#tip img")].map((i) => i.decode())).then(() => done());"""
    )
    widths = opened.execute_script("return [...document.querySelectorAll('#tip img')].map((i) => i.naturalWidth)")
    assert len(widths) == 3
    assert all(widths)


def test_arrow_keys_step_through_scans_and_say_them(opened):
    from selenium.webdriver.common.keys import Keys

    frame = opened.find_element("css selector", "#figure-predicted_against_reference .frame")
    frame.send_keys(Keys.ARROW_RIGHT)
    first = opened.find_element("id", "said").get_attribute("textContent")
    frame.send_keys(Keys.ARROW_RIGHT)
    second = opened.find_element("id", "said").get_attribute("textContent")
    assert "reference" in first
    assert first != second
    frame.send_keys(Keys.ESCAPE)
    assert _tip(opened) == ""


def test_pointing_at_a_curve_shows_both_errors_of_the_epoch(opened, point_at):
    point_at(opened.find_element("css selector", "#figure-learning_curve_fold_0 svg"))
    lines = _tip(opened).split("\n")
    assert [line.split()[0] for line in lines] == ["epoch", "training", "held"]
    assert all(line.endswith("mL") for line in lines[1:])


def test_a_table_that_scrolls_shows_it_and_takes_the_keyboard(open_page, report):
    opened = open_page(report, 390)
    wide = opened.execute_script(
        """return [...document.querySelectorAll("table")].map(table => table.parentElement)
        .filter(frame => frame.scrollWidth > frame.clientWidth)
        .map(frame => [frame.tabIndex, frame.getAttribute("role"), getComputedStyle(frame).backgroundAttachment]);"""
    )
    assert wide
    assert all(told == [0, "region", "local, local, scroll, scroll"] for told in wide)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 768, 390])
def test_nothing_is_wider_than_the_screen(open_page, report, width, scheme):
    opened = open_page(report, width, scheme)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


def test_no_request_leaves_the_page_and_the_console_stays_silent(open_page, point_at, report, requested):
    requested()
    opened = open_page(report)
    point_at(opened.find_element("css selector", "#figure-calibration [data-scan='3']"))
    assert {url.split(":")[0] for url in requested()} <= {"file", "data", "about", "chrome"}
    assert opened.get_log("browser") == []
    assert opened.execute_script("return window.alerted === undefined")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_serious_violation(open_page, serious_violations, report, width, scheme):
    assert serious_violations(open_page(report, width, scheme)) == []
