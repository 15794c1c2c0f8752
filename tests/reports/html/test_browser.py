"""The pages in a real browser: reachable for everybody, at any width, on paper, and without a word to the network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from auditor.reports.html import write
from auditor.reports.html.names import check_page, system_page
from tests.reports.html.scorecards import large, town, with_text

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
RULES: dict[str, object] = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
COLOURS: dict[str, object] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
Scheme = Literal["light", "dark"]
PHONE: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 900}
HOSTILE = "<script>alert(1)</script>\u202e" + "W" * 300
KINDS = (
    "index.html",
    system_page("permits"),
    check_page("tls-legacy-version"),
    "systems/index.html",
    "checks/index.html",
)


@dataclass
class Watch:
    """What a page said and asked for while it was open."""

    said: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def over(self, page: Page) -> Page:
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: self.asked.add(request.url.partition(":")[0]))
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the folder that holds three sites."""
    folder = tmp_path_factory.mktemp("sites")
    cards = {"town": town(), "hostile": with_text(town(), HOSTILE), "crowd": large(1, 200, 40)}
    for name, card in cards.items():
        write(folder / name, card)
    return folder.as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("size", "first", "second"), [(PHONE, "light", "dark"), (DESK, "dark", "light")])
def test_everybody_can_use_it(browser: Browser, sites: str, size: ViewportSize, first: Scheme, second: Scheme) -> None:
    """axe-core finds nothing; the page is as wide as the screen; nothing is said, blocked or asked of a network.

    In the second colour scheme only what has to do with colours is looked at again.
    """
    context = browser.new_context(viewport=size, color_scheme=first)
    watch = Watch()
    page = watch.over(context.new_page())
    for path in [*(f"town/{kind}" for kind in KINDS), f"hostile/{KINDS[0]}", f"hostile/{KINDS[1]}"]:
        page.goto(f"{sites}/{path}")
        page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        assert violations(page, RULES) == [], path
        if path.startswith("town"):
            page.emulate_media(color_scheme=second)
            assert violations(page, COLOURS) == [], path
            page.emulate_media(color_scheme=first)
    context.close()
    assert watch == Watch([], {"file"})


def violations(page: Page, options: dict[str, object]) -> list[tuple[str, list[str]]]:
    """Rules of axe-core that are broken, with the elements that break them."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False, **options}).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("path", KINDS)
def test_it_can_be_walked_by_keyboard(page: Page, sites: str, path: str) -> None:
    """The skip link comes first and leads to the content; then every link and fold, in order; each shows its focus."""
    page.goto(f"{sites}/town/{path}")
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.textContent")
    assert skip == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    stops = page.evaluate("[...document.querySelectorAll('a, summary')].filter(e => e.checkVisibility()).length")
    for _ in range(stops - 1):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return ['A', 'SUMMARY'].includes(e.tagName) && s.outlineStyle === 'solid' && !e.dataset.met"
            " && (e.dataset.met = 'yes') })()"
        )


def test_the_skip_link_skips_and_a_fold_opens_by_key(page: Page, sites: str) -> None:
    page.goto(f"{sites}/town/{KINDS[1]}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


@pytest.mark.parametrize("path", KINDS)
def test_at_twice_the_size_nothing_is_lost(page: Page, sites: str, path: str) -> None:
    """WCAG 1.4.4: text alone at 200 %."""
    page.goto(f"{sites}/town/{path}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]
    lost = page.evaluate(
        "[...document.querySelectorAll('main :is(p, td, th, dd, dt, li, h1, h2, h3)')]"
        ".filter(e => e.checkVisibility() && !e.closest('.vh') && e.getBoundingClientRect().right > innerWidth).length"
    )
    assert lost == 0


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints(page: Page, sites: str, paper: str, tmp_path: Path) -> None:
    page.goto(f"{sites}/town/index.html")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    printed = page.pdf(format=paper, path=tmp_path / "page.pdf")
    assert printed.startswith(b"%PDF-")
    assert 2 <= printed.count(b"/Type /Page\n") <= 12


def test_nothing_moves_for_those_who_asked(browser: Browser, sites: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{sites}/town/index.html")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    context.close()


def test_a_crowded_page_opens_on_a_phone(browser: Browser, sites: str) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{sites}/crowd/{system_page('system-0')}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_without_style_it_reads_from_top_to_bottom(page: Page, sites: str) -> None:
    page.goto(f"{sites}/town/index.html")
    page.evaluate("document.querySelector('style').remove()")
    text = page.locator("main").inner_text()
    order = [
        "City of Elm",
        "D, poor",
        "How the systems stand",
        "What to fix first",
        "What could not be seen",
        "This run,",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_the_browser_is_there() -> None:
    """These tests are skipped nowhere: `make test` installs it."""
    assert os.access(CHROMIUM, os.X_OK)
