"""Who may come in: ASGI middleware between the guard and the page, its API and MCP.

Browsers log in on a page and then carry a cookie; programs send a password (HTTP Basic, RFC 7617)
or a token (RFC 6750) with each call. Or a proxy before the server has done that and names the user.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

from index.errors import OnRecordError
from ui import login
from ui.auth import Accounts, Sessions, Throttle
from ui.limits import Rates
from ui.proxies import PEER_KEY, Proxies, peer, values
from ui.queueing import FairQueue
from ui.shell import language_of
from ui.visitors import SCOPE_KEY, Entrance, Visitor, network
from ui.words import words

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

MOST_CHECKS_WAITING = 20
"""Passwords that wait to be checked, one after the other: some 4 s. Others are told to wait."""

ASKS = re.compile(
    r"(/\w\w)?/gradio_api/(queue/join|call/|run/)|/(api|pictures)/|/mcp|/(library|checked)/"
)
"""Paths whose calls are counted against a client's rate: those that make work."""

_READS = ("/api/", "/pictures/")
"""Where reading makes work as well."""


class Refused(Exception):
    """Not let in; `seconds` is how long to wait before another attempt."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__("not let in")
        self.seconds = seconds


class Door(Protocol):
    """Tells who is coming. Raises `Refused`; None: a user need not be named here."""

    async def user(self, scope: Scope) -> str | None: ...


class OpenDoor:
    """For a server that only this machine can reach."""

    async def user(self, scope: Scope) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class HeaderDoor:
    """A trusted proxy names the user in a header; nobody else is let in."""

    header: str
    proxies: Proxies

    async def user(self, scope: Scope) -> str | None:
        named = values(scope, self.header.lower().encode("latin-1"))
        # Twice the header: one may be the client's own, which the proxy did not take away.
        trusted = self.proxies.trusts(scope.get(PEER_KEY, peer(scope)))
        if not trusted or len(named) != 1 or not named[0].strip():
            raise Refused
        return named[0].strip()[:256]


@dataclass(slots=True)
class PasswordDoor:
    """Users with passwords and tokens, `ui.auth`.

    Attempts are limited three ways: for a name from an address, for an address, and for a name from
    wherever. The last delay is short, so that nobody can lock a user out from outside.
    """

    accounts: Accounts
    sessions: Sessions = field(init=False)
    pairs: Throttle = field(default_factory=lambda: Throttle(3, 900))
    addresses: Throttle = field(default_factory=lambda: Throttle(10, 900))
    names: Throttle = field(default_factory=lambda: Throttle(20, 30))
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: int = 0

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.accounts)

    async def user(self, scope: Scope) -> str | None:
        address = network(peer(scope))
        if token := cookie(scope):
            user = self.sessions.user(token)
            if user:
                return user
        for given in values(scope, b"authorization"):
            scheme, _, value = given.partition(" ")
            if scheme.lower() == "basic":
                name, password = _basic(value)
                return await self.enter(name, password, address)
            if scheme.lower() == "bearer":
                return self._bearer(value.strip(), address)
        raise Refused

    async def enter(self, name: str, password: str, address: str) -> str:
        """The user, when the password is right. Raises `Refused`."""
        limits = (
            (self.pairs, f"{address} {name}"),
            (self.addresses, address),
            (self.names, name),
        )
        wait = max(throttle.wait(key) for throttle, key in limits)
        if wait or self._waiting >= MOST_CHECKS_WAITING:
            raise Refused(wait or 5)
        self._waiting += 1
        try:
            async with self._checking:  # one at a time: each takes 32 MiB, and none may slip by
                if wait := max(throttle.wait(key) for throttle, key in limits):
                    raise Refused(wait)
                right = await asyncio.to_thread(self.accounts.check_again, name, password)
                for throttle, key in limits:
                    if not right:
                        throttle.failed(key)
                    elif throttle is not self.addresses:  # its own account must not clear others
                        throttle.succeeded(key)
        finally:
            self._waiting -= 1
        if not right:
            raise Refused
        return name

    def _bearer(self, token: str, address: str) -> str:
        if wait := self.addresses.wait(address):
            raise Refused(wait)
        user = self.accounts.holder(token)
        if user is None:
            self.addresses.failed(address)
            raise Refused
        return user


class Gate:
    """Lets in whom the door knows, and leaves an `Entrance` with each request."""

    def __init__(self, app: ASGIApp, queue: FairQueue, door: Door, rates: Rates) -> None:
        self._app, self._queue, self._door, self._rates = app, queue, door, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        """What is said at the gate; None for those who go through."""
        path = scope["path"]
        try:
            if path in ("/login", "/logout"):
                return await self._desk(scope, receive)
            user = await self._door.user(scope)
        except Refused as refused:
            return _refusal(scope, refused, isinstance(self._door, PasswordDoor))
        except OnRecordError as error:  # the file of users is gone, or broken: nobody comes in
            return _fault(503, error.what, error.next_step)
        visitor = Visitor(user, peer(scope))
        works = ASKS.match(path) and (scope["method"] == "POST" or path.startswith(_READS))
        if works and (wait := self._rates.wait(visitor.client)):
            return too_many("too many calls", wait)
        scope[SCOPE_KEY] = Entrance(visitor, self._queue)
        return None

    async def _desk(self, scope: Scope, receive: Receive) -> Response:
        """Logging in and out."""
        from starlette.requests import Request
        from starlette.responses import HTMLResponse, PlainTextResponse

        door = self._door
        if not isinstance(door, PasswordDoor):
            return PlainTextResponse("Not found", status_code=404)
        request = Request(scope, receive)
        language = language_of(request)
        posted = request.method == "POST"
        if scope["path"] == "/login":
            if posted:
                return await _log_in(door, request, language)
            return HTMLResponse(login.login_page(language), headers=login.HEADERS)
        user = await door.user(scope)
        if not posted:
            return HTMLResponse(login.logout_page(language, user or ""), headers=login.HEADERS)
        door.sessions.close(cookie(scope))
        return _to("/login", scope, "")


async def _log_in(door: PasswordDoor, request: Any, language: str) -> Response:
    from starlette.responses import HTMLResponse

    # The guard has read the body and knows that it is small. Not by `Request.form`: two fields in
    # a URL's form need no parser of uploads.
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    name, password = fields.get("user", [""])[-1].strip(), fields.get("password", [""])[-1]
    try:
        user = await door.enter(name, password, network(peer(request.scope)))
    except Refused as refused:
        seconds = math.ceil(refused.seconds)
        strings = words(login.LoginStrings, language)
        told = strings.later.format(seconds=seconds) if seconds else strings.wrong
        page = login.login_page(language, name, told)
        headers = login.HEADERS | ({"Retry-After": str(seconds)} if seconds else {})
        return HTMLResponse(page, 429 if seconds else 401, headers)
    door.sessions.close(cookie(request.scope))  # no session is carried over a login
    return _to("/", request.scope, door.sessions.open(user))


def _to(path: str, scope: Scope, token: str) -> Response:
    """Sends the browser on, with the cookie of its session; without one, an empty token."""
    from starlette.responses import RedirectResponse

    answer = RedirectResponse(path, 303)
    answer.set_cookie(
        _cookie_name(scope),
        token,
        max_age=None if token else 0,  # until the browser is closed
        secure=scope["scheme"] == "https",
        httponly=True,
        samesite="strict",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refusal(scope: Scope, refused: Refused, by_password: bool) -> Response:
    from starlette.responses import RedirectResponse

    if refused.seconds:
        return too_many("too many failed attempts", refused.seconds)
    browser = bool(values(scope, b"sec-fetch-mode"))
    wants_page = "text/html" in ",".join(values(scope, b"accept"))
    if by_password and wants_page and scope["method"] == "GET":
        return RedirectResponse("/login", 303, {"Cache-Control": "no-store"})
    step = "log in at /login, or send a password or a token" if by_password else "use the proxy"
    # A browser would answer the challenge with a dialogue of its own, over the page.
    challenge = {} if browser or not by_password else {"WWW-Authenticate": CHALLENGE}
    return _fault(401, "not logged in", step, challenge)


def _fault(status: int, what: str, step: str, headers: dict[str, str] | None = None) -> Response:
    """As the HTTP API tells of errors."""
    from starlette.responses import JSONResponse

    return JSONResponse({"error": {"what": what, "next": step}}, status, headers)


CHALLENGE = 'Basic realm="OnRecord", charset="UTF-8", Bearer realm="OnRecord"'


def too_many(what: str, seconds: float) -> Response:
    """429 (RFC 6585), with the time to wait."""
    whole = max(1, math.ceil(seconds))
    return _fault(429, what, f"try again in {whole} s", {"Retry-After": str(whole)})


def cookie(scope: Scope) -> str:
    """The token of the session's cookie; empty when there is none."""
    from starlette.requests import cookie_parser

    found = ""
    for header in values(scope, b"cookie"):
        found = cookie_parser(header).get(_cookie_name(scope), found)
    return found


def _cookie_name(scope: Scope) -> str:
    """`__Host-`: the browser takes it only from this very host, over https (RFC 6265bis)."""
    return "__Host-onrecord" if scope["scheme"] == "https" else "onrecord"


def _basic(value: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refused from error
    if not colon:
        raise Refused
    return name, password
