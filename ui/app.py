"""The page, the views beside it, the HTTP API and MCP as one ASGI application.

The page itself is in `ui.page`. Gradio takes seconds to import and reads its settings from the
environment then, so it is imported inside the functions.
No `from __future__ import annotations` here: Gradio reads the annotations of the functions it gets.
"""

import os
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from index.errors import OnRecordError
from ui import checked, library, page, pictures, shell
from ui.desk import Desk
from ui.gate import Door, Gate, OpenDoor
from ui.guard import Guard
from ui.languages_app import FIRST, OTHERS, Languages, front
from ui.limits import CALLS_PER_MINUTE, Rates
from ui.proxies import Proxies
from ui.queueing import MOST_WAITING, PLACES, FairQueue
from ui.service import Service
from ui.shell import ShellStrings
from ui.visitors import ANYBODY, Visitor, entrance_of_page
from ui.words import LANGUAGES, words

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

LOOPBACK = ("127.0.0.1", "::1", "localhost")

MOST_TABS = 300 // len(LANGUAGES)
"""Tabs whose conversations are remembered, of the page in each language; of others the one used
longest ago begins anew. A turn takes 0.2 MiB with documents of 20 passages, whose texts it holds
(docs/SERVING.md)."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, from where, and how often.

    `hosts` are the names under which the server may be called besides those of the loopback.
    """

    door: Door = field(default_factory=OpenDoor)
    proxies: Proxies = field(default_factory=Proxies)
    hosts: Sequence[str] = ()
    calls_per_minute: float = CALLS_PER_MINUTE


def build_page(service: Service, desk: Desk, examples: Sequence[str], language: str) -> "gr.Blocks":
    """The page where one asks, in one language; in the first, `ask` and `search` as API as well."""
    silence_gradio()
    import gradio as gr

    blocks = gr.Blocks(title=words(ShellStrings, language).name, analytics_enabled=False)
    with blocks:
        page.connect(gr, page.lay_out(gr, desk, examples, language), desk, language)
        if language not in OTHERS:
            _add_api(gr, blocks, service)
    # Who is answered when is decided by our own queue, for all entrances alike; Gradio's has no
    # limit below that one's, so that each event is in it at once.
    blocks.max_threads = MOST_WAITING + PLACES
    blocks.state_session_capacity = MOST_TABS
    blocks.queue(default_concurrency_limit=None, max_size=2 * MOST_WAITING)
    return blocks


def build_app(
    desk: Desk, *, examples: Sequence[str] = (), access: Access | None = None
) -> "FastAPI":
    """All that the server offers, behind the guard and the gate."""
    silence_gradio()
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from ui.api import add_mcp, new_app, router

    access = access or Access()
    service = Service(desk.latest, FairQueue())
    app = new_app()
    app.include_router(router(service))
    for view in (library, checked, pictures, shell):
        app.include_router(view.router(desk), include_in_schema=False)
    app.state.log_out = desk.log_out
    add_mcp(app, service)
    # The last one added is the outermost.
    app.add_middleware(Languages)
    app.add_middleware(
        Gate, queue=service.queue, door=access.door, rates=Rates(access.calls_per_minute)
    )
    hosts = ["*"] if "*" in access.hosts else [*LOOPBACK, *access.hosts]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(
        Guard, proxies=access.proxies, uploads=desk.most_upload if desk.changes else 0
    )
    for language in (*OTHERS, FIRST):  # the one at the root takes whatever the others leave
        _mount(app, build_page(service, desk, examples, language), language)
    return app


def _mount(app: "FastAPI", blocks: "gr.Blocks", language: str) -> None:
    import gradio as gr

    gr.mount_gradio_app(
        app,
        blocks,
        path=front(language).rstrip("/"),
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        css=files("ui").joinpath("page.css").read_text(encoding="utf-8"),
        head=shell.head(language) + shell.declared(language),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )


def silence_gradio() -> None:
    """Gradio reads these when it is imported: it then sends nothing anywhere."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    # Its own statistics would make a table with pandas of all events after each one.
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(2**62)
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"


def _add_api(gr: Any, blocks: Any, service: Service) -> None:
    """The calls of Gradio's own clients: `ask` and `search`. Others have `ui.api`."""

    async def ask(
        question: str, filters: dict[str, Any] | None = None, history: list[str] | None = None
    ) -> dict[str, Any]:
        """Answers a question with cited sentences, or abstains: an Answer object, schema 1.

        `history` are the questions of the conversation before it, oldest first.
        """
        return await _told(gr, service.ask(_visitor(), question, filters, history))

    async def search(
        question: str, k: int = 8, filters: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The k best passages for a question, without an answer."""
        return await _told(gr, service.search(_visitor(), question, k, filters))

    gr.api(ask, api_name="ask")
    gr.api(search, api_name="search")
    _allow_leaving_out(blocks, {"ask": (None, None), "search": (8, None)})


def _visitor() -> Visitor:
    found = entrance_of_page()
    return found.visitor if found else ANYBODY


def _allow_leaving_out(blocks: Any, defaults: dict[str, tuple[Any, ...]]) -> None:
    """Gradio's own clients send a value for every argument; over HTTP the last may be left out."""
    validate = blocks.validate_inputs

    def fill_and_validate(function: Any, inputs: list[Any]) -> None:
        missing, own = len(function.inputs) - len(inputs), defaults.get(function.api_name, ())
        if 0 < missing <= len(own):
            inputs.extend(own[-missing:])  # the list that Gradio goes on to read
        validate(function, inputs)

    blocks.validate_inputs = fill_and_validate


async def _told(gr: Any, call: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await call
    except OnRecordError as error:
        raise gr.Error(str(error), print_exception=False) from error
