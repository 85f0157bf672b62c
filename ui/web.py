"""The browser page and its HTTP API: wiring of Gradio to the assistant, and what guards it.

What the page says is in `ui.strings`, what it shows comes from `ui.render`. Gradio takes seconds to
import and reads its settings from the environment then, so it is imported inside the functions.
No `from __future__ import annotations` here: Gradio reads the annotations of the functions it gets.
"""

import contextlib
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from index.documents import Span
from index.errors import InputError, OnRecordError
from rag.answer import hit_json
from rag.assistant import Assistant
from ui import page_filters, render, render_parts
from ui.filter_options import read_filters
from ui.guard import Guard
from ui.strings import ENGLISH, Strings

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

Latest = Callable[[], Assistant]
"""Gives the assistant of the index as it is now; `rag.assistant.LiveAssistant` does."""

GATHER = "(question) => [question, window.onrecordConditions?.() ?? '']"
"""Runs in the browser before a question is sent: adds what the fold-out of conditions holds."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PLACE = re.compile(r"([0-9a-f]{16}):(\d{1,12})-(\d{1,12})")


def build_page(
    latest: Latest, examples: Sequence[str] = (), strings: Strings = ENGLISH
) -> "gr.Blocks":
    """The page: a question, its answer, and the source beside it; `ask` and `search` as API."""
    _silence_gradio()
    import gradio as gr

    def pane(value: str, script: str = "page.js") -> Any:
        code = files("ui").joinpath(script).read_text(encoding="utf-8")
        return gr.HTML(value, js_on_load=code, apply_default_css=False)

    page = gr.Blocks(title=strings.name, analytics_enabled=False)
    with page:
        head = gr.HTML(header_html(latest, strings), apply_default_css=False, js_on_load=None)
        with gr.Row(elem_id="asking"):
            question = gr.Textbox(
                label=strings.question,
                placeholder=strings.question_hint,
                lines=1,
                max_lines=6,
                autofocus=True,
                scale=5,
            )
            button = gr.Button(strings.ask, variant="primary", scale=0, elem_id="ask")
        conditions = pane(conditions_html(latest, strings), "filters.js")
        chosen = gr.Textbox(visible=False)  # holds nothing: `GATHER` fills it for each question
        suggestions = _suggestions(gr, examples, strings)
        with gr.Row(elem_id="panes"):
            with gr.Column(elem_id="answer-column"):
                answer = pane(render.no_answer_yet(strings))
            with gr.Column(elem_id="source-column"):
                source = pane(render.no_source_yet(strings))

        # The header comes with each answer, so its numbers are those of the index asked. Not by a
        # load event: one that ends just when a question is put closes the stream of its answer.
        panes = [answer, source, head]

        def reply(asked: str, narrowing: str) -> Iterator[tuple[str, str, Any]]:
            empty = render.no_source_yet(strings)
            yield render.searching(strings), empty, gr.skip()
            told = answer_html(latest, asked, strings, narrowing)
            yield told, empty, header_html(latest, strings)

        def show(event: gr.EventData) -> str:
            return source_html(latest, event._data, strings)

        def refresh(event: gr.EventData) -> Any:
            told = event._data
            shown = told.get("of") if isinstance(told, dict) else None
            return conditions_html(latest, strings, instead_of=shown) or gr.skip()

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asking: dict[str, Any] = {"inputs": [question, chosen], "outputs": panes, "js": GATHER}
        gr.on([button.click, question.submit], reply, **asking, **quiet)
        for suggestion in suggestions:
            taken = suggestion.click(lambda text: text, suggestion, question, **quiet)
            taken.then(reply, **asking, **quiet)
        answer.click(show, None, source, queue=False, **quiet)
        conditions.click(refresh, None, conditions, queue=False, **quiet)
        _add_api(gr, page, latest)
    return page


def header_html(latest: Latest, strings: Strings = ENGLISH) -> str:
    """The page's title, and how much there is to ask."""
    try:
        manifest = latest().snapshot.manifest
    except OnRecordError:  # the answer beside it says what is wrong
        return render.header(0, 0, strings)
    return render.header(manifest.documents, manifest.passages, strings)


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
        return page_filters.fold_out(
            assistant.snapshot.cards,
            assistant.config.language,
            own,
            strings,
            opened=instead_of is not None,
        )
    except OnRecordError:  # the next answer says what is wrong
        return ""


def answer_html(
    latest: Latest, question: str, strings: Strings = ENGLISH, narrowing: object = None
) -> str:
    """The answer, or what is wrong with the question, its conditions or the index.

    `narrowing` is what `page_filters.chosen` reads; it comes from a browser.
    """
    try:
        assistant, filters = latest(), page_filters.chosen(narrowing)
        names = {
            id_: render_parts.title(card)
            for id_ in filters.documents
            if (card := assistant.snapshot.documents.get(id_))
        }
        narrowed = page_filters.narrowed(filters, names, strings)
        return render.answer(assistant.ask(question, filters=filters), strings, narrowed)
    except OnRecordError as error:
        return render.problem(str(error), strings)


def source_html(latest: Latest, asked: object, strings: Strings = ENGLISH) -> str:
    """The source at the place a click asked for. `asked` comes from a browser: it is checked."""
    try:
        documents = latest().snapshot.documents
    except OnRecordError as error:
        return render.problem(str(error), strings)
    place = asked.get("place") if isinstance(asked, dict) else None
    match = _PLACE.fullmatch(place) if isinstance(place, str) else None
    document = documents.get(match[1]) if match else None
    if not match or not document or not int(match[2]) < int(match[3]) <= len(document.text):
        return render.lost_source(strings)
    return render.source(document, Span(document.id, int(match[2]), int(match[3])), strings)


def build_app(
    latest: Latest,
    *,
    examples: Sequence[str] = (),
    hosts: Sequence[str] = _LOOPBACK,
    mcp: bool = False,
    strings: Strings = ENGLISH,
) -> "FastAPI":
    """The page as an ASGI application that answers to these host names only ('*': to any)."""
    _silence_gradio()
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    app = FastAPI(openapi_url=None)
    app.add_middleware(Guard)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    gr.mount_gradio_app(
        app,
        build_page(latest, examples, strings),
        path="",
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        css=files("ui").joinpath("page.css").read_text(encoding="utf-8"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=mcp,
    )
    return app


def serve(
    latest: Latest,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    examples: Sequence[str] = (),
    mcp: bool = False,
    announce: Callable[[str], None] = lambda url: None,
) -> None:
    """Serves the page until it is interrupted; `announce` gets its address once it can be opened.

    Port 0 takes any free one. `InputError` when the address cannot be had.
    """
    import uvicorn

    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot serve there ({error.strerror})", "choose another port or host"
        ) from error
    with listener:
        # A page in another tab must not reach this one under a name of its own (DNS rebinding).
        hosts = _LOOPBACK if host in _LOOPBACK else ("*",)
        app = build_app(latest, examples=examples, hosts=hosts, mcp=mcp)
        config = uvicorn.Config(
            app, log_level="warning", ws="none", timeout_graceful_shutdown=1, server_header=False
        )
        name = f"[{host}]" if ":" in host else host
        announce(f"http://{name}:{listener.getsockname()[1]}")
        with contextlib.suppress(KeyboardInterrupt):  # the usual way to end it
            uvicorn.Server(config).run(sockets=[listener])


def _silence_gradio() -> None:
    """Gradio reads these when it is imported: it then sends nothing anywhere."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _suggestions(gr: Any, examples: Sequence[str], strings: Strings) -> list[Any]:
    """A button for each example question; none, no row."""
    if not examples:
        return []
    with gr.Row(elem_id="examples"):
        gr.HTML(strings.examples, apply_default_css=False, js_on_load=None)
        return [gr.Button(example, size="sm", variant="secondary") for example in examples]


def _add_api(gr: Any, page: Any, latest: Latest) -> None:
    """The two public calls, with the JSON of the command line: `ask` and `search`."""

    def ask(question: str, filters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Answers a question with cited sentences, or abstains: an Answer object, schema 1."""
        return _told(gr, lambda: latest().ask(question, filters=read_filters(filters)).to_json())

    def search(question: str, k: int = 8, filters: dict[str, Any] | None = None) -> dict[str, Any]:
        """The k best passages for a question, without an answer."""
        if not 1 <= k <= 1000:
            raise gr.Error("k must be between 1 and 1000", print_exception=False)

        def found() -> dict[str, Any]:
            hits = latest().search(question, k, read_filters(filters))
            return {"hits": [hit_json(hit) for hit in hits]}

        return _told(gr, found)

    gr.api(ask, api_name="ask")
    gr.api(search, api_name="search")
    _allow_leaving_out(page, {"ask": (None,), "search": (8, None)})


def _allow_leaving_out(page: Any, defaults: dict[str, tuple[Any, ...]]) -> None:
    """Gradio's own clients send a value for every argument; over HTTP the last may be left out."""
    validate = page.validate_inputs

    def fill_and_validate(function: Any, inputs: list[Any]) -> None:
        missing, own = len(function.inputs) - len(inputs), defaults.get(function.api_name, ())
        if 0 < missing <= len(own):
            inputs.extend(own[-missing:])  # the list that Gradio goes on to read
        validate(function, inputs)

    page.validate_inputs = fill_and_validate


def _told(gr: Any, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except OnRecordError as error:
        raise gr.Error(str(error), print_exception=False) from error
