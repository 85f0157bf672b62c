"""The page in a real browser, against a real server: ask, read, check, and nothing leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from browsing import CHROMIUM, FLAGS, chromium, watched  # noqa: F401 - for test_desk_languages
from playwright.sync_api import Browser, Page, expect
from serving import started

from index.errors import IndexDamaged, InputError
from index.store import IndexFolder
from rag.assistant import Assistant, LiveAssistant, open_assistant
from ui.desk import Desk, open_desk
from ui.guard import SECURITY_HEADERS
from ui.page import conditions_html, header_html, source_html
from ui.strings import ENGLISH
from ui.talk import replies
from ui.web import serve

QUESTION = "How thick was the ice on the second morning?"
QUOTE = "The ice was 41 centimetres thick on\nthe second morning."
FOREIGN = "Which quantum chromodynamics lattice converges?"

SLOW = "Slowly, please: how thick was the ice on the second morning of the winter?"

SERVER = """
import sys, time
from rag.composers import COMPOSERS
from rag.extractive import ExtractiveComposer
from ui.desk import open_desk
from ui.web import serve

class Unhurried(ExtractiveComposer):  # takes its time after each sentence when asked to
    def compose(self, found):
        for draft in super().compose(found):
            yield draft
            time.sleep(120 if found.text.startswith("Slowly") else 0)

COMPOSERS["extractive"] = lambda late, config: Unhurried(late)
serve(open_desk(sys.argv[1]), port=0, examples=[sys.argv[2]],
      announce=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="module")
def url(library: IndexFolder) -> Iterator[str]:
    """The address of a server in a process of its own, on a free port of the loopback."""
    with started(SERVER, str(library.path), QUESTION) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A fresh page; afterwards: no request left the loopback, and the console holds no error."""
    with watched(browser, url) as tab:
        yield tab


def ask(page: Page, question: str) -> None:
    page.get_by_label(ENGLISH.question).fill(question)
    page.get_by_role("button", name=ENGLISH.ask, exact=True).click()


def test_a_reader_asks_and_checks_the_answer(page: Page):
    ask(page, QUESTION)
    answer = page.get_by_role("region", name=ENGLISH.answer)
    expect(answer.locator(".said").first).to_have_text(" ".join(QUOTE.split()))
    expect(answer.locator(".as-of")).to_contain_text("March 2021")
    citation = answer.get_by_role("button").first
    expect(citation).to_have_text(
        "1 Port Chronicle, The Winter of the Harbour, Quayside Press, March 2021, para. 2"
    )
    citation.click()
    mark = page.locator(".source mark")
    expect(mark).to_be_in_viewport()
    assert mark.text_content() == QUOTE
    expect(mark).to_be_focused()
    kept = page.evaluate("[Object.values(localStorage), Object.values(sessionStorage)].join()")
    assert QUESTION not in kept, "the browser keeps the question"
    assert page.evaluate("indexedDB.databases()") == []
    link = page.get_by_role("link", name="https://quayside.example/winter")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_the_keyboard_is_enough(page: Page):
    page.get_by_label(ENGLISH.question).fill(QUESTION)
    page.keyboard.press("Enter")
    citation = page.locator(".claim button").first
    for key in ("Enter", "Space"):
        citation.focus()
        page.keyboard.press(key)
        expect(page.locator(".source mark")).to_be_focused()


def test_the_keyboard_narrows_the_search_to_a_document(page: Page):
    page.get_by_label(ENGLISH.question).focus()
    summary = page.locator(".filters > summary")
    for _ in range(3):
        page.keyboard.press("Tab")
        if summary.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    box = page.get_by_label("orchard.txt")
    page.keyboard.press("Tab")
    while not box.evaluate("e => e === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(summary).to_contain_text(ENGLISH.filters_set.format(count=1))
    ask(page, "How many trees did the keeper count?")
    pane = page.get_by_role("region", name=ENGLISH.answer)
    expect(pane.locator(".narrowed")).to_contain_text("orchard.txt")
    pane.locator(".searched > summary").press("Enter")
    openers = pane.locator(".searched .opener")
    expect(openers.first).to_be_visible()
    assert {text.split(",")[0] for text in openers.all_text_contents()} == {"orchard.txt"}
    expect(pane.locator("mark.word", has_text="keeper").first).to_be_visible()
    openers.first.press("Enter")
    expect(page.locator(".source mark")).to_contain_text("218 trees")
    page.get_by_role("button", name=ENGLISH.clear).click()
    expect(box).not_to_be_checked()
    ask(page, QUESTION)
    expect(pane.locator(".said").first).to_have_text(" ".join(QUOTE.split()))


def test_words_that_nothing_has_are_no_answer(page: Page):
    page.locator(".filters > summary").click()
    page.get_by_label(ENGLISH.question).fill(QUESTION)
    page.get_by_label(ENGLISH.phrases).fill("thick the ice")
    page.get_by_label(ENGLISH.phrases).press("Enter")
    pane = page.get_by_role("region", name=ENGLISH.no_answer)
    expect(pane).to_contain_text(ENGLISH.nothing_meets)
    expect(pane.locator(".narrowed")).to_contain_text("“thick the ice”")


def test_the_conditions_fit_a_phone(page: Page):
    page.set_viewport_size({"width": 360, "height": 780})
    page.locator(".filters > summary").click()
    expect(page.get_by_label(ENGLISH.without)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_way_back_leads_to_the_citation_on_a_phone(page: Page):
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_role("button", name=QUESTION).click()
    citation = page.locator(".claim button").first
    citation.click()
    expect(page.locator(".source mark")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name=ENGLISH.back).click()
    expect(citation).to_be_focused()


def test_a_foreign_question_is_not_answered(page: Page):
    ask(page, FOREIGN)
    abstention = page.get_by_role("region", name=ENGLISH.no_answer)
    expect(abstention.locator(".reason")).to_contain_text("The documents do not say")
    expect(abstention.get_by_text(ENGLISH.closest)).to_be_visible()
    expect(abstention.locator(".as-of")).to_be_visible()
    expect(page.locator(".sentence")).to_have_count(0)


def test_a_slow_answer_grows_and_stops_when_told(page: Page):
    ask(page, SLOW)
    pane = page.locator(".pane.working")
    expect(pane.locator(".said")).to_have_count(1)
    expect(pane.get_by_role("status")).to_have_text(ENGLISH.reading_on)
    stop = page.get_by_role("button", name=ENGLISH.stop)
    expect(stop).to_be_focused()  # it took the place of the button that was pressed
    page.locator(".claim button").click()
    expect(page.locator(".source mark")).to_be_focused()
    stop.click()
    stopped = page.locator(".pane.stopped")
    expect(stopped.get_by_role("status")).to_have_text(ENGLISH.stopped)
    expect(stopped.locator(".said")).to_have_count(1)
    expect(stop).to_be_hidden()
    ask(page, QUESTION)  # nobody waits for what was stopped
    expect(page.locator(".pane.answer .said").first).to_be_visible()


def test_a_conversation_goes_on_until_a_new_one_is_begun(page: Page):
    ask(page, QUESTION)
    answer = page.locator(".pane.answer")
    expect(answer.locator(".said").first).to_be_visible()
    ask(page, "And on the third morning?")
    expect(page.locator(".pane:not(.working) > .asked .understood")).to_be_visible()
    earlier = page.locator(".turn")
    expect(earlier.locator("summary")).to_have_text([QUESTION])
    earlier.locator("summary").click()
    earlier.get_by_role("button").first.click()
    expect(page.locator(".source mark")).to_be_focused()
    page.get_by_role("button", name=ENGLISH.new_talk).click()
    expect(page.get_by_text(ENGLISH.answer_hint)).to_be_visible()
    expect(page.get_by_label(ENGLISH.question)).to_be_focused()
    expect(page.locator(".talk")).to_have_count(0)


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=document.title='broken'> ice",
        "${document.title='broken'} {{this}} @children `ice`",
        "&lt;b&gt; \\u0041 </div></section><script>document.title='broken'</script>",
    ],
    ids=["markup", "template", "entities"],
)
def test_what_is_asked_is_shown_and_never_run(page: Page, hostile: str):
    ask(page, hostile)
    asked = page.locator(".question")
    expect(asked).to_be_visible()
    assert asked.text_content() == hostile
    assert page.title() == ENGLISH.name


def test_a_question_that_is_none_is_explained(page: Page):
    ask(page, "   ")
    problem = page.get_by_role("region", name=ENGLISH.problem)
    expect(problem).to_contain_text("the question is empty")


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def call(client: httpx.Client, name: str, data: list[object]) -> str:
    """What a call of the HTTP API ends with: an event's name and its data."""
    event = client.post(f"/gradio_api/call/{name}", json={"data": data}).json()["event_id"]
    return client.get(f"/gradio_api/call/{name}/{event}").text.strip()


def test_the_api_offers_ask_and_search_and_nothing_else(client: httpx.Client):
    assert list(client.get("/gradio_api/info").json()["named_endpoints"]) == ["/ask", "/search"]


def test_the_api_answers_with_the_json_of_the_command_line(
    client: httpx.Client, library: IndexFolder
):
    [told] = json.loads(call(client, "ask", [QUESTION]).partition("data: ")[2])
    expected = open_assistant(library.path).ask(QUESTION).to_json()
    assert told | {"seconds": None} == expected | {"seconds": None}
    [found] = json.loads(call(client, "search", [QUESTION, 2]).partition("data: ")[2])
    assert [hit["rank"] for hit in found["hits"]] == [1, 2]


def test_the_api_takes_conditions(client: httpx.Client):
    for name, data in (("ask", ["trees"]), ("search", ["trees", 8])):
        narrowed = [*data, {"documents": ["orchard.txt"], "phrases": ["218 trees"]}]
        [told] = json.loads(call(client, name, narrowed).partition("data: ")[2])
        assert [hit["source"].rsplit("/", 1)[-1] for hit in told["hits"]] == ["orchard.txt"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ask", [" "]),
        ("search", [QUESTION, 0]),
        ("ask", [QUESTION, {"document": []}]),
        ("search", [QUESTION, 8, {"since": "soon"}]),
    ],
)
def test_the_api_says_what_is_wrong(client: httpx.Client, name: str, data: list[object]):
    told = call(client, name, data)
    assert told.startswith("event: error")
    assert "Traceback" not in told


def test_every_response_carries_the_security_headers(client: httpx.Client):
    for path in ("/", "/theme.css", "/gradio_api/info", "/nowhere"):
        headers = client.get(path).headers
        assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/gradio_api/openapi.json",
        "/monitoring",
        "/gradio_api/upload",
        "/gradio_api/proxy=x",
    ],
)
def test_what_nobody_needs_is_not_served(client: httpx.Client, path: str):
    assert client.get(path).status_code == client.post(path).status_code == 404


def test_another_name_for_this_machine_is_refused(client: httpx.Client):
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"Host": "rebound.example"}).status_code == 400


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://evil.example", "null"])
def test_another_page_cannot_ask_in_the_readers_name(client: httpx.Client, origin: str):
    answer = client.post(
        "/gradio_api/call/ask", json={"data": [QUESTION]}, headers={"Origin": origin}
    )
    assert answer.status_code == 403
    own = str(client.base_url).rstrip("/")
    assert client.get("/gradio_api/info", headers={"Origin": own}).status_code == 200


def test_a_lost_index_is_said_in_a_sentence(library: IndexFolder):
    def lost() -> Assistant:
        raise IndexDamaged("the index is gone", "build it again")

    desk = Desk(lost, library)
    assert "the index is gone" in [shown.answer for shown in replies(desk, QUESTION)][-1]
    assert "the index is gone" in source_html(lost, {"place": "x"})
    assert conditions_html(lost) == ""
    assert "OnRecord" in header_html(desk)


def test_the_lists_are_sent_anew_only_when_the_index_has_changed(library: IndexFolder):
    latest = LiveAssistant(library.path)
    own = latest().snapshot.manifest.fingerprint
    assert conditions_html(latest, instead_of=own) == ""
    assert "orchard.txt" in conditions_html(latest, instead_of="another")
    assert " open>" in conditions_html(latest, instead_of="another")


def test_an_address_in_use_is_an_error_with_a_next_step(url: str, library: IndexFolder):
    port = httpx.URL(url).port
    with pytest.raises(InputError, match=f"127.0.0.1:{port}: cannot serve there .*; choose"):
        serve(open_desk(library.path), port=port)


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {},
        {"place": 7},
        {"place": "<script>"},
        {"place": "0" * 16 + ":0-1"},
        {"place": "{id}:5-5"},
        {"place": "{id}:9-5"},
        {"place": "{id}:0-999999999"},
        {"place": "{id}:-1-5"},
    ],
)
def test_a_place_that_is_not_in_the_index_shows_no_source(library: IndexFolder, asked: object):
    assistant = open_assistant(library.path)
    if isinstance(asked, dict) and isinstance(asked.get("place"), str):
        asked = {"place": asked["place"].replace("{id}", next(iter(assistant.snapshot.documents)))}
    html = source_html(lambda: assistant, asked)
    assert ENGLISH.no_such_place in html
    assert "<mark" not in html
