"""A fair queue before the assistant: few answers at a time, clients in turn, the rest told so.

Answers compete for the processor, so that ten at a time are each ten times as slow and none is
finished sooner; and each holds memory. Whoever waits is therefore served in turn: one question of
each client, the oldest first, then the next of each. Someone who asks a hundred things delays
themselves and nobody else. Everything here runs in the server's event loop and needs no lock.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from index.errors import OnRecordError

Result = TypeVar("Result")

PLACES = max(2, min(4, os.cpu_count() or 2))
"""Answers that are made at a time. Measured on two cores (docs/SERVING.md): more than one a core
does not raise the throughput; the second lets a short question pass a long one."""

MOST_WAITING = 200
"""Questions that wait at most, of all clients: at ten a second (docs/SERVING.md) the last
wait for 20 seconds."""

MOST_WAITING_EACH = 8
"""Questions of one client that wait at most."""

LEFT_BEHIND = 4
"""Answers nobody waits for any more that may still be computed beside the others. A reader who
stops one is served at once; a client that asks and leaves in a loop is not."""

LOOK = 1.0
"""Seconds between two looks whether a client that waits is still there."""


class Busy(OnRecordError):
    """Too many questions wait already; this one was not taken in."""

    retry_seconds = 5


class Gone(Exception):
    """The client has left; nobody reads what would be said."""


class Ticket:
    """One question's place in the queue, until `leave`."""

    def __init__(self, queue: FairQueue, client: str) -> None:
        self._queue = queue
        self.client = client
        self.state = "waiting"
        self._call = asyncio.Event()

    async def called(self, seconds: float | None = None) -> bool:
        """Waits for the turn; False when it has not come within that time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._call.wait(), seconds)
        return self._call.is_set()

    def call(self) -> None:
        self.state = "running"
        self._call.set()

    def leave(self) -> None:
        """Gives the place to the next. May be called again."""
        self._queue.drop(self)

    def abandon(self) -> None:
        """The work goes on, though nobody waits for it: `leave` when it has ended."""
        self._queue.set_aside(self)


class FairQueue:
    """Places for some, a bounded line for others; see the head of this module."""

    def __init__(
        self,
        places: int = PLACES,
        waiting: int = MOST_WAITING,
        each: int = MOST_WAITING_EACH,
        left_behind: int = LEFT_BEHIND,
    ) -> None:
        self.places, self.most_waiting, self.each = places, waiting, each
        self.left_behind = left_behind
        self.running = self.abandoned = 0
        self._lines: OrderedDict[str, deque[Ticket]] = OrderedDict()  # who is next comes first

    @property
    def waiting(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def join(self, client: str) -> Ticket:
        """A place for one more question of a client. `Busy` when the line is full."""
        line = self._lines.get(client, ())
        if len(line) >= self.each:
            raise Busy(f"{len(line)} of your questions wait already", "wait for an answer")
        if self.waiting >= self.most_waiting:
            raise Busy(
                f"{self.waiting} questions wait to be answered", "ask again in a few seconds"
            )
        ticket = Ticket(self, client)
        self._lines.setdefault(client, deque()).append(ticket)
        self._serve()
        return ticket

    def drop(self, ticket: Ticket) -> None:
        if ticket.state == "waiting":
            line = self._lines[ticket.client]
            line.remove(ticket)
            if not line:
                del self._lines[ticket.client]
        elif ticket.state == "running":
            self.running -= 1
        elif ticket.state == "abandoned":
            self.abandoned -= 1
        ticket.state = "left"
        self._serve()

    def set_aside(self, ticket: Ticket) -> None:
        if ticket.state == "running":
            ticket.state = "abandoned"
            self.running -= 1
            self.abandoned += 1
            self._serve()
        else:
            self.drop(ticket)

    def _serve(self) -> None:
        while self._lines and self._free() > 0:
            client, line = next(iter(self._lines.items()))
            ticket = line.popleft()
            if line:
                self._lines.move_to_end(client)
            else:
                del self._lines[client]
            self.running += 1
            ticket.call()

    def _free(self) -> int:
        return self.places - self.running - max(0, self.abandoned - self.left_behind)


async def always() -> bool:
    """For clients of whom it cannot be told whether they are there."""
    return True


async def in_turn(
    queue: FairQueue,
    client: str,
    call: Callable[[], Result],
    is_there: Callable[[], Awaitable[bool]] = always,
) -> Result:
    """What `call` returns, made in a thread when it is this client's turn.

    Raises `Busy` at once when the line is full, and `Gone` when the client has left, whose place
    is then free.
    """
    ticket = queue.join(client)
    try:
        called = False
        while not called:
            called = await ticket.called(LOOK)
            if not await is_there():
                raise Gone
        return await _in_thread(ticket, call, is_there)
    finally:
        if ticket.state != "abandoned":
            ticket.leave()


async def _in_thread(
    ticket: Ticket, call: Callable[[], Result], is_there: Callable[[], Awaitable[bool]]
) -> Result:
    work = _thread(call)
    try:
        while not (await asyncio.wait({work}, timeout=LOOK))[0]:
            if not await is_there():
                raise Gone
        return work.result()
    finally:
        if not work.done():
            ticket.abandon()
            work.add_done_callback(lambda done: _ended(done, ticket))


def _thread(call: Callable[[], Result]) -> asyncio.Future[Result]:
    """A call in a thread of its own, which does not hold up the end of the program."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    future: asyncio.Future[Result] = loop.create_future()

    def work() -> None:
        try:
            result = context.run(call)
        except BaseException as error:  # raised again where it is awaited
            _tell(loop, future.set_exception, error)
        else:
            _tell(loop, future.set_result, result)

    threading.Thread(target=work, daemon=True).start()
    return future


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., None], value: object) -> None:
    with suppress(RuntimeError):  # the server has ended: nobody listens
        loop.call_soon_threadsafe(call, value)


def _ended(work: asyncio.Future[Result], ticket: Ticket) -> None:
    ticket.leave()
    work.exception()  # looked at: nobody else will, and asyncio would complain
