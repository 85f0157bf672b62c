"""How much one client may send, and how often it may call."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

MOST_BODY = 2**20
"""Bytes of a request. A page's question comes with its conditions and is far below; a page of
20 turns sends nothing of them, they stand on the server."""

BODY_SECONDS = 30.0
"""Time for a body to arrive. One that trickles holds a connection and nothing else."""

CALLS_PER_MINUTE = 600
"""Calls of one client. Two cores answer about as many questions (docs/SERVING.md)."""

MOST_CLIENTS = 10_000
"""Clients that are remembered: some 200 bytes each. The one heard of longest ago is forgotten."""


class TooLarge(Exception):
    """More bytes than a request may have."""


class TooSlow(Exception):
    """The body did not arrive in time."""


class Rates:
    """A token bucket for each client: `burst` calls at once, then `per_minute` evenly."""

    def __init__(
        self,
        per_minute: float = CALLS_PER_MINUTE,
        burst: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = burst or max(1, round(per_minute / 4))
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def wait(self, client: str) -> float:
        """Takes a call into account: 0 when it may go on, else the seconds until one may."""
        now = self._clock()
        tokens, then = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._per_second


async def discard(receive: Receive, most: int = 2 * MOST_BODY, seconds: float = 2.0) -> None:
    """Reads on a little after a refusal: a client that is still sending when the connection is
    closed sees it broken and not why (RFC 9112, 9.6)."""
    with suppress(TooLarge, TimeoutError):
        async with asyncio.timeout(seconds):
            await _messages(receive, most)


async def read_body(
    scope: Scope, receive: Receive, most: int, seconds: float = BODY_SECONDS
) -> Receive:
    """Reads a request's body and gives a `receive` that hands it on.

    Raises `TooLarge` as soon as it is known to be, before more is read, and `TooSlow`.
    """
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > most:
        raise TooLarge
    try:
        async with asyncio.timeout(seconds):
            messages = await _messages(receive, most)
    except TimeoutError as error:
        raise TooSlow from error

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay


async def _messages(receive: Receive, most: int) -> list[Message]:
    body, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return [message]
        size += len(message.get("body", b""))
        if size > most:
            raise TooLarge
        body.append(message.get("body", b""))
        if not message.get("more_body"):
            return [{"type": "http.request", "body": b"".join(body), "more_body": False}]


def counted(receive: Receive, most: int) -> Receive:
    """A `receive` for an upload, which is not held in memory; raises `TooLarge` on the way."""
    size = 0

    async def receive_counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise TooLarge
        return message

    return receive_counted
