"""The view of what was checked: what it lists and hides, and the way of a rejected citation to a
gold question; in a real browser, with and without scripts."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lxml.html
import pytest
import uvicorn
from browsing import PHONE, chromium, violations, watched
from conftest import HASHING
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from eval.gold import GoldQuestion
from index.indexing import remove
from index.store import IndexFolder
from rag.assistant import LiveAssistant
from rag.ledger import Ledger
from rag.ledger_export import csv_table, json_lines
from rag.ledger_rows import check_of, words_of
from ui import checked, shell
from ui.checked_list import ROWS
from ui.checking import check
from ui.desk import Desk

QUESTION = "How thick was the ice, and how many trees did the keeper count?"
HOSTILE = "<script>alert(1)</script>\u202e<img src=x onerror=alert(1)> “Not this.”"
BLIGHT = "A blight took the nine."


@contextmanager
def desk_in(library: IndexFolder, path: Path) -> Iterator[Desk]:
    """The library with four checks: confirmed, rejected with hostile words, and one overruled."""
    shutil.copytree(library.path, path / "index")
    folder = IndexFolder(path / "index")
    desk = Desk(LiveAssistant(folder.path), folder, HASHING)
    answer = desk.latest().ask(QUESTION)
    check(desk, answer, 1, "confirmed", "RK", "Seen on the page.")
    check(desk, answer, 2, "confirmed", "RK")
    check(desk, answer, 2, "rejected", "Ö. B.", HOSTILE)
    yield desk


@pytest.fixture
def desk(library: IndexFolder, memory_path: Path) -> Iterator[Desk]:
    with desk_in(library, memory_path) as desk:
        yield desk


def app_of(desk: Desk) -> FastAPI:
    app = FastAPI()
    app.include_router(shell.router(desk))
    app.include_router(checked.router(desk))

    @app.get("/favicon.ico")
    def icon() -> None:
        """A browser asks for it."""

    return app


def client_of(desk: Desk) -> TestClient:
    return TestClient(app_of(desk), follow_redirects=False)


def main(client: TestClient, path: str, status: int = 200) -> lxml.html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == status
    return lxml.html.fromstring(answer.text).get_element_by_id("view")


def states(view: lxml.html.HtmlElement) -> list[str]:
    return [element.text_content() for element in view.find_class("state")]


def test_the_newest_comes_first_and_what_was_overruled_says_so(desk):
    view = main(client_of(desk), "/checked")
    assert states(view) == ["Rejected", "Confirmed", "Confirmed"]
    newest, overruled, first = view.find_class("check")
    assert "overruled" in overruled.get("class")
    assert overruled.xpath(".//*[contains(@class, 'later')]/a")[0].get("href") == "/checked#row-3"
    assert newest.get("id") == "row-3"
    for words in ("RK", "Seen on the page.", "The ice was 41 centimetres thick", QUESTION, "No. 1"):
        assert words in first.text_content()
    document = desk.latest().ask(QUESTION).citations[0]
    place = f"{document.span.start}-{document.span.end}"
    link = first.xpath(".//dd//a")[0]
    assert link.get("href") == f"/library/{document.span.document_id}?at={place}"
    assert link.text_content() == "The Winter of the Harbour"
    assert "Intact: 3 rows" in view.text_content()
    assert Ledger(desk.folder).entries()[-1].row.hash in view.text_content()


def test_words_may_be_right_for_one_question_and_not_for_another(desk):
    document = desk.folder.open().find("orchard.txt")
    start = document.text.index("Its keeper")
    answer = desk.latest().ask("How many trees did the keeper count last autumn?")
    assert answer.citations[0].span.start == start
    check(desk, answer, 1, "confirmed", "AM")
    view = main(client_of(desk), "/checked")
    assert ["overruled" in item.get("class") for item in view.find_class("check")] == [
        False, False, True, False,
    ]  # fmt: skip
    assert len(view.find_class("more")) == 1


def test_hostile_words_are_shown_and_do_nothing(desk):
    page = client_of(desk).get("/checked").text
    assert "<script>alert" not in page
    assert "<img" not in page
    note = main(client_of(desk), "/checked").find_class("remark")[0]
    assert note.text_content() == HOSTILE


@pytest.mark.parametrize(
    ("query", "rows"),
    [("verdict=rejected", [3]), ("verdict=confirmed", [2, 1]), ("who=RK", [2, 1]),
     ("verdict=rejected&who=RK", []), ("verdict=removed", []), ("verdict=%3Cb%3E", []),
     ("page=9999", [3, 2, 1]), ("page=x", [3, 2, 1])],
)  # fmt: skip
def test_conditions_narrow_the_list(desk, query, rows):
    view = main(client_of(desk), f"/checked?{query}")
    assert [item.get("id") for item in view.find_class("check")] == [f"row-{n}" for n in rows]
    if not rows:
        assert "No check meets these conditions." in view.text_content()


def test_what_is_removed_leaves_a_row_and_no_words(desk):
    document = desk.latest().ask(QUESTION).citations[1].document
    remove(desk.folder, [document.id])
    view = main(client_of(desk), "/checked")
    assert states(view) == ["Removed", "Removed", "Confirmed"]
    for words in ("218 trees", "Ö. B.", "Not this", document.id):
        assert words not in client_of(desk).get("/checked").text


def test_a_long_ledger_comes_in_pages(desk):
    document = desk.folder.open().find("orchard.txt")
    for number in range(ROWS):
        made = check_of(
            **words_of(document, number, number + 5), verdict="confirmed", initials="AM", note="",
            question="Which?", claim="", answer="0" * 16,
        )  # fmt: skip
        Ledger(desk.folder).add(made)
    client = client_of(desk)
    first, second = (main(client, path) for path in ("/checked?who=AM", "/checked?page=2"))
    assert len(first.find_class("check")) == ROWS
    assert not first.find_class("paging")
    assert [item.get("id") for item in second.find_class("check")] == ["row-3", "row-2", "row-1"]
    assert "Page 2 of 2" in second.text_content()
    (later,) = (a.get("href") for p in second.find_class("later") for a in p.iter("a"))
    assert later == "/checked?page=2#row-3"
    assert {a.get("href") for a in second.find_class("paging")[0].iter("a")} == {"/checked"}


def test_nothing_of_a_damaged_ledger_is_shown(desk):
    rows = desk.folder.path / "ledger.jsonl"
    rows.write_bytes(rows.read_bytes().replace(b'"row":2', b'"row":7'))
    client = client_of(desk)
    view = main(client, "/checked", 503)
    assert "not as it was written" in view.text_content()
    assert not view.find_class("check")
    for path in ("/checked/export?format=csv", "/checked/3"):
        assert client.get(path).status_code == 503


def test_the_whole_ledger_can_be_saved(desk):
    client, entries = client_of(desk), Ledger(desk.folder).entries()
    for form, made, name in (("csv", csv_table, "csv"), ("json", json_lines, "jsonl")):
        saved = client.get(f"/checked/export?format={form}")
        assert saved.content == made(entries)
        assert saved.headers["content-disposition"] == f'attachment; filename="checks.{name}"'
    assert client.get("/checked/export?format=gold").content == b""
    assert client.get("/checked/export?format=floppy").status_code == 404


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"who": "AM"}, "Choose one"),
        ({"who": "AM", "outcome": "both"}, "Choose one"),
        ({"who": "AM", "outcome": "words", "words": " "}, "Write the words"),
        ({"who": "AM", "outcome": "words", "words": "x" * 2001}, "Write the words"),
        ({"who": "AM", "outcome": "words", "words": "eight sheep %s <b>"}, "stand in no document"),
        ({"who": "AM", "outcome": "words", "words": "?!"}, "stand in no document"),
        ({"who": "42", "outcome": "none"}, "letters"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_beside_it(desk, sent, wrong):
    answer = client_of(desk).post("/checked/3", data=sent)
    assert answer.status_code == 400
    view = lxml.html.fromstring(answer.text).get_element_by_id("view")
    (told,) = view.find_class("wrong")
    assert wrong in told.text_content()
    assert view.xpath(f"//*[contains(@aria-describedby, '{told.get('id')}')]")
    assert next(view.iter("textarea")).text_content() == sent.get("words", "")
    assert len(Ledger(desk.folder).entries()) == 3


@pytest.mark.parametrize("row", ["1", "4", "0", "x", "99999999999"])
def test_only_what_was_rejected_can_be_put_right(desk, row):
    assert client_of(desk).get(f"/checked/{row}").status_code == 404
    sent = {"who": "AM", "outcome": "none"}
    assert client_of(desk).post(f"/checked/{row}", data=sent).status_code == 404


def test_an_index_that_is_only_read_takes_no_checks(desk):
    client = client_of(Desk(desk.latest, desk.folder, desk.config, checks=False))
    assert not main(client, "/checked").find_class("more")
    assert client.get("/checked/3").status_code == 403
    assert client.post("/checked/3", data={"who": "AM", "outcome": "none"}).status_code == 403
    assert len(Ledger(desk.folder).entries()) == 3


def test_that_the_documents_do_not_say_it_makes_a_gold_question(desk):
    client = client_of(desk)
    answer = client.post("/checked/3", data={"who": "AM", "outcome": "none"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/checked?done=kept")
    view = main(client, answer.headers["location"])
    assert "Kept in the ledger." in view.text_content()
    assert "The documents do not say it." in view.find_class("check")[0].text_content()
    assert not view.find_class("more"), "nothing is left to be said"
    (gold,) = client.get("/checked/export?format=gold").text.splitlines()
    assert GoldQuestion(**json.loads(gold)).kind == "unanswerable"


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app_of(desk), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()


def test_each_state_is_accessible_in_light_and_dark_wide_and_on_a_phone(
    browser: Browser, desk: Desk, library: IndexFolder
):
    empty = Desk(LiveAssistant(library.path), library, HASHING)
    with served(desk) as url, served(empty) as nothing:
        pages = (f"{url}/checked", f"{url}/checked/3", f"{url}/checked?who=Nobody", nothing)
        for address in (*pages[:3], f"{nothing}/checked"):
            with watched(browser, address) as page:
                if page.locator(".take-checks").count():
                    page.locator(".take-checks > summary").click()
                assert violations(page) == {}, address


def test_without_scripts_and_by_keyboard_a_rejected_citation_becomes_a_gold_question(
    browser: Browser, desk: Desk
):
    with (
        served(desk) as url,
        watched(browser, f"{url}/checked", java_script_enabled=False, viewport=PHONE) as page,
    ):
        page.get_by_label("Finding").select_option("Rejected")
        page.get_by_role("button", name="Show").press("Enter")
        expect(page.locator("li.check")).to_have_count(1)
        page.get_by_role("link", name="Say what is right").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("What is right?")
        page.get_by_label("These words answer the question").press("Space")
        page.get_by_label("Exact words").fill("A blight\ntook  the nine.")
        page.get_by_label("Your initials").fill("AM")
        page.get_by_label("Your initials").press("Enter")
        expect(page.get_by_role("status").first).to_have_text("Kept in the ledger.")
        expect(page.locator("li.check .state").first).to_have_text("Right words")
        expect(page.locator("li.check blockquote").first).to_have_text(BLIGHT)
        page.locator(".take-checks > summary").press("Enter")
        with page.expect_download() as download:
            page.get_by_role("link", name="Gold questions: 1").press("Enter")
        gold = GoldQuestion(**json.loads(Path(download.value.path()).read_text(encoding="utf-8")))
    document = desk.folder.open().find("orchard.txt")
    (quote,) = gold.quotes
    assert gold.question == QUESTION
    assert document.text[quote.start : quote.end] == BLIGHT
