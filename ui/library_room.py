"""What all routes of the library share: the desk, the additions, pages for what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from index.errors import IndexLocked, IndexMissing, IndexStateError, OnRecordError
from ui.desk import Desk
from ui.library_list import Asked, Rights
from ui.library_list import page as list_page
from ui.library_progress import page as work_page
from ui.library_results import ENDED
from ui.library_shelf import Shelf
from ui.library_strings import LibrarySpeech, LibraryStrings
from ui.library_uploads import sweep
from ui.library_work import Work
from ui.render_parts import escaped
from ui.shell import language_of, respond
from ui.view_parts import link, notice, speech_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from index.documents import Document
    from index.snapshot import Snapshot

Endpoint = Callable[["Request"], Any]

_ID = re.compile(r"[0-9a-f]{16}")


class NotFound(Exception):
    """No such document."""


class Forbidden(Exception):
    """Nobody may change that from the page."""


class Room:
    """The library of one desk. For any number of threads."""

    def __init__(self, desk: Desk) -> None:
        if desk.changes:
            sweep(desk.folder.path)
        self.desk = desk
        self.work = Work(desk.folder.path, desk.config)
        self._rights = Rights(desk.changes, desk.local, desk.most_upload)
        self._shelf: tuple[Snapshot, Shelf] | None = None

    def speech(self, request: Request) -> LibrarySpeech:
        return speech_in(language_of(request), LibraryStrings)

    def problem(self, request: Request, status: int, heading: str, fault: str) -> Response:
        """A page that says what is wrong and leads back. `fault` is HTML."""
        back = link("/library", self.speech(request).own.back)
        main = f'<p class="up">{back}</p><h1>{heading}</h1>{notice("bad", fault, "alert")}'
        return respond(request, "library", heading, main, status)

    def listing(self, request: Request, asked: Asked, status: int = 200) -> Response:
        """The list of documents."""
        speech = self.speech(request)
        shelf, passages = self._cards()
        asked = replace(asked, busy=self.work.busy)
        main = list_page(shelf, passages, asked, self._rights, speech)
        return respond(request, "library", speech.own.title, main, status)

    def additions(self, request: Request, fault: str = "", status: int = 200) -> Response:
        """What is being added. `fault` is HTML."""
        speech = self.speech(request)
        self._forget_removed()
        main = work_page(self.work.told(), fault, self.desk.changes, speech)
        return respond(request, "library", speech.own.work, main, status)

    def _forget_removed(self) -> None:
        """Takes the names of documents that are gone out of what is remembered of additions."""
        try:
            snapshot = self.desk.latest().snapshot
        except OnRecordError:  # what is shown of additions names no more than before
            return
        results = [r for told in self.work.told() if told.state in ENDED for r in told.results]
        gone = {r.source for r in results if r.document and r.document not in snapshot.documents}
        if gone:
            self.work.forget(gone - {card.source for card in snapshot.cards})

    def _cards(self) -> tuple[Shelf, int]:
        """What is in the index as it is now, and its passages; an index may still have to come."""
        try:
            snapshot = self.desk.latest().snapshot
        except IndexMissing:
            return Shelf((), lambda card: ""), 0
        if self._shelf is None or self._shelf[0] is not snapshot:
            shelf = Shelf(snapshot.cards, lambda card: snapshot.intake_of(card).received)
            self._shelf = snapshot, shelf
        return self._shelf[1], len(snapshot)

    def document(self, request: Request) -> tuple[Snapshot, Document]:
        """The one that the path of a request names. Raises `NotFound`."""
        name = request.path_params["document"]
        try:
            snapshot = self.desk.latest().snapshot
        except IndexMissing as error:
            raise NotFound from error
        if not _ID.fullmatch(name) or name not in snapshot.documents:
            raise NotFound
        return snapshot, snapshot.documents[name]


def told(endpoint: Endpoint, room: Room, changes: bool) -> Endpoint:
    """The same in a thread, with errors for people as pages. What `changes` something is refused
    where nothing may be changed; those that read a form are coroutines."""
    from asyncio import iscoroutinefunction

    from anyio import to_thread

    async def answered(request: Request) -> Response:
        strings = room.speech(request).own
        try:
            if changes and not room.desk.changes:
                raise Forbidden
            if iscoroutinefunction(endpoint):
                answer: Response = await endpoint(request)
                return answer
            return await to_thread.run_sync(endpoint, request)
        except NotFound:
            return room.problem(request, 404, strings.not_found, strings.not_found_text)
        except Forbidden:
            return room.problem(request, 403, strings.forbidden, strings.forbidden_text)
        except OnRecordError as error:
            return room.problem(request, status_of(error), strings.problem, fault(error, strings))

    return answered


def fault(error: OnRecordError, strings: LibraryStrings) -> str:
    """What went wrong and the next step, as HTML."""
    if isinstance(error, IndexLocked):
        return f"{strings.locked_text} <small>{escaped(error.what)}</small>"
    if isinstance(error, IndexStateError):
        return f"{strings.damaged_text} <small>{escaped(str(error))}</small>"
    return escaped(str(error))


def status_of(error: OnRecordError) -> int:
    """The HTTP status for an error."""
    if isinstance(error, IndexLocked):
        return 409
    return 503 if isinstance(error, IndexStateError) else 400
