"""The library in a real browser: files sent, read, edited and removed, with and without scripts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from browsing import chromium
from fastapi import FastAPI, Response
from playwright.sync_api import Browser, BrowserContext, Page, expect
from samples import pdf

from index.config import Config
from index.indexing import add
from index.store import IndexFolder
from ui import library, pictures, shell
from ui.desk import Desk, open_desk
from ui.library_progress import page
from ui.library_results import Result, Told
from ui.library_strings import LibraryStrings
from ui.view_parts import speech_in
from ui.words import words

HASHING = Config(encoder="hashing")
SAID = words(LibraryStrings)

MILL = "# The mill\n\nThe mill of Varn ground 912 sacks of rye in the autumn of 2017.\n"
FERRY = "The ferry Merle carried 318 passengers on its first day."
PASSENGERS = "How many passengers did the ferry Merle carry on its first day?"
LONG = "".join(f"Ice {n} lay on the quay of Ostrel.\n\n" for n in range(1500))


@dataclass(frozen=True)
class Site:
    """A server of the library, and what stands behind it."""

    url: str
    desk: Desk

    def cited(self, question: str) -> str:
        return " ".join(c.quote for c in self.desk.latest().ask(question).citations)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def served(desk: Desk) -> Iterator[Site]:
    app = FastAPI()
    for view in (library, pictures, shell):
        app.include_router(view.router(desk))
    app.add_api_route("/favicon.ico", lambda: Response(status_code=204))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", desk)
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    where = tmp_path_factory.mktemp("library")
    files = {"mill.md": MILL.encode(), "long.txt": LONG.encode(), "winter.pdf": pdf(2)}
    for name, content in files.items():
        (where / name).write_bytes(content)
    folder = IndexFolder(where / "index")
    assert not add(folder, [str(where / name) for name in files], HASHING).failed
    return folder


@pytest.fixture(scope="module")
def site(folder: IndexFolder) -> Iterator[Site]:
    yield from served(open_desk(folder.path, HASHING))


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh tab; afterwards: no request left the server, and the console holds no error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield from watched(context, site)


def watched(context: BrowserContext, site: Site) -> Iterator[Page]:
    errors: list[str] = []
    asked: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    yield tab
    context.close()
    assert [e for e in errors if "status of 400" not in e] == []  # the page of a mistake
    assert asked
    assert [url for url in asked if not url.startswith(site.url + "/")] == []


def ferry(name: str = "ferry.txt", text: str = FERRY) -> dict[str, str | bytes]:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def test_a_file_is_sent_asked_about_edited_and_removed(tab: Page, site: Site):
    tab.goto(f"{site.url}/library")
    tab.get_by_text(SAID.add, exact=True).click()
    files = tab.get_by_label(SAID.add_files, exact=True)
    files.set_input_files([ferry(), ferry("broken.pdf", "%PDF-1.4")])  # type: ignore[list-item]
    expect(tab.locator(".chosen")).to_have_text(SAID.add_chosen.format(count=2, size="64 B"))
    tab.get_by_role("button", name=SAID.add_submit).click()
    expect(tab).to_have_url(f"{site.url}/library/work")
    work = tab.locator("#work")
    expect(work).to_have_attribute("data-busy", "no")
    expect(tab.locator("#work-said")).to_contain_text("Added: 1. Failed: 1.")
    expect(work.locator(".results.failed")).to_contain_text("broken.pdf")
    assert "318" in site.cited(PASSENGERS)

    work.get_by_role("link", name="ferry.txt").click()
    heading = tab.get_by_role("heading", level=1)
    expect(heading).to_have_text("ferry.txt")
    tab.get_by_role("link", name=SAID.edit).click()
    tab.get_by_label("Title").fill("The Ferry of Ostrel")
    tab.get_by_label("Published", exact=True).fill("in spring")
    tab.get_by_role("button", name=SAID.edit_save).click()
    expect(tab.get_by_label("Published", exact=True)).to_have_accessible_description(SAID.bad_date)
    expect(tab.get_by_label("Title")).to_have_value("The Ferry of Ostrel")
    tab.get_by_label("Published", exact=True).fill("2018-04")
    tab.get_by_role("button", name=SAID.edit_save).click()
    expect(tab.get_by_text(SAID.saved)).to_be_visible()
    expect(heading).to_have_text("The Ferry of Ostrel")
    expect(tab.locator(".view > .by")).to_have_text("April 2018")

    tab.get_by_role("link", name=SAID.remove).click()
    expect(tab.locator(".view")).to_contain_text("its passages (1)")
    assert "318" in site.cited(PASSENGERS)
    tab.get_by_role("button", name=SAID.remove_yes).click()
    expect(tab.get_by_text(SAID.removed)).to_be_visible()
    assert "318" not in site.cited(PASSENGERS)
    assert FERRY.encode() not in b"".join(
        path.read_bytes() for path in site.desk.folder.path.rglob("*") if path.is_file()
    )


def test_words_are_found_in_a_text_part_by_part(tab: Page, site: Site):
    tab.goto(f"{site.url}/library?words=long")
    tab.get_by_role("link", name="long.txt").click()
    tab.get_by_label(SAID.search).fill("lay on  the QUAY")
    tab.keyboard.press("Enter")
    hits = tab.locator(".hits")
    expect(hits).to_contain_text("1 of 1,500")
    expect(tab.locator("mark.current")).to_be_in_viewport()
    hits.get_by_role("link", name=SAID.previous_hit).click()  # from the first to the last
    expect(hits).to_contain_text("1,500 of 1,500")
    mark = tab.locator("mark.current")
    expect(mark).to_be_focused()
    expect(mark).to_be_in_viewport()
    expect(hits).to_be_in_viewport()
    expect(mark).to_have_attribute("id", "hit-1500")
    assert mark.text_content() == "lay on the quay"
    assert tab.locator(".read .text p").count() < 1500
    tab.get_by_role("link", name=SAID.previous_part).first.click()
    expect(tab.locator(".paging .place").first).to_have_text("Part 2 of 3")


def test_the_keyboard_is_enough_to_add_a_folder(tab: Page, site: Site, tmp_path: Path):
    (tmp_path / "ferry.txt").write_text(FERRY)
    tab.goto(f"{site.url}/library")
    summary = tab.locator(".adding > summary")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if summary.evaluate("e => e === document.activeElement"):
            break
    assert summary.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    for _ in range(3):  # the files, their button, the path
        tab.keyboard.press("Tab")
    tab.keyboard.type(str(tmp_path))
    tab.keyboard.press("Enter")
    expect(tab.locator("#work")).to_have_attribute("data-busy", "no")
    expect(tab.locator("#work")).to_contain_text("Added: 1.")
    assert "318" in site.cited(PASSENGERS)
    site.desk.latest()
    tab.goto(f"{site.url}/library?words={tmp_path.name}")
    tab.locator("a.name").click()
    tab.get_by_role("link", name=SAID.remove).press("Enter")
    tab.get_by_role("button", name=SAID.remove_yes).press("Enter")
    expect(tab.get_by_text(SAID.removed)).to_be_visible()


def test_nothing_needs_a_script(browser: Browser, site: Site):
    context = browser.new_context(java_script_enabled=False)
    for tab in watched(context, site):
        tab.goto(f"{site.url}/library")
        tab.locator(".adding > summary").click()
        tab.locator("#files").set_input_files(ferry("quay.txt"))  # type: ignore[arg-type]
        with tab.expect_navigation():
            tab.get_by_role("button", name=SAID.add_submit).click()
        again = tab.get_by_role("link", name=SAID.work_again)
        while again.count():
            with tab.expect_navigation():
                again.click()
        tab.get_by_role("link", name="quay.txt").click()
        tab.get_by_label(SAID.search).fill("passengers")
        tab.get_by_role("button", name=SAID.search_submit).click()
        expect(tab.locator("mark")).to_have_text("passengers")
        tab.get_by_role("link", name=SAID.remove).click()
        tab.get_by_role("button", name=SAID.remove_yes).click()
        expect(tab.get_by_text(SAID.removed)).to_be_visible()
    assert "318" not in site.cited(PASSENGERS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_can_be_used_by_all(browser: Browser, site: Site, scheme: str):
    ids = {card.source.rpartition("/")[2]: card.id for card in site.desk.latest().snapshot.cards}
    states = [
        "",
        "?words=nothing+has+these",
        "?since=soon&page=x",
        "/work",
        f"/{ids['long.txt']}?words=quay&hit=3",
        f"/{ids['winter.pdf']}",
        f"/{ids['mill.md']}/edit",
        f"/{ids['mill.md']}/remove",
        "/0000000000000000",
    ]
    for width in (1280, 360):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        tab = context.new_page()
        for state in states:
            tab.goto(f"{site.url}/library{state}")
            for folded in tab.locator("main details > summary").all():
                folded.click()
            found = Axe().run(tab)
            assert found.violations_count == 0, f"{state}: {found.generate_report()}"
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, state
        tab.evaluate("html => { document.querySelector('main').innerHTML = html }", additions())
        assert Axe().run(tab).violations_count == 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def additions() -> str:
    """The page of additions with one in each state."""
    names = ("uploads/a-long-name-of-a-file-that-somebody-sent.txt",) * 5
    results = (Result("failed", names[0], notes=("damaged; get it anew",)),)
    running = Told(2, names, "running", 1, 2, 3.0, 4.0, names[0], {"failed": 1}, results)
    ended = (Told(1, names, "stopped"), Told(0, names, "failed", error="locked by another"))
    shown = [Told(3, names, "waiting"), running, *ended]
    return page(shown, "Too many", True, speech_in("en", LibraryStrings))


def test_an_empty_library_and_one_that_may_only_be_read(
    browser: Browser, site: Site, tmp_path: Path
):
    empty = Desk(lambda: open_desk(tmp_path / "none").latest(), IndexFolder(tmp_path / "none"))
    for desk, told in ((empty, SAID.empty_changes), (replace(site.desk, changes=False), "mill")):
        for served_site in served(desk):
            tab = browser.new_page()
            tab.goto(f"{served_site.url}/library")
            expect(tab.locator("main")).to_contain_text(told)
            assert tab.locator("form.upload").count() == (1 if desk is empty else 0)
            assert Axe().run(tab).violations_count == 0
            tab.close()


def test_what_is_open_and_focused_stays_while_an_addition_goes_on(tab: Page, site: Site):
    tab.goto(f"{site.url}/library")
    lines = "".join(f"Ship {n} of Varn carried {n + 700} crates.\n\n" for n in range(60_000))
    tab.get_by_text(SAID.add, exact=True).click()
    files = tab.get_by_label(SAID.add_files, exact=True)
    files.set_input_files(ferry("ships.txt", lines))  # type: ignore[arg-type]
    tab.get_by_role("button", name=SAID.add_submit).click()
    running = tab.locator(".addition.running")
    expect(running.locator("progress[value]")).to_be_visible()
    stop = running.get_by_role("button", name=SAID.work_stop)
    stop.focus()
    expect(tab.get_by_role("link", name=SAID.work_again)).to_have_count(0)
    tab.evaluate("addEventListener('focusin', () => { window.moved = true })")
    for _ in range(2):
        with tab.expect_response("**/library/work"):
            pass
    expect(stop).to_be_focused()
    assert not tab.evaluate("window.moved"), "the button is read out anew at each look"
    stop.click()
    expect(tab.locator("#work")).to_have_attribute("data-busy", "no")
    expect(tab.locator(".addition").first).to_contain_text(SAID.work_stopped)
    expect(tab.locator("#work-said")).to_contain_text(dict(SAID.states)["stopped"])
    assert "crates" not in site.cited("How many crates did ship 7 of Varn carry?")
