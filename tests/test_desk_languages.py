"""The desk as a whole in a real browser: from view to view, in four languages, on a phone.

A journey of asking is in test_desk_ask.py, of the library in test_desk_library.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import PHONE, chromium, violations, watched
from playwright.sync_api import Browser, Page, expect
from serving import served

from index.store import IndexFolder
from ui.library_strings import LibraryStrings
from ui.shell import COOKIE, SCRIPTS, STYLES, ShellStrings, asset
from ui.strings import Strings
from ui.words import LANGUAGES, words

QUESTION = "How thick was the ice on the second morning?"
VIEWS = {language: dict(words(ShellStrings, language).views) for language in LANGUAGES}


@pytest.fixture(scope="module")
def url(library: IndexFolder) -> Iterator[str]:
    with served(library.path) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def ask(tab: Page, question: str, language: str) -> None:
    tab.locator("#asking textarea").fill(question)
    tab.get_by_role("button", name=words(Strings, language).ask, exact=True).click()
    tab.locator(".claims .claim .opener").first.wait_for()


def go(tab: Page, view: str, language: str = "en") -> None:
    tab.locator("nav.views:visible").get_by_role("link", name=VIEWS[language][view]).click()


@pytest.mark.parametrize(("locale", "language"), [("ar", "ar"), ("es-CL", "es"), ("fr", "fr")])
def test_a_browser_gets_the_desk_in_its_language(
    browser: Browser, url: str, locale: str, language: str
):
    with watched(browser, url, locale=locale) as tab:
        assert tab.url == f"{url}/{language}/"
        strings = words(Strings, language)
        expect(tab.get_by_label(strings.question)).to_be_visible()
        ask(tab, QUESTION, language)
        tab.locator(".claims .opener").first.click()
        expect(tab.locator(".source mark")).to_be_in_viewport()
        root = tab.locator("html")
        assert root.get_attribute("lang") == language
        assert root.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        assert violations(tab) == {}
        sides = tab.evaluate(
            "['#answer-column', '#source-column']"
            ".map(id => document.querySelector(id).getBoundingClientRect().left)"
        )
        assert (sides[0] > sides[1]) == (language == "ar")
        for view in ("library", "checked"):
            go(tab, view, language)
            heading = tab.get_by_role("heading", level=1)
            expect(heading).to_have_text(VIEWS[language][view])
            assert violations(tab) == {}
        go(tab, "ask", language)
        expect(tab.locator(".claims .claim").first).to_be_visible()


def test_going_through_the_views_keeps_the_conversation(browser: Browser, url: str):
    with watched(browser, url, locale="en-GB") as tab:
        ask(tab, QUESTION, "en")
        go(tab, "library")
        expect(tab).to_have_url(f"{url}/library?lang=en")
        expect(tab.locator("main.view")).to_be_focused()
        expect(tab.locator("gradio-app")).to_be_hidden()
        tab.get_by_role("link", name="The Winter of the Harbour").click()
        expect(tab.locator("main.view h1")).to_have_text("The Winter of the Harbour")
        tab.go_back()
        expect(tab).to_have_url(f"{url}/library?lang=en")
        expect(tab.locator("main.view h1")).to_have_text("Library")
        tab.go_back()
        expect(tab).to_have_url(f"{url}/")
        expect(tab.locator(".claims .claim").first).to_be_visible()
        ask(tab, "And on the third morning?", "en")
        expect(tab.locator(".turns > li")).to_have_count(1)
        go(tab, "checked")
        expect(tab.locator("main.view h1")).to_have_text("Checked")
        tab.reload()
        expect(tab.locator("main.view h1")).to_have_text("Checked")
        go(tab, "ask")
        expect(tab.get_by_label(words(Strings).question)).to_be_visible()


def test_links_within_a_view_keep_the_conversation(browser: Browser, url: str):
    with watched(browser, url, locale="en-GB") as tab:
        ask(tab, QUESTION, "en")
        go(tab, "library")
        tab.get_by_role("link", name="The Winter of the Harbour").click()
        expect(tab.locator("main.view h1")).to_have_text("The Winter of the Harbour")
        tab.locator("main.view input[name=words]").fill("ice")
        tab.locator("main.view input[name=words]").press("Enter")
        expect(tab.locator("main.view mark").first).to_be_visible()
        for link in tab.locator("main.view a[href*='#']").all():
            if link.is_visible():
                link.click()
                assert "/library/" in tab.url
        expect(tab.locator("main.view h1")).to_have_text("The Winter of the Harbour")
        go(tab, "ask")
        expect(tab.locator(".claims .claim").first).to_be_visible()


def test_a_refused_form_is_no_place_to_go_back_to(browser: Browser, url: str):
    with watched(browser, f"{url}/", locale="en-GB", complaints=("400",)) as tab:
        go(tab, "library")
        tab.locator("main.view summary").first.click()
        form = tab.locator("form[action='/library/add-folder']")
        form.locator("input").first.fill(" ")
        form.locator("button").click()
        expect(tab.get_by_role("alert").first).to_be_visible()
        assert tab.url.startswith(f"{url}/library?")


def test_an_empty_desk_takes_its_first_document(tmp_path: Path):
    with served(tmp_path / "new") as (url, _), httpx.Client(base_url=url, trust_env=False) as page:
        assert words(LibraryStrings).empty in page.get("/library").text
        missing = page.post("/api/ask", json={"question": QUESTION})
        assert missing.status_code == 503
        assert "no index here" in missing.json()["error"]["what"]
        ice = ("ice.txt", b"The ice was 41 centimetres thick on the second morning.")
        sent = page.post("/library/add", files={"files": ice})
        assert (sent.status_code, sent.headers["Location"]) == (303, "/library/work")
        until = time.monotonic() + 60
        while words(LibraryStrings).empty in page.get("/library").text:
            assert time.monotonic() < until
            time.sleep(0.2)
        answer = page.post("/api/ask", json={"question": QUESTION}).json()
        assert answer["citations"][0]["source"] == "uploads/ice.txt"


def test_a_language_is_chosen_on_the_page_and_kept(browser: Browser, url: str):
    with watched(browser, url, locale="en-GB") as tab:
        tab.get_by_role("link", name="Français").click()
        expect(tab).to_have_url(f"{url}/fr/")
        tab.goto(f"{url}/library")
        expect(tab.get_by_role("heading", level=1)).to_have_text(VIEWS["fr"]["library"])
        tab.goto(url)
        expect(tab).to_have_url(f"{url}/fr/")
        tab.get_by_role("link", name="English").click()
        expect(tab).to_have_url(f"{url}/")
        (cookie,) = tab.context.cookies()
        assert (cookie["name"], cookie["value"]) == (COOKIE, "en")
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, url: str, language: str):
    with watched(browser, url, locale=language, viewport=PHONE) as tab:
        ask(tab, QUESTION, language)
        tab.locator(".claims .opener").first.click()
        expect(tab.locator(".source mark")).to_be_in_viewport()
        for view in ("ask", "library", "checked"):
            go(tab, view, language)
            expect(tab.locator("nav.views:visible [aria-current]")).to_have_attribute(
                "data-view", view
            )
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360, view


def test_what_no_reader_should_get(url: str):
    with httpx.Client(base_url=url, trust_env=False) as client:
        for path in ("/desk/page.py", "/desk/../desk.py", "/de/", "/es/gradio_api/upload"):
            assert client.get(path).status_code == 404, path
        looping = client.get("/es/", headers={"Accept-Language": "en"})
        assert looping.status_code == 200
        home = client.get("/?lang=nowhere", headers={"Accept-Language": "es"})
        assert (home.status_code, home.headers["Location"]) == (303, "/es/")
        policy = client.get("/library").headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_the_styles_and_scripts_are_in_the_package():
    assert all(asset(name) for name in (*SCRIPTS, *STYLES))
    assert asset("desk.py") is None
    assert Path(__file__).parent.parent.joinpath("ui", "desk.py").exists()
