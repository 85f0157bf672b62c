"""Pages of the originals as pictures, with the words of a place marked.

The files are hostile: each page is drawn by a process of its own with limits of time and memory
(`ui.pictures_worker`), two at a time. Pictures that were drawn are remembered for as long as the
index is as it was, so that none of a removed document is shown.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from os import environ
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from index.documents import Document
from index.errors import IndexStateError, InputError, OnRecordError
from index.layout import Box, boxes
from index.sandbox_process import ENVIRONMENT
from ui.desk import Desk
from ui.pictures_worker import COMMAND, REFUSED

if TYPE_CHECKING:
    from fastapi import APIRouter

    from index.snapshot import Snapshot

WIDTH = 1400
"""Pixels of a picture: two for each of a pane of 700."""

SECONDS = 20.0
"""For one page; a page of text takes 0.3 on an idle machine."""

MEGABYTES = 1_024
"""Memory for one page, as for reading a file (`index.sandbox`)."""

LARGEST = 64 * 2**20
"""Bytes of a picture. One of text takes 0.2 MB, a scan in colour some 5."""

REMEMBERED = 64 * 2**20
"""Bytes of all pictures that are remembered."""

DRAWN_AT_A_TIME = 2

_PLACE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_NUMBER = re.compile(r"[0-9]{1,6}")
_PNG = b"\x89PNG\r\n\x1a\n"


def pages(
    document: Document, start: int, end: int, snapshot: Snapshot | None = None
) -> tuple[int, ...]:
    """Numbers of the pages in the file, from 0, on which the words of a place stand; empty when no
    picture can be had: the format has no pages or, as far as `snapshot` is given, its original was
    not kept."""
    if snapshot and not _is_kept(document, snapshot):
        return ()
    return tuple(sorted({box.page for box in boxes(document.layout, start, end)}))


def _is_kept(document: Document, snapshot: Snapshot) -> bool:
    return document.id in snapshot.documents and snapshot.intake_of(document).kept


def router(desk: Desk) -> APIRouter:
    """`GET /pictures/DOCUMENT_ID/PAGE_INDEX?at=START-END`: a page of the kept original as a PNG,
    with the words of the place marked if one is named; 404 with a sentence when there is none."""
    from fastapi import APIRouter
    from starlette.concurrency import run_in_threadpool

    api, pictures = APIRouter(include_in_schema=False), Pictures(desk)
    # Who waits for a picture must hold no thread that others need.
    free = asyncio.Semaphore(DRAWN_AT_A_TIME)

    @api.get("/pictures/{document}/{page}")
    async def picture(document: str, page: str, at: str = "") -> Response:
        try:
            wanted = await run_in_threadpool(pictures.wanted, document, page, at)
            if (drawn := pictures.remembered(wanted)) is None:
                async with free:
                    drawn = await run_in_threadpool(pictures.drawn, wanted)
        except OnRecordError as error:
            status = 503 if isinstance(error, IndexStateError) else 404
            return PlainTextResponse(str(error), status)
        return Response(drawn, media_type="image/png")

    return api


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a file of an index with this fingerprint, and what is to be marked on it."""

    index: str
    sha256: str
    page: int
    marks: tuple[Box, ...]


class Pictures:
    """Pictures of pages, drawn when they are first asked for. For any number of threads."""

    def __init__(self, desk: Desk, most: int = REMEMBERED) -> None:
        self._desk, self._most = desk, most
        self._lock = threading.Lock()
        self._drawn: OrderedDict[Wanted, bytes] = OrderedDict()
        self._bytes = 0
        self._index = ""

    def wanted(self, document: str, page: str, at: str = "") -> Wanted:
        """The page that an address names. Raises `InputError` when it cannot be had."""
        snapshot = self._desk.latest().snapshot
        self._keep_to(snapshot.manifest.fingerprint)
        found = snapshot.documents.get(document)
        if found is None:
            raise InputError("that document is not in the index", "ask again")
        if not found.layout or not _is_kept(found, snapshot):
            raise InputError("there is no picture of that document", "read its text")
        place = _PLACE.fullmatch(at)
        if not _NUMBER.fullmatch(page) or (at and not place):
            raise InputError("that is no place of a document", "open it from an answer")
        marks = boxes(found.layout, int(place[1]), int(place[2])) if place else ()
        here = tuple(box for box in marks if box.page == int(page))
        return Wanted(snapshot.manifest.fingerprint, found.sha256, int(page), here)

    def remembered(self, wanted: Wanted) -> bytes | None:
        """A picture that was drawn before."""
        with self._lock:
            if wanted in self._drawn:
                self._drawn.move_to_end(wanted)
            return self._drawn.get(wanted)

    def drawn(self, wanted: Wanted) -> bytes:
        """A picture, drawn if it must be. Raises `InputError` for what cannot be drawn within the
        limits, `IndexDamaged` for an original that is not as it was."""
        if known := self.remembered(wanted):  # somebody else was quicker
            return known
        picture = draw(self._desk.folder.original_of(wanted.sha256), wanted.page, wanted.marks)
        with self._lock:
            current = wanted.index == self._index  # it may have changed meanwhile
            if current and wanted not in self._drawn and len(picture) <= self._most:
                self._drawn[wanted] = picture
                self._bytes += len(picture)
            while self._bytes > self._most:
                self._bytes -= len(self._drawn.popitem(last=False)[1])
        return picture

    def _keep_to(self, index: str) -> None:
        """Forgets all pictures when the index has changed: of what was removed, nothing stays."""
        with self._lock:
            if self._index != index:
                self._drawn.clear()
                self._bytes, self._index = 0, index


def draw(
    data: bytes,
    page: int,
    marks: Sequence[Box] = (),
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
) -> bytes:
    """The picture of a page, drawn by a process of its own. Raises `InputError` when it cannot be
    drawn, or not within the limits."""
    asked = {"page": page, "width": WIDTH, "boxes": [asdict(mark) for mark in marks]}
    with subprocess.Popen(  # noqa: S603 - our own module
        (*COMMAND, str(seconds), str(megabytes)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ | ENVIRONMENT,
        start_new_session=True,  # Ctrl-C is for the parent
    ) as process:
        guard = threading.Timer(seconds, process.kill)
        guard.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a process without the pipes asked for")
            with suppress(BrokenPipeError), process.stdin as pipe:  # ended: why is asked below
                pipe.write(json.dumps(asked).encode() + b"\n")
                pipe.write(data)
            said = process.stdout.read(LARGEST + 1)
            if len(said) > LARGEST:
                process.kill()
            process.wait()
        finally:
            guard.cancel()
            process.kill()
    return _picture(said, page, process.returncode)


def _picture(said: bytes, page: int, code: int) -> bytes:
    """What a worker said, if it is a picture."""
    if said.startswith(_PNG) and len(said) <= LARGEST:
        return said
    why = f"page {page + 1} cannot be drawn", "read its text"
    if code == REFUSED:
        with suppress(ValueError, TypeError):
            what, step = json.loads(said)
            raise InputError(str(what)[:200], str(step)[:200])
    raise InputError(*why)
