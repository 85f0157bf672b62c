"""The view "Checked": which citations people looked up, and what they found. Plain HTML that works
without a script.

    GET       /checked                    the list              ui.checked_list, ui.checked_entry
    GET       /checked/export?format=csv  the whole ledger; also "json", and "gold" questions
    GET, POST /checked/ROW                what is right instead  ui.checked_right
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from index.errors import IndexDamaged, IndexStateError, OnRecordError
from index.intake import canonical
from rag.ledger import Ledger
from rag.ledger_export import csv_table, gold_rows, json_lines
from rag.ledger_rows import Check, Entry
from ui import checked_list, checked_right
from ui.checked_strings import CheckedStrings
from ui.desk import Desk
from ui.shell import language_of, respond
from ui.view_parts import speech_in

_ROW = re.compile(r"[1-9][0-9]{0,8}")


def _gold(entries: Sequence[Entry]) -> bytes:
    return b"".join(canonical(row) + b"\n" for row in gold_rows(entries)[0])


EXPORTS: Mapping[str, tuple[str, str, Callable[[Sequence[Entry]], bytes]]] = {
    "csv": ("checks.csv", "text/csv; charset=utf-8", csv_table),
    "json": ("checks.jsonl", "application/jsonl", json_lines),
    "gold": ("gold.jsonl", "application/jsonl", _gold),
}
"""Name of the file, media type, and what makes it of the ledger."""


def router(desk: Desk) -> APIRouter:
    """The routes above. Nothing is added to the ledger where `desk.checks` is not set."""
    api, view = APIRouter(include_in_schema=False), _Checked(desk)

    @api.get("/checked")
    def listed(request: Request) -> Response:
        return view.told(request, view.list)

    @api.get("/checked/export")
    def export(request: Request) -> Response:
        return view.told(request, view.export)

    @api.get("/checked/{row}")
    def ask(request: Request, row: str) -> Response:
        return view.told(request, lambda given: view.ask(given, row))

    @api.post("/checked/{row}")
    def keep(
        request: Request,
        row: str,
        who: Annotated[str, Form()] = "",
        outcome: Annotated[str, Form()] = "",
        words: Annotated[str, Form()] = "",
    ) -> Response:
        said = checked_right.Said(who, outcome, words.replace("\r\n", "\n"))
        return view.told(request, lambda given: view.keep(given, row, said))

    return api


class _NotFound(Exception):
    """No such check, or none that was rejected."""


class _Checked:
    """What the routes do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def told(self, request: Request, make: Callable[[Request], Response]) -> Response:
        """What `make` gives; errors for people as pages."""
        speech = speech_in(language_of(request), CheckedStrings)
        strings = speech.own
        try:
            return make(request)
        except _NotFound:
            return self._problem(request, 404, strings.not_found, strings.not_found_text)
        except IndexDamaged as error:
            html = checked_list.damaged(str(error), speech)
            return respond(request, "checked", strings.title, html, 503)
        except OnRecordError as error:
            status = 503 if isinstance(error, IndexStateError) else 400
            return self._problem(
                request, status, strings.problem, f"<bdi>{escape(str(error))}</bdi>"
            )

    def list(self, request: Request) -> Response:
        speech = speech_in(language_of(request), CheckedStrings)
        ledger = Ledger(self._desk.folder)
        query = checked_list.parsed(request.query_params)
        entries = ledger.entries()
        kept = request.query_params.get("done") == "kept"
        may = checked_list.Shown(kept, self._desk.checks)
        html = checked_list.page(entries, ledger.left_over(), query, may, speech)
        return respond(request, "checked", speech.own.title, html)

    def export(self, request: Request) -> Response:
        form = request.query_params.get("format", "csv")
        if form not in EXPORTS:
            raise _NotFound
        name, media_type, make = EXPORTS[form]
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        data = make(Ledger(self._desk.folder).entries())
        return Response(data, headers=headers, media_type=media_type)

    def ask(self, request: Request, row: str) -> Response:
        return self._form(request, row, checked_right.Said(), {})

    def keep(self, request: Request, row: str, said: checked_right.Said) -> Response:
        if not self._desk.checks:
            return self._read_only(request)
        speech = speech_in(language_of(request), CheckedStrings)
        check = self._rejected(row)
        wrong = checked_right.keep(self._desk, check, said, speech)
        if wrong:
            return self._form(request, row, said, wrong)
        return RedirectResponse("/checked?done=kept", 303)

    def _form(
        self, request: Request, row: str, said: checked_right.Said, wrong: dict[str, str]
    ) -> Response:
        if not self._desk.checks:
            return self._read_only(request)
        speech, check = speech_in(language_of(request), CheckedStrings), self._rejected(row)
        html = checked_right.form(int(row), check, said, wrong, speech)
        return respond(request, "checked", speech.own.right_title, html, 400 if wrong else 200)

    def _rejected(self, row: str) -> Check:
        entries = Ledger(self._desk.folder).entries() if _ROW.fullmatch(row) else []
        check = checked_list.check_of_row(entries, int(row)) if entries else None
        if check is None:
            raise _NotFound
        return check

    def _read_only(self, request: Request) -> Response:
        strings = speech_in(language_of(request), CheckedStrings).own
        return self._problem(request, 403, strings.read_only, strings.read_only_text)

    def _problem(self, request: Request, status: int, title: str, text: str) -> Response:
        speech = speech_in(language_of(request), CheckedStrings)
        html = checked_list.problem(title, text, speech)
        return respond(request, "checked", title, html, status)
