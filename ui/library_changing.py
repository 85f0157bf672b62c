"""The routes of the library that change something: files added, documents edited and removed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from index.errors import OnRecordError
from index.indexing import edit, remove
from ui.library_forms import changed, edit_page, remove_page, wrong_in
from ui.library_list import Asked
from ui.library_results import Result
from ui.library_room import Forbidden, Room, fault, status_of
from ui.library_shelf import Query
from ui.library_uploads import BadName, Inbox, cannot_write, plain_name
from ui.library_work import MOST_WAITING, Full
from ui.limits import TooLarge, counted, discard
from ui.shell import respond
from ui.view_parts import address, size_html

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message

    from index.documents import Document

MOST_FILES = 1000
"""Sent at once; more are added by folder."""

LONGEST_PATH = 4096
"""Characters of a path: what Linux takes at most, and other systems less."""

MOST_FIELDS = 50
"""Of a form: the largest has fourteen."""

DRAINED, DRAINING = 4, 10.0
"""Of an upload that is too large so many times what is allowed is read on, for so many seconds: a
browser that is still sending when the connection ends shows no page (RFC 9112, 9.6)."""

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class Changing:
    """What readers change. Forms are read as they come; the work is done in threads."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def ask_edit(self, request: Request) -> Response:
        _, document = self._room.document(request)
        return self._edit_page(request, document, {}, {})

    def _edit_page(
        self,
        request: Request,
        document: Document,
        form: Mapping[str, str],
        wrong: Mapping[str, str],
        error: OnRecordError | None = None,
    ) -> Response:
        speech = self._room.speech(request)
        said = fault(error, speech.own) if error else ""
        main = edit_page(document, form, wrong, said, speech)
        status = status_of(error) if error else 400 if wrong else 200
        return respond(request, "library", speech.own.edit_title, main, status)

    async def edit(self, request: Request) -> Response:
        form = await _form(request)
        return await to_thread.run_sync(self._edited, request, form)

    def _edited(self, request: Request, form: Mapping[str, str]) -> Response:
        _, document = self._room.document(request)
        if wrong := wrong_in(form, self._room.speech(request)):
            return self._edit_page(request, document, form, wrong)
        said = changed(document, form)
        try:
            if said:
                edit(self._room.desk.folder, document.id, said, self._room.desk.config)
        except OnRecordError as error:  # what was written must not be lost
            return self._edit_page(request, document, form, {}, error)
        return _see(f"{address(document.id)}?done={'saved' if said else 'same'}")

    def ask_remove(self, request: Request) -> Response:
        return self._remove_page(request)

    def _remove_page(self, request: Request, error: OnRecordError | None = None) -> Response:
        speech = self._room.speech(request)
        snapshot, document = self._room.document(request)
        said = fault(error, speech.own) if error else ""
        main = remove_page(self._room.desk.folder, snapshot, document, said, speech)
        status = status_of(error) if error else 200
        return respond(request, "library", speech.own.remove_title, main, status)

    async def remove(self, request: Request) -> Response:
        return await to_thread.run_sync(self._removed, request)

    def _removed(self, request: Request) -> Response:
        _, document = self._room.document(request)
        try:
            remove(self._room.desk.folder, [document.id])
        except OnRecordError as error:
            return self._remove_page(request, error)
        return _see("/library?done=removed")

    async def stop(self, request: Request) -> Response:
        number = (await _form(request)).get("number", "")
        if _NUMBER.fullmatch(number):
            self._room.work.stop(int(number))
        return _see("/library/work")

    async def add_folder(self, request: Request) -> Response:
        if not self._room.desk.local:
            raise Forbidden
        path = (await _form(request)).get("path", "").strip()
        strings = self._room.speech(request).own
        if not path or "\0" in path:
            return await to_thread.run_sync(self._refused, request, strings.no_path)
        if len(path) > LONGEST_PATH:
            wrong = strings.too_long.format(count=f"{LONGEST_PATH:,}")
            return await to_thread.run_sync(self._refused, request, wrong)
        try:
            await to_thread.run_sync(self._room.work.begin_folder, path)
        except Full:
            return await to_thread.run_sync(self._full, request)
        return _see("/library/work")

    async def add(self, request: Request) -> Response:
        most, strings = self._room.desk.most_upload, self._room.speech(request).own
        try:
            form = await _uploaded(request, most)
        except TooLarge:
            said = strings.too_large_text.format(most=size_html(most))
            return self._room.problem(request, 413, strings.too_large, said)
        if form is None:
            return await to_thread.run_sync(self._refused, request, strings.not_a_form)
        try:
            sent = [file for file in form.getlist("files") if getattr(file, "filename", "")]
            if not sent:
                return await to_thread.run_sync(self._refused, request, strings.no_files)
            await to_thread.run_sync(self._begin, sent, strings.bad_name)
        except Full:
            return await to_thread.run_sync(self._full, request)
        finally:
            await form.close()
        return _see("/library/work")

    def _begin(self, sent: list[Any], bad_name: str) -> None:
        """Puts files that were sent where an addition finds them, and begins it."""
        inbox, names, refused = Inbox(self._room.desk.folder.path), [], []
        try:
            for file in sent:
                try:
                    names.append(inbox.keep(file.filename, file.file))
                except BadName:
                    refused.append(Result("failed", plain_name(file.filename), notes=(bad_name,)))
        except OSError as error:
            inbox.close()
            raise cannot_write(self._room.desk.folder.path, error) from error
        except BaseException:
            inbox.close()
            raise
        self._room.work.begin_uploads(inbox, tuple(names), refused)

    def _refused(self, request: Request, wrong: str) -> Response:
        return self._room.listing(request, Asked(Query(), {}, fault=wrong), 400)

    def _full(self, request: Request) -> Response:
        strings = self._room.speech(request).own
        return self._room.additions(
            request, strings.too_many_waiting.format(count=MOST_WAITING), 409
        )


async def _form(request: Request) -> dict[str, str]:
    """The texts of a form; empty when what was sent is none."""
    from starlette.exceptions import HTTPException

    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    except HTTPException:
        return {}
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _uploaded(request: Request, most: int) -> Any:
    """The form with the files that were sent; None when it cannot be read. Raises `TooLarge`.

    Starlette keeps large files in temporary ones that have no name: they go when they are closed.
    """
    from starlette.exceptions import HTTPException
    from starlette.requests import Request as Counted

    over = False

    async def receive() -> Message:
        nonlocal over
        message = await request.receive()
        over = not message.get("more_body")
        return message

    declared = request.headers.get("content-length", "0")
    try:
        if not declared.isdigit() or int(declared) > most:
            raise TooLarge
        reader = Counted(request.scope, counted(receive, most))
        return await reader.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    except HTTPException:
        return None
    except TooLarge:
        if not over:
            await discard(receive, DRAINED * most, DRAINING)
        raise


def _see(path: str) -> Response:
    from starlette.responses import RedirectResponse

    return RedirectResponse(path, 303)
