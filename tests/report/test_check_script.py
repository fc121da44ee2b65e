"""`check.js` and `style.css`, in a real browser."""

import contextlib
import re

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # a browser starts

HOSTILE = "<script>alert(1)</script>"

WORST_FIRST = ["s12", "s10", HOSTILE, "s11 & a+b#c", "s9", "s13" + "x" * 120]
"""An error, three warnings, a note (by its patient), nothing."""


@pytest.fixture
def opened(browser, page):
    """The page without any filter, at the width of a desk."""
    return _open(browser, page)


def _open(browser, page, fragment="", width=1440, scheme="light"):
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(page.as_uri() + fragment)
    return browser


def _shown(browser):
    """Ids of the rows to be seen, in their order."""
    return browser.execute_script(
        """const rows = [...document.querySelectorAll("tbody tr")];
        return rows.filter((row) => row.checkVisibility()).map((row) => row.dataset.scan);"""
    )


def _require_shown(browser, ids):
    """Require those ids once the page has followed a link within itself, which may be after the click has returned."""
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.wait import WebDriverWait

    with contextlib.suppress(TimeoutException):
        WebDriverWait(browser, 5, poll_frequency=0.02).until(lambda page: _shown(page) == ids)
    assert _shown(browser) == ids


def _choose(browser, name, value):
    from selenium.webdriver.support.select import Select

    Select(browser.find_element("name", name)).select_by_value(value)


def _press(browser, key):
    browser.find_element("css selector", f'[data-sort="{key}"]').click()


def _fragment(browser):
    return browser.current_url.partition("#")[2]


def test_the_worst_scan_stands_first(opened):
    assert _shown(opened) == WORST_FIRST


def test_a_finding_code_selects_its_scans(opened):
    _choose(opened, "code", "VOL014")
    assert _shown(opened) == ["s10", HOSTILE, "s11 & a+b#c"]
    assert opened.find_element("css selector", ".shown").text == "3 of 6 scans"
    assert _fragment(opened) == "code=VOL014"


def test_a_severity_selects_its_scans(opened):
    _choose(opened, "severity", "error")
    assert _shown(opened) == ["s12"]
    _choose(opened, "severity", "none")
    assert _shown(opened) == WORST_FIRST[-1:]


def test_a_patient_selects_their_scans(opened):
    _choose(opened, "patient", '"><img src=x onerror=alert(2)>')
    assert _shown(opened) == [HOSTILE]


def test_words_in_any_order_are_found_in_id_device_and_finding(opened):
    search = opened.find_element("name", "q")
    search.send_keys("S9 Probe")
    assert _shown(opened) == ["s9"]
    search.clear()
    search.send_keys("cannot read")
    assert _shown(opened) == ["s12"]
    search.clear()
    search.send_keys("nowhere")
    assert _shown(opened) == []
    assert opened.find_element("css selector", ".nothing").is_displayed()


def test_filters_add_up_and_are_cleared_at_once(opened):
    _choose(opened, "code", "VOL031")
    _choose(opened, "severity", "warning")
    assert _shown(opened) == ["s10"]
    opened.find_element("css selector", ".clear").click()
    assert _shown(opened) == WORST_FIRST
    assert _fragment(opened) == ""


@pytest.mark.parametrize(
    "key, first",
    [
        ("scan", [HOSTILE, "s9", "s10", "s11 & a+b#c", "s12", WORST_FIRST[-1]]),
        ("volume", ["s11 & a+b#c", WORST_FIRST[-1], "s10", HOSTILE, "s12", "s9"]),
        ("field", [WORST_FIRST[-1], HOSTILE, "s9", "s10", "s11 & a+b#c", "s12"]),
    ],
)
def test_a_heading_sorts_and_turns_the_order_round(opened, key, first):
    _press(opened, key)
    assert _shown(opened) == first
    heading = opened.find_element("css selector", f'[data-key="{key}"]')
    assert heading.get_attribute("aria-sort") == "ascending"
    _press(opened, key)
    turned = first[::-1] if key != "field" else [*first[-2::-1], "s12"]  # what is unknown stays last
    assert _shown(opened) == turned
    assert heading.get_attribute("aria-sort") == "descending"
    assert len(opened.find_elements("css selector", "[aria-sort]")) == 1


def test_an_address_with_filters_shows_the_same_rows(browser, page):
    _open(browser, page, "#severity=warning&sort=-volume")
    assert _shown(browser) == [HOSTILE, "s10", "s11 & a+b#c"]
    assert browser.find_element("name", "severity").get_attribute("value") == "warning"


def test_an_address_from_elsewhere_is_no_fault(browser, page):
    _open(browser, page, "#sort=constructor&code=%3Cb%3E&other=1&%")
    assert _shown(browser) == []
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("scan_id", ["s12", HOSTILE, "s11 & a+b#c"])
def test_a_scan_of_a_finding_is_one_click_away_and_the_way_back_too(opened, scan_id):
    links = opened.find_elements("css selector", ".concerned a")
    next(link for link in links if link.text == scan_id).click()
    _require_shown(opened, [scan_id])
    opened.back()
    _require_shown(opened, WORST_FIRST)


def test_a_chip_selects_the_scans_of_its_code(opened):
    opened.find_element("css selector", "tbody .chip.warning").click()
    _require_shown(opened, ["s10", HOSTILE, "s11 & a+b#c"])


def test_every_scan_that_was_read_shows_three_views(opened):
    widths = opened.execute_async_script(
        """const done = arguments[0], pictures = [...document.querySelectorAll("img")];
        for (const picture of pictures) picture.loading = "eager";
        Promise.all(pictures.map((picture) => picture.decode())).then(
            () => done(pictures.map((picture) => picture.naturalWidth)), (error) => done(String(error)));"""
    )
    assert len(widths) == 3 * 5
    assert min(widths) > 0


def test_an_unreadable_scan_tells_its_fault(opened):
    fault = opened.find_element("css selector", '[data-scan="s12"] .fault')
    assert fault.text == "scan s12: its data are cut short <b>. Copy it again."


def test_nothing_leaves_the_page_and_nothing_is_logged(browser, page, requested):
    requested()
    _open(browser, page)
    browser.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    names = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(name.startswith(("data:", "file:")) for name in names)
    asked = {address for address in requested() if not address.startswith("data:")}
    assert asked == {"about:blank", page.as_uri()} or asked == {page.as_uri()}
    assert browser.get_log("browser") == []


def test_the_policy_stops_what_a_file_might_smuggle_in(opened):
    ran = opened.execute_async_script(
        """const done = arguments[0], blocked = [];
        document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
        const script = document.createElement("script"); script.textContent = "window.smuggled = true";
        const picture = document.createElement("img"); picture.src = "http://127.0.0.1:9/spy.png";
        document.body.append(script, picture);
        setTimeout(() => done([window.smuggled ?? false, blocked.sort()]), 200);"""
    )
    assert ran == [False, ["img-src", "script-src-elem"]]
    opened.get_log("browser")  # the refusals themselves


@pytest.mark.parametrize("width", [320, 390, 768, 1100, 1346, 1440])
def test_the_page_never_scrolls_sideways(browser, page, width):
    _open(browser, page, width=width)
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.execute_script("return window.innerWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser, page, scheme):
    """WCAG 2.1, 1.4.3: a contrast of 4.5 for text of this size."""
    _open(browser, page, scheme=scheme)
    pairs = browser.execute_script(
        """const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
               if (c !== "rgba(0, 0, 0, 0)") return c; } };
        return [...document.querySelectorAll("p, a, dt, dd, th, td, label, small, button, .severity, .code, .why")]
            .filter((e) => e.checkVisibility()).map((e) => [e.className, getComputedStyle(e).color, ground(e)]);"""
    )
    assert len(pairs) > 50
    assert {pair[0]: _contrast(*pair[1:]) for pair in pairs if _contrast(*pair[1:]) < 4.5} == {}


def _contrast(ink, ground):
    """WCAG 2.1, relative luminance and contrast ratio."""

    def luminance(colour):
        channels = np.array([int(value) for value in re.findall(r"\d+", colour)[:3]]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_control_has_a_name(opened):
    controls = opened.find_elements("css selector", "input, select, button, a")
    assert all(control.accessible_name for control in controls if control.is_displayed())
