"""The server of the browser page and its HTTP API: Gradio, the assistant, and what guards them.

The page itself is in `ui.page`. Gradio takes seconds to import and reads its settings from the
environment then, so it is imported inside the functions.
No `from __future__ import annotations` here: Gradio reads the annotations of the functions it gets.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from index.errors import InputError, OnRecordError
from rag.answer import hit_json
from ui import page
from ui.filter_options import read_filters
from ui.guard import Guard
from ui.history import after, read_history
from ui.strings import ENGLISH, Strings
from ui.talk import Latest

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def build_page(
    latest: Latest, examples: Sequence[str] = (), strings: Strings = ENGLISH
) -> "gr.Blocks":
    """The page: a question, its answer, and the source beside it; `ask` and `search` as API."""
    _silence_gradio()
    import gradio as gr

    blocks = gr.Blocks(title=strings.name, analytics_enabled=False)
    with blocks:
        page.connect(gr, page.lay_out(gr, latest, examples, strings), latest, strings)
        _add_api(gr, blocks, latest)
    return blocks


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


def _add_api(gr: Any, blocks: Any, latest: Latest) -> None:
    """The two public calls, with the JSON of the command line: `ask` and `search`."""

    def ask(
        question: str, filters: dict[str, Any] | None = None, history: list[str] | None = None
    ) -> dict[str, Any]:
        """Answers a question with cited sentences, or abstains: an Answer object, schema 1.

        `history` are the questions of the conversation before it, oldest first.
        """

        def answered() -> dict[str, Any]:
            before = read_history(history)
            return after(latest(), question, read_filters(filters), before).to_json()

        return _told(gr, answered)

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
    _allow_leaving_out(blocks, {"ask": (None, None), "search": (8, None)})


def _allow_leaving_out(blocks: Any, defaults: dict[str, tuple[Any, ...]]) -> None:
    """Gradio's own clients send a value for every argument; over HTTP the last may be left out."""
    validate = blocks.validate_inputs

    def fill_and_validate(function: Any, inputs: list[Any]) -> None:
        missing, own = len(function.inputs) - len(inputs), defaults.get(function.api_name, ())
        if 0 < missing <= len(own):
            inputs.extend(own[-missing:])  # the list that Gradio goes on to read
        validate(function, inputs)

    blocks.validate_inputs = fill_and_validate


def _told(gr: Any, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except OnRecordError as error:
        raise gr.Error(str(error), print_exception=False) from error
