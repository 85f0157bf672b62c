"""Which page a reader gets: ASGI middleware that sends browsers to the one in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.words import LANGUAGES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

FIRST, *_others = LANGUAGES
OTHERS = tuple(_others)
"""Languages whose page stands under a path of its own; that of the first is at the root."""


def front(language: str) -> str:
    """The path of the page where one asks."""
    return f"/{language}/" if language in OTHERS else "/"


class Languages:
    """Answers a request for the first page, in whatever language, with the way to another one when
    the reader has chosen that (a link with `?lang=`, later a cookie) or the browser names it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in _FRONTS or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        from starlette.requests import Request
        from starlette.responses import RedirectResponse

        from ui.shell import language_of, remember

        request = Request(scope)
        inside = scope["path"].strip("/")
        named = request.query_params.get("lang", "")
        wanted = named if named in LANGUAGES else inside or language_of(request)
        # A path with a language in it says which; only the root leaves that open.
        if named in LANGUAGES or scope["path"] != front(wanted):
            answer = RedirectResponse(front(wanted), 303, {"Vary": "Accept-Language, Cookie"})
            remember(request, answer)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


_FRONTS = frozenset(map(front, LANGUAGES)) | {f"/{language}" for language in OTHERS}
