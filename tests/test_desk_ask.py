"""Asking, in a real browser: pages of a source, the keyboard, copies, checks, files, and axe."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PHONE, chromium, violations, watched
from conftest import build
from pdf_samples import FONT, LEDGER, MEETING, column, made
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from reportlab.pdfgen.canvas import Canvas
from serving import started

from index.config import Config
from index.page_images import MARK
from index.store import IndexFolder
from rag.evidence.verifying import verify
from rag.ledger import Ledger
from ui.strings import ENGLISH

FERRY = "When will the ferry of Varn sail again?"
SAILS = next(s for s in re.findall(r"[^.]+[.]", MEETING) if "sail again" in s).strip()
ICE = "How thick was the ice in the harbour of Ostrel?"
FOREIGN = "Which quantum chromodynamics lattice converges?"
LIGHT, TOWER = "When was the lighthouse of Selby lit?", "When was the tower of Brellin built?"

TRAP = "<img src=x onerror=document.title='broken'>"
FILES: dict[str, str | bytes] = {
    "ice-2019.md": "---\npublished: 2019\ntitle: Ice Report\n---\n\nThe ice in the harbour of "
    "Ostrel was 38 centimetres thick. The town slept.\n",
    "ice-2021.md": "---\npublished: 2021\ntitle: The Long Winter\nauthor: Port Chronicle\n---\n\n"
    "The ice in the harbour of Ostrel was 41 centimetres thick. Boats lay fast.\n",
    "selby.txt": f"The lighthouse of Selby was lit in 1888. Its wall carries the words {TRAP}.\n",
    "brellin.md": f'---\ntitle: "{TRAP}"\nauthor: "{TRAP}"\n---\n\n'
    "The tower of Brellin was built in 1702 by masons.\n",
}

SERVER = """
import sys, time
from rag.composers import COMPOSERS, Draft
from rag.extractive import ExtractiveComposer
from ui.desk import open_desk
from ui.web import serve

class Odd(ExtractiveComposer):  # takes its time, or claims what nothing bears, when asked to
    def compose(self, found):
        for draft in super().compose(found):
            yield draft
            time.sleep(120 if found.text.startswith("Slowly") else 0)
        if found.text.startswith("Wrongly"):
            yield Draft("The ferry burned in 1731.", draft.hit, draft.quote)

COMPOSERS["extractive"] = lambda late, config: Odd(late)
serve(open_desk(sys.argv[1]), port=0, examples=sys.argv[2:],
      announce=lambda url: print(url, flush=True))
"""


def report() -> bytes:
    """Two pages with a narrow column, from which the width of the page cannot be told."""

    def paint(canvas: Canvas) -> None:
        canvas.setFont(FONT, 10)
        column(canvas, [MEETING, LEDGER], 40, 540, 120)
        canvas.showPage()
        column(canvas, [LEDGER.replace("May", "June")], 40, 540, 120)

    return made(paint, title="Report of the Harbour Office", author="Harbour Office of Varn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    files = FILES | {"report.pdf": report()}
    return build(tmp_path_factory.mktemp("desk-ask"), files, Config())


@pytest.fixture(scope="module")
def url(folder: IndexFolder) -> Iterator[str]:
    with started(SERVER, str(folder.path), FERRY) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with watched(browser, url, permissions=["clipboard-read", "clipboard-write"]) as tab:
        expect(tab.locator(".pane.waiting")).to_be_visible()
        yield tab


def ask(page: Page, question: str) -> None:
    page.get_by_label(ENGLISH.question).fill(question)
    page.get_by_role("button", name=ENGLISH.ask, exact=True).click()
    expect(page.locator(".pane .question")).to_have_text(question)
    expect(page.locator(".pane.working")).to_have_count(0)


def focused(page: Page) -> str:
    """What has the focus, in words: its element, and its name or text."""
    return page.evaluate(
        """() => {
          const e = document.activeElement;
          const named = e.labels?.[0]?.innerText || e.ariaLabel || e.innerText || "";
          return `${e.tagName.toLowerCase()} ${named.trim().split(/\\s+/).join(" ")}`;
        }"""
    )


def open_picture(page: Page) -> None:
    """Asks, opens the citation in the PDF, and waits for the picture of its page."""
    ask(page, FERRY)
    page.locator(".claim .opener", has_text="Report of the Harbour Office").first.click()
    page.wait_for_function("document.querySelector('.pages img')?.naturalWidth > 0")


# The source


def test_the_picture_of_a_page_shows_the_marked_words_and_gives_way_to_the_text(page: Page):
    open_picture(page)
    picture = page.locator(".pages img")
    expect(picture).to_have_attribute("alt", ENGLISH.page_alt.format(
        page="1", title="Report of the Harbour Office", quote=SAILS))  # fmt: skip
    expect(page.locator(".pages")).to_be_focused()
    expect(page.locator(".text")).to_be_hidden()
    seen = Image.open(io.BytesIO(page.locator(".pages").screenshot())).convert("RGB")
    colours = [{seen.getpixel((x, y)) for x in range(seen.width)} for y in range(seen.height)]
    rows = [y for y, found in enumerate(colours) if MARK in found]
    assert rows, "the mark is not in view"
    assert 0.3 * seen.height < sum(rows) / len(rows) < 0.7 * seen.height
    page.get_by_role("button", name=ENGLISH.as_text, exact=True).click()
    expect(picture).to_be_hidden()
    mark = page.locator(".source mark")
    expect(mark).to_be_in_viewport()
    assert " ".join((mark.text_content() or "").split()) == SAILS
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")  # what was chosen holds for the next source as well
    expect(mark).to_be_focused()
    pressed = page.locator(".switch [aria-pressed=true]")
    expect(pressed).to_have_text(ENGLISH.as_text)


def test_a_picture_that_cannot_be_had_gives_way_to_the_text_and_says_so(page: Page):
    page.route("**/pictures/**", lambda route: route.fulfill(body="none", content_type="image/png"))
    ask(page, FERRY)
    page.locator(".claim .opener", has_text="Report of the Harbour Office").first.click()
    expect(page.get_by_text(ENGLISH.no_picture)).to_be_visible()
    expect(page.locator(".source mark")).to_be_focused()
    expect(page.locator(".pages")).to_be_hidden()


def test_buttons_lead_from_one_citation_to_the_next_and_keep_the_focus(page: Page):
    ask(page, ICE)
    openers = page.locator(".told .claims .opener")
    count = openers.count()
    assert count > 1
    openers.first.click()
    back, on = (page.get_by_role("button", name=n) for n in (ENGLISH.step_back, ENGLISH.step_on))
    expect(back).to_have_attribute("aria-disabled", "true")
    for number in range(2, count + 1):
        on.click()
        said = ENGLISH.step_of.format(number=number, count=count)
        expect(page.locator(".steps .at")).to_have_text(said)
        expect(on).to_be_focused()
    expect(on).to_have_attribute("aria-disabled", "true")
    expect(openers.last).to_have_attribute("aria-current", "true")


def test_single_keys_move_through_the_citations_until_they_are_switched_off(page: Page):
    ask(page, ICE)
    openers = page.locator(".told .claims .opener")
    page.get_by_label(ENGLISH.question).press("j")
    expect(page.get_by_label(ENGLISH.question)).to_have_value(re.compile("j"))
    openers.first.focus()
    for key, at in (("j", 0), ("n", 1), ("k", 0), ("p", 0)):
        page.keyboard.press(key)
        expect(openers.nth(at)).to_have_attribute("aria-current", "true")
        place = openers.nth(at).get_attribute("data-place")
        expect(page.locator(f".source[data-place='{place}'] mark")).to_be_focused()
    page.keyboard.press("Control+j")
    page.keyboard.press("Escape")
    expect(openers.first).to_be_focused()
    page.locator(".keys summary").click()
    page.get_by_label(ENGLISH.keys_on).uncheck()
    openers.first.focus()
    page.keyboard.press("j")
    expect(openers.first).to_be_focused()
    page.reload()
    page.locator(".keys summary").click()
    expect(page.get_by_label(ENGLISH.keys_on)).not_to_be_checked()


# What can be done with a citation


def test_a_sentence_is_copied_with_its_footnote(page: Page):
    ask(page, FERRY)
    page.get_by_role("button", name=ENGLISH.copy).first.click()
    expect(page.locator(".actions .outcome")).to_have_text(ENGLISH.copied)
    sentence, footnote = page.evaluate("navigator.clipboard.readText()").split("\n\n")
    assert sentence == f"{page.locator('.sentence').first.text_content()} [1]"
    assert "Report of the Harbour Office" in footnote
    rich = "navigator.clipboard.read().then(([i]) => i.getType('text/html')).then((b) => b.text())"
    assert "<sup>1</sup>" in page.evaluate(rich)
    expect(page.locator("#said")).to_have_text(ENGLISH.copied)


def test_where_the_clipboard_is_refused_the_words_stand_selected_in_a_field(page: Page):
    ask(page, FERRY)
    page.evaluate("void (navigator.clipboard.write = () => Promise.reject(new DOMException('no')))")
    copy = page.get_by_role("button", name=ENGLISH.copy).first
    copy.click()
    field = page.get_by_label(ENGLISH.copy_field)
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString()").startswith("Harbour Office of Varn:")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(copy).to_be_focused()


def test_citations_are_confirmed_and_rejected_and_the_verdicts_stay(
    page: Page, folder: IndexFolder
):
    ask(page, ICE)
    for number, (action, note) in enumerate(((ENGLISH.confirm, ""), (ENGLISH.reject, "<b>no</b>"))):
        row = page.locator(".told .claims .actions").nth(number)
        button = row.get_by_role("button", name=action)
        button.press("Enter")
        if not number:
            page.keyboard.type("A. B.")
        expect(page.get_by_label(ENGLISH.initials)).to_have_value("A. B.")
        page.get_by_label(ENGLISH.check_note).fill(note)
        page.get_by_role("button", name=ENGLISH.save).press("Enter")
        expect(row.locator(".verdict")).to_contain_text("by A. B.,")
        expect(button).to_be_focused()
    page.reload()
    ask(page, ICE)
    verdicts = page.locator(".told .claims .verdict")
    expect(verdicts.first).to_contain_text(ENGLISH.confirmed.partition(" ")[0])
    expect(verdicts.nth(1)).to_contain_text("<b>no</b>")
    expect(page.locator(".said").nth(1)).to_be_visible()
    kept = [entry.check for entry in Ledger(folder).entries()]
    assert [check.verdict for check in kept if check] == ["confirmed", "rejected"]


def test_a_check_that_is_refused_says_why_and_loses_nothing(page: Page):
    ask(page, FERRY)
    page.get_by_role("button", name=ENGLISH.reject).first.click()
    page.get_by_label(ENGLISH.initials).fill("12")
    page.get_by_label(ENGLISH.check_note).fill("kept")
    page.get_by_role("button", name=ENGLISH.save).click()
    expect(page.get_by_role("alert")).to_contain_text("up to 16 letters")
    expect(page.get_by_label(ENGLISH.check_note)).to_have_value("kept")
    page.get_by_role("button", name=ENGLISH.cancel).click()
    expect(page.locator(".check-form")).to_have_count(0)


def test_the_conversation_and_a_pack_are_saved(page: Page, tmp_path: Path):
    ask(page, ICE)
    ask(page, FERRY)
    page.locator(".take > summary").click()
    kinds = dict(ENGLISH.take_kinds)
    saved = {}
    for kind in ("markdown", "pack"):
        with page.expect_download() as download:
            page.get_by_role("button", name=kinds[kind], exact=True).click()
        name = download.value.suggested_filename
        download.value.save_as(tmp_path / name)
        expect(page.locator(".take .outcome")).to_have_text(ENGLISH.taken.format(name=name))
        saved[kind] = (tmp_path / name).read_bytes()
    thread = saved["markdown"].decode()
    assert thread.index(ICE.rstrip("?")) < thread.index(FERRY.rstrip("?"))
    assert verify(saved["pack"]).sound


def test_print_shows_answers_and_notes_and_no_controls(page: Page):
    ask(page, ICE)
    ask(page, FERRY)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".printed")).to_have_count(2)
    for shown in page.locator(".printed, .sentence, .pane .question, .turn .sentence").all():
        expect(shown).to_be_visible()
    for gone in ("#asking", "#source-column", ".take", ".keys", ".searched", ".actions .copy"):
        expect(page.locator(gone).first).to_be_hidden()
    earlier, last = page.locator(".talk h2"), page.locator("#answer-heading")
    assert earlier.bounding_box()["y"] < last.bounding_box()["y"]  # type: ignore[index]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator(".turn .sentence").first).to_be_hidden()


# Nothing hostile runs


def test_a_hostile_document_is_shown_and_never_run(page: Page):
    ask(page, LIGHT)
    page.locator(".told .opener").first.click()
    expect(page.locator(".source .words")).to_contain_text(TRAP)
    ask(page, TOWER)
    expect(page.locator(".lead")).to_have_text(f"{TRAP}:")
    page.locator(".told .opener").first.click()
    expect(page.locator(".source .title")).to_have_text(TRAP)
    page.get_by_role("button", name=ENGLISH.copy).first.click()
    expect(page.locator(".actions .outcome")).to_have_text(ENGLISH.copied)
    page.locator(".take > summary").click()
    with page.expect_download():
        page.get_by_role("button", name="BibTeX").click()
    assert page.title() == ENGLISH.name
    assert page.locator("img[src=x]").count() == 0


# For everyone


def test_an_answer_is_announced_once(page: Page):
    page.evaluate(
        """() => {
          window.heard = [];
          const status = document.querySelector(".pane .status");
          new MutationObserver(() => heard.push(status.textContent.trim())).observe(
            status, { childList: true, subtree: true, characterData: true });
        }"""
    )
    page.get_by_label(ENGLISH.question).fill(FERRY)
    page.keyboard.press("Enter")
    expect(page.locator(".pane.answer .sentence").first).to_be_visible()
    count = page.locator(".told .sentence").count()
    said = ENGLISH.answered_one if count == 1 else ENGLISH.answered.format(count=count)
    heard = page.evaluate("[...new Set(heard)]")
    assert [text.startswith(said) for text in heard].count(True) == 1, heard
    assert page.locator("[aria-live]:has(.sentence), [role=status]:has(.sentence)").count() == 0
    expect(page.get_by_label(ENGLISH.question)).to_be_focused()


JOURNEY = [
    ("Enter", "textarea Your question"),
    ("Tab", "button Ask"),
    ("Tab", "select How sure must an answer be?"),
    ("Tab", "summary Narrow the search"),
    ("Tab", "button 1 the office, quoted by Harbour Office of Varn"),
    ("Enter", "div Pages of the source"),
    ("Escape", "button 1 the office, quoted by Harbour Office of Varn"),
    ("Tab", "button Copy with footnote"),
    ("Tab", "button Confirm"),
    ("Enter", "input Your initials"),
    ("K", "input Your initials"),
    ("Tab", "textarea Note"),
    ("Tab", "button Save"),
    ("Enter", "button Confirm"),
    ("Tab", "button Reject"),
    ("Tab", "summary Take it away"),
    ("Enter", "summary Take it away"),
    ("Tab", "button Markdown"),
]
"""A key, and how what has the focus after it begins."""


def test_a_journey_by_keyboard_alone(page: Page):
    page.get_by_label(ENGLISH.question).focus()
    page.keyboard.type(FERRY)
    walked: list[tuple[str, str]] = []
    for key, wanted in JOURNEY:
        page.keyboard.press(key)
        if not walked:
            expect(page.locator(".pane.answer .sentence").first).to_be_visible()
        for _ in range(60):  # what comes from the server takes its time
            if focused(page).startswith(wanted):
                break
            page.wait_for_timeout(50)
        walked.append((key, focused(page)[: len(wanted)]))
        assert walked == JOURNEY[: len(walked)]


STATES = 11


def states(page: Page) -> Iterator[str]:
    """Brings the page into one state after the other."""
    yield "empty"
    page.locator(".filters > summary").click()
    yield "filters"
    page.locator(".filters > summary").click()
    ask(page, FOREIGN)
    expect(page.locator(".pane.abstention")).to_be_visible()
    yield "abstention"
    page.get_by_label(ENGLISH.question).fill("   ")
    page.get_by_role("button", name=ENGLISH.ask, exact=True).click()
    expect(page.locator(".pane.problem")).to_be_visible()
    yield "problem"
    ask(page, ICE)
    expect(page.locator(".difference")).to_be_visible()
    yield "difference"
    page.locator(".told .opener").first.click()
    expect(page.locator(".source mark")).to_be_visible()
    yield "source: text"
    ask(page, f"Wrongly: {FERRY}")
    page.locator(".withheld > summary").click()
    yield "withheld"
    open_picture(page)
    yield "source: page"
    page.locator(".take > summary").click()
    page.locator(".searched > summary").click()
    page.locator(".keys > summary").click()
    page.locator(".turn > summary").first.click()
    page.get_by_role("button", name=ENGLISH.reject).first.click()
    yield "take away, searched, keys, earlier, check"
    page.get_by_label(ENGLISH.question).fill(f"Slowly: {FERRY}")
    page.get_by_role("button", name=ENGLISH.ask, exact=True).click()
    expect(page.locator(".pane.working .sentence")).to_be_visible()
    yield "working"
    page.get_by_role("button", name=ENGLISH.stop).click()
    expect(page.locator(".pane.stopped")).to_be_visible()
    yield "stopped"


def test_axe_finds_nothing_in_any_state_light_and_dark_wide_and_on_a_phone(page: Page):
    page.emulate_media(reduced_motion="reduce")
    found = {state: violations(page) for state in states(page)}
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
    assert len(found) == STATES


def test_at_twice_the_size_and_on_a_phone_nothing_is_cut_off(page: Page):
    ask(page, ICE)
    page.locator(".told .opener").first.click()
    page.locator(".take > summary").click()
    page.get_by_role("button", name=ENGLISH.reject).first.click()
    for size in ({"width": 640, "height": 450}, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        page.locator(".step:not([aria-disabled=true])").click()
        expect(page.locator(".source .bar")).to_be_in_viewport()
        expect(page.locator(".source mark")).to_be_in_viewport()
        page.get_by_role("button", name=ENGLISH.back).click()
        expect(page.locator(".told .opener[aria-current]")).to_be_focused()
