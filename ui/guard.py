"""What stands before the page's server: which requests it hears, and the headers of its answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ui.languages_app import OTHERS
from ui.limits import MOST_BODY, TooLarge, TooSlow, counted, discard, read_body
from ui.proxies import Proxies

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Refusal = tuple[int, str]
"""An HTTP status and a sentence."""

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
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_PAGE = (  # Gradio's, once for each language
    rf"(/({'|'.join(OTHERS)}))?(/?|/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)"
    r"|/(assets|static|svelte)/.*"
    r"|/gradio_api/(info|app_id|startup-events|cancel|reset|queue/.*|run/.*|call/.*|heartbeat/.*))"
)
_SERVED = re.compile(
    rf"{_PAGE}|/(login|logout|openapi\.json|mcp)"
    r"|/(library|checked)(/.*)?|/(pictures|desk)/.*"
    r"|/api/(ask|search|show|documents)"
)
"""Paths the pages and the API need. Gradio offers more, uploads and a proxy among them: refused."""

UPLOAD = "/library/add"
"""Where the library takes files."""

_KEPT = re.compile(r"(/\w\w)?/(assets|static|svelte)/.*")
"""Files that are the same for everybody and may stay in a browser's cache."""


class Guard:
    """ASGI middleware, the outermost: security headers on every response, limits on every request,
    and no path that nobody needs.

    `uploads` is the most bytes of one upload; with 0 it is a request like others.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies | None = None, uploads: int = 0) -> None:
        self._app, self._proxies, self._uploads = app, proxies or Proxies(), uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.datastructures import MutableHeaders

        if scope["type"] != "http":  # a lifespan: no WebSocket is spoken (`ui.web`)
            await self._app(scope, receive, send)
            return
        scope, started = self._proxies.seen(scope), False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if not _KEPT.fullmatch(scope["path"]):  # nobody else's browser, and no proxy
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal: Refusal | None = None
        try:
            refusal = self._refusal(scope)
            if refusal:  # what is not read would make the system reset the connection instead
                await discard(receive)
            else:
                receive = await self._limited(scope, receive)
                await self._app(scope, receive, send_guarded)
        except TooLarge:
            refusal = 413, "The request is too large"
            await discard(receive)
        except TooSlow:
            refusal = 408, "The request did not arrive in time"
        if refusal and not started:
            await _say(refusal, scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Refusal | None:
        path = scope["path"]
        if not _same_origin(scope):
            # Another page in the same browser, even one on this machine, must not ask in our name.
            return 403, "Requests from other pages are refused"
        served = _SERVED.fullmatch(path) and ".." not in path
        return None if served else (404, "Not found")

    async def _limited(self, scope: Scope, receive: Receive) -> Receive:
        if self._uploads and scope["path"] == UPLOAD:
            return counted(receive, self._uploads)
        if scope["method"] in ("GET", "HEAD"):
            return receive
        return await read_body(scope, receive, MOST_BODY)


async def _say(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    from starlette.responses import PlainTextResponse

    status, text = refusal
    await PlainTextResponse(text, status, {"Connection": "close"})(scope, receive, send)


def _same_origin(scope: Scope) -> bool:
    """True for a request that names no origin (a program, a navigation) or this very server's."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    return origin is None or origin == scope["scheme"].encode() + b"://" + headers.get(b"host", b"")
