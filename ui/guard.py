"""What stands before the page's server: which requests it hears, and the headers of its answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


class Guard:
    """ASGI middleware: security headers on every response, and no path that nobody needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.datastructures import MutableHeaders
        from starlette.responses import PlainTextResponse

        async def send_guarded(message: Message) -> None:
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


def _same_origin(scope: Scope) -> bool:
    """True for a request that names no origin (a program, a navigation) or this very server's."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    return origin is None or origin == scope["scheme"].encode() + b"://" + headers.get(b"host", b"")
