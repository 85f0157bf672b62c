"""The view "Library": documents listed, read, added, edited and removed. Plain HTML that works
without a script; `library.js` makes it quicker.

    GET  /library                 the list                 ui.library_list, ui.library_shelf
    GET  /library/ID              one document             ui.library_document, ui.library_text
    GET, POST /library/ID/edit    what is known of it      ui.library_changing, ui.library_forms
    GET, POST /library/ID/remove  out of the index         the same
    POST /library/add, add-folder                          ui.library_uploads, ui.library_work
    GET  /library/work            how far additions are    ui.library_progress
    POST /library/stop
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ui.library_changing import Changing
from ui.library_document import Look, page
from ui.library_list import Asked
from ui.library_relatives import relatives
from ui.library_room import Endpoint, Room, told
from ui.library_shelf import parsed
from ui.library_strings import LibrarySpeech
from ui.library_text import LONGEST, Hits, find, part_of, parts
from ui.render_parts import title
from ui.shell import respond
from ui.view_parts import number

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

    from index.documents import Document
    from ui.desk import Desk

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_PLACE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


def router(desk: Desk) -> APIRouter:
    """The routes above. Those that change something are refused where `desk.changes` is not set."""
    from fastapi import APIRouter

    api, room = APIRouter(include_in_schema=False), Room(desk)
    reading, changing, one = _Reading(room), Changing(room), "/library/{document}"
    routes: tuple[tuple[str, str, Endpoint, bool], ...] = (
        ("GET", "/library", reading.listed, False),
        ("GET", "/library/work", reading.additions, False),
        ("GET", one, reading.document, False),
        ("POST", "/library/add", changing.add, True),
        ("POST", "/library/add-folder", changing.add_folder, True),
        ("POST", "/library/stop", changing.stop, True),
        ("GET", f"{one}/edit", changing.ask_edit, True),
        ("POST", f"{one}/edit", changing.edit, True),
        ("GET", f"{one}/remove", changing.ask_remove, True),
        ("POST", f"{one}/remove", changing.remove, True),
    )
    for method, path, endpoint, changes in routes:
        api.add_route(path, told(endpoint, room, changes), methods=[method])
    return api


class _Reading:
    """The pages that change nothing."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def listed(self, request: Request) -> Response:
        strings = self._room.speech(request).own
        query, wrong = parsed(request.query_params, strings)
        removed = request.query_params.get("done") == "removed"
        asked = Asked(query, wrong, news=strings.removed if removed else "")
        return self._room.listing(request, asked, 400 if wrong else 200)

    def additions(self, request: Request) -> Response:
        return self._room.additions(request)

    def document(self, request: Request) -> Response:
        speech = self._room.speech(request)
        snapshot, document = self._room.document(request)
        look = _look(document, request.query_params, speech)
        if look is None:
            return self._room.problem(request, 400, speech.own.problem, speech.own.bad_place)
        news = {"saved": speech.own.saved, "same": speech.own.same}
        main = page(
            document,
            snapshot.intake_of(document),
            snapshot.passage_counts[document.id],
            relatives(snapshot, document),
            look,
            self._room.desk.changes,
            speech,
            news.get(request.query_params.get("done", ""), ""),
        )
        heading, status = title(document, speech.ask), 400 if look.wrong else 200
        return respond(request, "library", heading, main, status)


def _look(document: Document, values: Mapping[str, str], speech: LibrarySpeech) -> Look | None:
    """What of a document the parameters of an address ask for; None when there is no such place."""
    words = " ".join(values.get("words", "").split())
    asked = {name: values.get(name, "1") for name in ("part", "hit")}
    if not all(map(_NUMBER.fullmatch, asked.values())):
        return None
    part, hit = (int(asked[name]) - 1 for name in ("part", "hit"))
    if part >= parts(document):
        return None
    if len(words) > LONGEST:
        return Look(part, words, wrong=speech.own.too_long.format(count=number(LONGEST)))
    if "at" in values:
        place = _PLACE.fullmatch(values["at"])
        start, end = (int(place[1]), int(place[2])) if place else (0, 0)
        if not start < end <= len(document.text):
            return None
        return Look(part_of(document, start), hits=Hits(((start, end),)))
    hits = find(document.text, words, hit)
    if hits.at and "part" not in values:
        return Look(part_of(document, hits.at[0]), words, hits)
    return Look(part, words, hits)
