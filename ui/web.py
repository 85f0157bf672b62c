"""The server of the browser page and its HTTP API: Gradio, the assistant, and what guards them.

The page itself is in `ui.page`. Gradio takes seconds to import and reads its settings from the
environment then, so it is imported inside the functions.
No `from __future__ import annotations` here: Gradio reads the annotations of the functions it gets.
"""

import contextlib
import ctypes
import ipaddress
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import InputError, OnRecordError
from ui import page
from ui.gate import Door, Gate, OpenDoor
from ui.guard import Guard
from ui.limits import CALLS_PER_MINUTE, Rates
from ui.proxies import Proxies
from ui.queueing import MOST_WAITING, PLACES, FairQueue
from ui.service import Service
from ui.strings import ENGLISH, Strings
from ui.talk import Latest
from ui.visitors import ANYBODY, Visitor, entrance_of_page

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

LOOPBACK = ("127.0.0.1", "::1", "localhost")

MOST_CONNECTIONS = 1000
"""At one time; a page that waits for an answer holds two."""

MOST_TABS = 300
"""Tabs whose conversations are remembered; of others the one used longest ago begins anew. A turn
takes 0.2 MiB with documents of 20 passages, whose texts it holds (docs/SERVING.md)."""

ARENAS = 2
"""Regions from which glibc's malloc serves threads. With its default, eight for a core, threads
that answer one question each left 170 MiB more behind (docs/SERVING.md)."""

_M_ARENA_MAX = -8  # mallopt(3)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, from where, and how often.

    `hosts` are the names under which the server may be called besides those of the loopback;
    `uploads` is the most bytes of a file sent by the page, 0 for none.
    """

    door: Door = field(default_factory=OpenDoor)
    proxies: Proxies = field(default_factory=Proxies)
    hosts: Sequence[str] = ()
    calls_per_minute: float = CALLS_PER_MINUTE
    uploads: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM for serving over https."""

    certificate: Path
    key: Path


def build_page(
    service: Service, examples: Sequence[str] = (), strings: Strings = ENGLISH
) -> "gr.Blocks":
    """The page: a question, its answer, and the source beside it; `ask` and `search` as API."""
    _silence_gradio()
    import gradio as gr

    latest = service.latest
    blocks = gr.Blocks(title=strings.name, analytics_enabled=False)
    with blocks:
        page.connect(gr, page.lay_out(gr, latest, examples, strings), latest, strings)
        _add_api(gr, blocks, service)
    # Who is answered when is decided by our own queue, for all entrances alike; Gradio's has no
    # limit below that one's, so that each event is in it at once.
    blocks.max_threads = MOST_WAITING + PLACES
    blocks.state_session_capacity = MOST_TABS
    blocks.queue(default_concurrency_limit=None, max_size=2 * MOST_WAITING)
    return blocks


def build_app(
    latest: Latest,
    *,
    examples: Sequence[str] = (),
    access: Access | None = None,
    strings: Strings = ENGLISH,
) -> "FastAPI":
    """The page, the HTTP API and MCP as one ASGI application, behind the guard and the gate."""
    _silence_gradio()
    import gradio as gr
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from ui.api import add_mcp, new_app, router

    access = access or Access()
    service = Service(latest, FairQueue())
    app = new_app()
    app.include_router(router(service))
    add_mcp(app, service)
    # The last one added is the outermost.
    app.add_middleware(
        Gate, queue=service.queue, door=access.door, rates=Rates(access.calls_per_minute)
    )
    hosts = ["*"] if "*" in access.hosts else [*LOOPBACK, *access.hosts]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(Guard, proxies=access.proxies, uploads=access.uploads)
    gr.mount_gradio_app(
        app,
        build_page(service, examples, strings),
        path="",
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        css=files("ui").joinpath("page.css").read_text(encoding="utf-8"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        max_file_size=access.uploads or None,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )
    return app


def serve(
    latest: Latest,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    examples: Sequence[str] = (),
    access: Access | None = None,
    certificate: Certificate | None = None,
    announce: Callable[[str], None] = lambda url: None,
) -> None:
    """Serves the page until it is interrupted; `announce` gets its address once it can be opened.

    Port 0 takes any free one. `InputError` when the address cannot be had, or when others could
    reach the page there and nobody would ask who they are.
    """
    import uvicorn

    access = access or Access()
    refuse_unguarded(host, access)
    _spare_memory()
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot serve there ({error.strerror})", "choose another port or host"
        ) from error
    with listener:
        app = build_app(latest, examples=examples, access=access)
        config = uvicorn.Config(
            app,
            log_level="warning",  # no access log: it would hold addresses, and when they asked
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
            proxy_headers=False,  # `ui.proxies` reads them, and says which it believes
            limit_concurrency=MOST_CONNECTIONS,
            **_tls(certificate),
        )
        name = f"[{host}]" if ":" in host else host
        scheme = "https" if certificate else "http"
        announce(f"{scheme}://{name}:{listener.getsockname()[1]}")
        with contextlib.suppress(KeyboardInterrupt):  # the usual way to end it
            _server(config).run(sockets=[listener])


def _server(config: Any) -> Any:
    """A uvicorn server that ends quietly: the streams of pages that are open are broken off then,
    each of which it would report as a fault, with a traceback."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await super().shutdown(sockets)

    return Server(config)


def is_loopback(host: str) -> bool:
    """True for addresses that only this machine can reach."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unguarded(host: str, access: Access) -> None:
    """`InputError` for an address that others can reach, where nobody would ask who they are."""
    if not is_loopback(host) and isinstance(access.door, OpenDoor):
        raise InputError(
            f"{host} can be reached by others, who could ask and read everything",
            "say who may: --auth FILE, or --auth-header NAME with --trusted-proxy ADDRESS",
        )


def _tls(certificate: Certificate | None) -> dict[str, Any]:
    if not certificate:
        return {}
    for path in (certificate.certificate, certificate.key):
        if not path.is_file():
            raise InputError(f"{path}: no such file", "name the files in PEM")
    return {
        "ssl_certfile": str(certificate.certificate),
        "ssl_keyfile": str(certificate.key),
    }


def _spare_memory() -> None:
    """Tells malloc how many arenas to make, where it is glibc's and nobody else has."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(_M_ARENA_MAX, ARENAS)


def _silence_gradio() -> None:
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
