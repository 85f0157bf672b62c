"""What all pages have in common: head, masthead, the way from one to the other, and the language.

The page where one asks is Gradio's and takes `navigation` and `head` from here; the others are
plain HTML, made whole by `respond`. `desk.js` shows these within the first page, so that the
conversation there goes on; without it they are pages of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

from index.errors import OnRecordError
from ui.desk import Desk
from ui.languages_app import front
from ui.strings import Strings
from ui.words import LANGUAGES, chosen, direction, words

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "onrecord-language"
"""Holds the language that a reader chose on the page, and nothing else."""

STYLES = ("desk.css", "library.css", "checked.css")
SCRIPTS = ("desk.js", "library.js")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    # With no-referrer a browser sends `Origin: null` with a form, which the guard refuses.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}
"""Of the views beside Gradio's page, stricter than what that one needs (`ui.guard`)."""

_CURRENT = ' aria-current="true"'
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class ShellStrings:
    """The words that stand on every page; `ui/words/<language>/shell.toml` holds them."""

    FILE: ClassVar = "shell"

    name: str
    promise: str
    skip: str
    views: tuple[tuple[str, str], ...]
    views_label: str
    language: str
    log_out: str
    failed: str


def language_of(request: Request) -> str:
    """That which the reader chose (`?lang=`, remembered by a cookie), else that of the browser."""
    named = request.query_params.get("lang", "")
    held = request.cookies.get(COOKIE, "")
    return chosen(request.headers.get("accept-language", ""), named if named in LANGUAGES else held)


def navigation(language: str, view: str, log_out: bool = False, here: str = "") -> str:
    """The links to the views ("ask", "library", "checked"), the languages, and the way out.

    `here` is the path of a page inside a view.
    """
    strings = words(ShellStrings, language)
    # Gradio's page is made before anybody asks for it: its links say in which language it is.
    query = f"?{urlencode({'lang': language})}" if view == "ask" else ""
    links = "".join(
        f'<a href="{path(name)}{query if name != view else ""}" data-view="{name}"'
        f"{_CURRENT if name == view else ''}>{label}</a>"
        for name, label in strings.views
    )
    own = escape(here) or path(view)
    languages = "".join(
        f'<a href="{own}?{urlencode({"lang": code})}" lang="{code}" dir="{direction(code)}"'
        f"{_CURRENT if code == language else ''}>{label}</a>"
        for code, label in LANGUAGES.items()
    )
    out = f'<a href="/logout">{strings.log_out}</a>' if log_out else ""
    return (
        f'<nav class="views" aria-label="{strings.views_label}">{links}</nav>'
        f'<nav class="languages" aria-label="{strings.language}">{languages}{out}</nav>'
    )


def path(view: str) -> str:
    """Where a view stands on the server; the first finds the reader's language itself."""
    return "/" if view == "ask" else f"/{view}"


def head(language: str) -> str:
    """What each page loads, from this server and nowhere else."""
    strings = words(ShellStrings, language)
    said = (
        f'data-name="{strings.name}" data-failed="{strings.failed}" data-front="{front(language)}" '
        f'data-lang="{language}"'
    )
    sheets = "".join(f'<link rel="stylesheet" href="/desk/{name}">' for name in STYLES)
    scripts = "".join(f'<script defer src="/desk/{name}" {said}></script>' for name in SCRIPTS)
    return sheets + scripts


def respond(request: Request, view: str, title: str, main: str, status: int = 200) -> Response:
    """A whole page. `main` is HTML and starts with an `h1`; `title` is text."""
    from starlette.responses import HTMLResponse

    language = language_of(request)
    strings = words(ShellStrings, language)
    log_out = bool(getattr(request.app.state, "log_out", False))
    here = request.url.path if request.method == "GET" else ""
    page = (
        f'<!doctype html><html lang="{language}" dir="{direction(language)}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {strings.name}</title>{head(language)}</head>"
        f'<body class="desk"><a class="skip" href="#view">{strings.skip}</a>'
        f'<header class="masthead"><p class="brand"><a href="/">{strings.name}</a></p>'
        f"{navigation(language, view, log_out, here)}</header>"
        f'<main id="view" class="view" data-view="{view}" tabindex="-1">{main}</main></body></html>'
    )
    answer = HTMLResponse(page, status, HEADERS)
    remember(request, answer)
    return answer


def remember(request: Request, answer: Response) -> None:
    """Sets the cookie for a language that was just chosen."""
    named = request.query_params.get("lang", "")
    if named in LANGUAGES:
        answer.set_cookie(COOKIE, named, max_age=365 * 86400, httponly=True, samesite="strict")


def declared(language: str) -> str:
    """Tells the browser the language of Gradio's page, whose own head says English."""
    return (
        f'<script>document.documentElement.lang = "{language}"; '
        f'document.documentElement.dir = "{direction(language)}"</script>'
    )


def router(desk: Desk) -> APIRouter:
    """Style sheets and scripts."""
    from fastapi import APIRouter
    from fastapi.responses import PlainTextResponse, Response

    served = APIRouter()

    @served.get("/desk/holdings")
    def holdings(lang: str = "") -> Response:
        """How much there is to ask, as it is now: Gradio's page says how much there was."""
        try:
            manifest = desk.latest().snapshot.manifest
        except OnRecordError:  # nothing is to be said of it; the page says what is wrong
            return PlainTextResponse("", 503)
        form = words(Strings, chosen("", lang)).holdings
        return PlainTextResponse(
            form.format(documents=f"{manifest.documents:,}", passages=f"{manifest.passages:,}")
        )

    @served.get("/desk/{name}")
    def asset_of(name: str) -> Response:
        found = asset(name)
        if not found:
            return PlainTextResponse("Not found", 404)
        return Response(found[0], media_type=found[1], headers={"Cache-Control": "no-cache"})

    return served


def asset(name: str) -> tuple[bytes, str] | None:
    """A style sheet or script of ours with its media type; None for anything else."""
    if name not in (*STYLES, *SCRIPTS):
        return None
    suffix = name[name.rindex(".") :]
    return files("ui").joinpath(name).read_bytes(), MEDIA_TYPES[suffix]
