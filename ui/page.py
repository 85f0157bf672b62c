"""The page itself: its parts, and what happens when a reader does something, in Gradio's terms.

What the page says is in `ui.strings`, what it shows comes from `ui.render`, what it remembers is a
`ui.talk.Talk`. Gradio comes as an argument, for importing it takes seconds.
No `from __future__ import annotations` here: Gradio reads the annotations of the functions it gets.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from index.documents import Span
from index.errors import OnRecordError
from ui import (
    page_composers,
    page_errands,
    page_filters,
    pictures,
    render,
    render_pages,
    render_tools,
    shell,
)
from ui.desk import Desk
from ui.strings import ENGLISH, Strings
from ui.talk import Latest, Talk, as_they_come, replies, stopped
from ui.words import words

GATHER = "(question, _, talk) => [question, window.onrecordConditions?.() ?? '', talk]"
"""Runs in the browser before a question is sent: adds what the fold-out of conditions holds."""

IDLE_SECONDS = 3600
"""After an hour without a question a tab's conversation is forgotten."""

_PLACE = re.compile(r"([0-9a-f]{16}):(\d{1,12})-(\d{1,12})")


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of the page. `chosen` holds nothing: `GATHER` fills it for each question."""

    head: Any
    question: Any
    ask: Any
    stop: Any
    conditions: Any
    chosen: Any
    talk: Any
    suggestions: list[Any]
    answer: Any
    earlier: Any
    source: Any
    errands: Any


def lay_out(gr: Any, desk: Desk, examples: Sequence[str], language: str) -> Parts:
    """Makes the components, from top to bottom, within the `gr.Blocks` that is open."""
    strings = words(Strings, language)
    head = gr.HTML(header_html(desk, language), apply_default_css=False, js_on_load=None)
    question, ask, stop = _asking(gr, strings)
    conditions = _pane(gr, conditions_html(desk.latest, strings), "filters.js")
    chosen = gr.Textbox(visible=False)
    talk = gr.State(None, time_to_live=IDLE_SECONDS)
    suggestions = _suggestions(gr, examples, strings)
    with gr.Row(elem_id="panes"):
        with gr.Column(elem_id="answer-column"):
            answer, earlier = _pane(gr, render.no_answer_yet(strings)), _pane(gr, "")
        with gr.Column(elem_id="source-column"):
            source = _pane(gr, render.no_source_yet(strings))
    _pane(gr, render_tools.tools(strings), "keys.js")
    # What comes back of an errand is read by the script and never becomes a part of the page.
    errands = _pane(gr, "", "errands.js", html_template="")
    return Parts(
        head=head,
        question=question,
        ask=ask,
        stop=stop,
        conditions=conditions,
        chosen=chosen,
        talk=talk,
        suggestions=suggestions,
        answer=answer,
        earlier=earlier,
        source=source,
        errands=errands,
    )


def connect(gr: Any, parts: Parts, desk: Desk, language: str) -> None:
    """What happens when a reader asks, stops, opens a source, runs an errand, or begins anew."""
    latest, strings = desk.latest, words(Strings, language)
    reply = _replying(gr, desk, language)

    def halt(before: Talk | None) -> tuple[str, Talk]:
        talk = before or Talk()
        return stopped(talk, strings), Talk(talk.turns)

    def begin_anew() -> tuple[str, str, None, str]:
        return render.no_answer_yet(strings), "", None, render.no_source_yet(strings)

    def show(event: gr.EventData) -> str:
        return source_html(latest, event._data, strings)

    def errand(before: Talk | None, event: gr.EventData) -> str:
        return page_errands.run(desk, event._data, before, language)

    def refresh(event: gr.EventData) -> Any:
        told = event._data
        shown = told.get("of") if isinstance(told, dict) else None
        return conditions_html(latest, strings, instead_of=shown) or gr.skip()

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    panes = [parts.answer, parts.earlier, parts.talk, parts.source]
    asking: dict[str, Any] = quiet | {
        "inputs": [parts.question, parts.chosen, parts.talk],
        "outputs": [*panes, parts.head],
        "js": GATHER,
    }
    running = [gr.on([parts.ask.click, parts.question.submit], reply, **asking)]
    for suggestion in parts.suggestions:
        taken = suggestion.click(lambda text: text, suggestion, parts.question, **quiet)
        running.append(taken.then(reply, **asking))
    quiet["queue"] = False
    parts.stop.click(halt, parts.talk, [parts.answer, parts.talk], cancels=running, **quiet)
    parts.earlier.clear(begin_anew, None, panes, cancels=running, **quiet)
    for pane in (parts.answer, parts.earlier):
        pane.click(show, None, parts.source, **quiet)
    parts.conditions.click(refresh, None, parts.conditions, **quiet)
    done = parts.errands.click(errand, parts.talk, parts.errands, **quiet)
    done.then(lambda: "", None, parts.errands, **quiet)  # Gradio keeps each component's last value


def _replying(gr: Any, desk: Desk, language: str) -> Callable[..., AsyncIterator[tuple[Any, ...]]]:
    """What answers a question, pane by pane."""
    strings = words(Strings, language)

    async def reply(
        asked: str, narrowing: str, before: Talk | None
    ) -> AsyncIterator[tuple[Any, ...]]:
        # The header comes with each answer, so its numbers are those of the index asked. Not by a
        # load event: one that ends just when a question is put closes the stream of its answer.
        same, beside = gr.skip(), render.no_source_yet(strings)
        async for shown in as_they_come(replies(desk, asked, before, language, narrowing)):
            yield shown.answer, shown.conversation, shown.talk, beside, same
            beside = same
        yield same, same, same, same, await asyncio.to_thread(header_html, desk, language)

    return reply


def header_html(desk: Desk, language: str = "en") -> str:
    """The page's title, the ways to the other views, and how much there is to ask."""
    strings, ways = words(Strings, language), shell.navigation(language, "ask", desk.log_out)
    try:
        manifest = desk.latest().snapshot.manifest
    except OnRecordError:  # the answer beside it says what is wrong
        return render.header(0, 0, strings, ways)
    return render.header(manifest.documents, manifest.passages, strings, ways)


def conditions_html(
    latest: Latest, strings: Strings = ENGLISH, instead_of: str | None = None
) -> str:
    """The fold-out of conditions; empty when the page shows that of the index as it is now.

    `instead_of` is the fingerprint that the page's fold-out carries: it is open then.
    """
    try:
        assistant = latest()
        own = assistant.snapshot.manifest.fingerprint
        if own == instead_of:
            return ""
        menus = page_composers.chooser(assistant.config, strings) + page_filters.steps(strings)
        return menus + page_filters.fold_out(
            assistant.snapshot.cards,
            assistant.config.language,
            own,
            strings,
            opened=instead_of is not None,
        )
    except OnRecordError:  # the next answer says what is wrong
        return ""


def source_html(latest: Latest, asked: object, strings: Strings = ENGLISH) -> str:
    """The source at the place a click asked for. `asked` comes from a browser: it is checked."""
    try:
        snapshot = latest().snapshot
    except OnRecordError as error:
        return render.problem(str(error), strings)
    documents = snapshot.documents
    place = asked.get("place") if isinstance(asked, dict) else None
    match = _PLACE.fullmatch(place) if isinstance(place, str) else None
    document = documents.get(match[1]) if match else None
    if not match or not document or not int(match[2]) < int(match[3]) <= len(document.text):
        return render.lost_source(strings)
    span = Span(document.id, int(match[2]), int(match[3]))
    numbers = pictures.pages(document, span.start, span.end, snapshot)
    sheets = render_pages.sheets(document, span, numbers)
    return render.source(document, span, strings, sheets=sheets)


def _pane(gr: Any, value: str, script: str = "page.js", **rest: Any) -> Any:
    """HTML with a script of ours, which Gradio runs once it is shown."""
    code = files("ui").joinpath(script).read_text(encoding="utf-8")
    return gr.HTML(value, js_on_load=code, apply_default_css=False, **rest)


def _asking(gr: Any, strings: Strings) -> tuple[Any, Any, Any]:
    """The field for a question, and the two buttons beside it, of which one is shown."""
    with gr.Row(elem_id="asking"):
        question = gr.Textbox(
            label=strings.question,
            placeholder=strings.question_hint,
            lines=1,
            max_lines=6,
            autofocus=True,
            scale=5,
        )
        ask = gr.Button(strings.ask, variant="primary", scale=0, elem_id="ask")
        stop = gr.Button(strings.stop, variant="secondary", scale=0, elem_id="stop")
    return question, ask, stop


def _suggestions(gr: Any, examples: Sequence[str], strings: Strings) -> list[Any]:
    """A button for each example question; none, no row."""
    if not examples:
        return []
    with gr.Row(elem_id="examples"):
        gr.HTML(strings.examples, apply_default_css=False, js_on_load=None)
        return [gr.Button(example, size="sm", variant="secondary") for example in examples]
