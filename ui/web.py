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
from ui import render
from ui.strings import ENGLISH, Strings

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    # Gradio writes its settings into inline scripts and makes functions of the templates of gr.HTML
    # ('unsafe-eval'), so script-src cannot be stricter. What counts is here all the same: no inline
    # handler runs, nothing is fetched from or sent to another host, and nobody frames the page.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_SERVED = re.compile(
    r"/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?"
    r"|/(assets|static|svelte)/.*"
    r"|/gradio_api/(info|startup-events|cancel|reset|queue/.*|run/.*|call/.*|heartbeat/.*|mcp(/.*)?)"
)
"""Paths the page and the API need. Gradio offers more, uploads and a proxy among them: refused."""

Latest = Callable[[], Assistant]
"""Gives the assistant of the index as it is now; `rag.assistant.LiveAssistant` does."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PLACE = re.compile(r"([0-9a-f]{16}):(\d{1,12})-(\d{1,12})")


def build_page(
    latest: Latest, examples: Sequence[str] = (), strings: Strings = ENGLISH
) -> "gr.Blocks":
    """The page: a question, its answer, and the source beside it; `ask` and `search` as API."""
    _silence_gradio()
    import gradio as gr

    script = files("ui").joinpath("page.js").read_text(encoding="utf-8")

    def pane(value: str) -> Any:
        return gr.HTML(value, js_on_load=script, apply_default_css=False)

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
        suggestions = _suggestions(gr, examples, strings)
        with gr.Row(elem_id="panes"):
            with gr.Column(elem_id="answer-column"):
                answer = pane(render.no_answer_yet(strings))
            with gr.Column(elem_id="source-column"):
                source = pane(render.no_source_yet(strings))

        # The header comes with each answer, so its numbers are those of the index asked. Not by a
        # load event: one that ends just when a question is put closes the stream of its answer.
        panes = [answer, source, head]

        def reply(asked: str) -> Iterator[tuple[str, str, Any]]:
            empty = render.no_source_yet(strings)
            yield render.searching(strings), empty, gr.skip()
            yield answer_html(latest, asked, strings), empty, header_html(latest, strings)

        def show(event: gr.EventData) -> str:
            return source_html(latest, event._data, strings)

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        gr.on([button.click, question.submit], reply, question, panes, **quiet)
        for suggestion in suggestions:
            chosen = suggestion.click(lambda text: text, suggestion, question, **quiet)
            chosen.then(reply, question, panes, **quiet)
        answer.click(show, None, source, queue=False, **quiet)
        _add_api(gr, latest)
    return page


def header_html(latest: Latest, strings: Strings = ENGLISH) -> str:
    """The page's title, and how much there is to ask."""
    try:
        manifest = latest().snapshot.manifest
    except OnRecordError:  # the answer beside it says what is wrong
        return render.header(0, 0, strings)
    return render.header(manifest.documents, manifest.passages, strings)


def answer_html(latest: Latest, question: str, strings: Strings = ENGLISH) -> str:
    """The answer, or what is wrong with the question or the index."""
    try:
        return render.answer(latest().ask(question), strings)
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


class Guard:
    """ASGI middleware: security headers on every response, and no path that nobody needs."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        from starlette.datastructures import MutableHeaders
        from starlette.responses import PlainTextResponse

        async def send_guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        if scope["type"] == "lifespan":
            await self._app(scope, receive, send_guarded)
        elif not _same_origin(scope):
            # Another page in the same browser, even one on this machine, must not ask in our name.
            refusal = PlainTextResponse("Requests from other pages are refused", status_code=403)
            await refusal(scope, receive, send_guarded)
        elif _SERVED.fullmatch(scope["path"]) and ".." not in scope["path"]:
            await self._app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse("Not found", status_code=404)
            await refusal(scope, receive, send_guarded)


def _same_origin(scope: "Scope") -> bool:
    """True for a request that names no origin (a program, a navigation) or this very server's."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    return origin is None or origin == scope["scheme"].encode() + b"://" + headers.get(b"host", b"")


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


def _add_api(gr: Any, latest: Latest) -> None:
    """The two public calls, with the JSON of the command line: `ask` and `search`."""

    def ask(question: str) -> dict[str, Any]:
        """Answers a question with cited sentences, or abstains: an Answer object, schema 1."""
        return _told(gr, lambda: latest().ask(question).to_json())

    def search(question: str, k: int = 8) -> dict[str, Any]:
        """The k best passages for a question, without an answer."""
        if not 1 <= k <= 1000:
            raise gr.Error("k must be between 1 and 1000", print_exception=False)
        return _told(gr, lambda: {"hits": [hit_json(h) for h in latest().search(question, k)]})

    gr.api(ask, api_name="ask")
    gr.api(search, api_name="search")


def _told(gr: Any, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except OnRecordError as error:
        raise gr.Error(str(error), print_exception=False) from error
