"""What the page's scripts ask for beside an answer: words to copy, checks to keep, files to save.

An errand and its outcome are JSON. What is asked comes from a browser, so all of it is checked; the
answer that it is about must be one of the reader's own conversation. Files go through memory, and
nothing of them stays on the server.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from index.errors import InputError, OnRecordError
from rag.answer import Answer
from rag.citing import PLAIN
from rag.citing.runs import Note, html, plain
from rag.ledger_rows import are_initials
from ui import checking, render_checks, taking
from ui.checked_strings import CheckedStrings
from ui.desk import Desk
from ui.strings import Strings
from ui.talk import Talk
from ui.words import words

MOST_TAKEN = 64 * 2**20
"""Bytes of a file that goes through the page. Its Base64 is held by server and browser at once;
what is larger is made on the command line."""

_MAKING = threading.Semaphore(2)
"""Files made at one time: each is held in memory as a whole."""

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked, of which answer of which conversation."""

    desk: Desk
    asked: Mapping[str, Any]
    talk: Talk
    answer: Answer
    language: str

    @property
    def strings(self) -> Strings:
        return words(Strings, self.language)

    @property
    def number(self) -> int:
        """Of the citation that is meant. Raises `InputError` where the answer has none such."""
        number = self.asked.get("number")
        cited = [citation.number for citation in self.answer.citations]
        if not isinstance(number, int) or number not in cited:
            raise InputError("the page named no citation of that answer", "load the page again")
        return number

    def text(self, name: str) -> str:
        found = self.asked.get(name)
        return found if isinstance(found, str) else ""


def run(desk: Desk, told: object, talk: Talk | None, language: str = "en") -> str:
    """The outcome of an errand: `ok`, and what is `said` where it is not; `id` is the errand's."""
    asked = told if isinstance(told, dict) else {}
    strings = words(Strings, language)
    outcome: Outcome
    try:
        do = ERRANDS.get(str(asked.get("do")))
        talk = talk or Talk()
        standing = talk.on_record(desk.latest().snapshot.documents)
        answer = standing.answer(str(asked.get("answer")))
        if do is None:
            raise InputError("the page asked for nothing known", "load the page again")
        if answer is None:
            known = talk.answer(str(asked.get("answer")))
            gone = strings.answer_removed if known else strings.answer_gone
            outcome = {"ok": False, "said": gone}
        else:
            outcome = {"ok": True, **do(Errand(desk, asked, standing, answer, language))}
    except OnRecordError as error:
        outcome = {"ok": False, "said": str(error)}
    except Exception:  # whoever waits must hear of it; the log has what happened
        logging.getLogger(__name__).exception("an errand of the page failed")
        outcome = {"ok": False, "said": strings.fault}
    return json.dumps({"id": asked.get("id"), **outcome}, ensure_ascii=False)


def _copy(errand: Errand) -> Outcome:
    """A sentence with its footnote, as text and as HTML."""
    number = errand.number
    sentence = next(
        claim.sentence
        for claim in errand.answer.claims
        if any(citation.number == number for citation in claim.citations)
    )
    note = taking.noted(errand.desk, errand.answer, number, errand.text("style"))
    return {
        "text": _as_text(sentence, number, note),
        "html": _as_html(sentence, number, note),
        "said": errand.strings.copied,
    }


def _as_text(sentence: str, number: int, note: Note) -> str:
    """In a style without notes the reference goes into the sentence and the entry below it."""
    if note.in_text:
        return f"{sentence} {plain(note.cited)}\n\n{plain(note.reference)}".strip()
    return f"{sentence} [{number}]\n\n[{number}] {note.text}"


def _as_html(sentence: str, number: int, note: Note) -> str:
    if note.in_text:
        return f"<p>{escape(sentence)} {html(note.cited)}</p><p>{html(note.reference)}</p>"
    mark = f"<sup>{number}</sup>"
    return f"<p>{escape(sentence)}{mark}</p><p>{mark} {note.html}</p>"


def _check(errand: Errand) -> Outcome:
    """Keeps a verdict; gives the citation's row of actions as it is then."""
    desk, answer, number = errand.desk, errand.answer, errand.number
    if not desk.checks:
        raise InputError("this index is only read here", "check on the machine that keeps it")
    if not are_initials(errand.text("who").strip()):
        return {"ok": False, "said": words(CheckedStrings, errand.language).wrong_initials}
    checking.check(
        desk, answer, number, errand.text("verdict"), errand.text("who"), errand.text("note")
    )
    citation = next(c for c in answer.citations if c.number == number)
    found = checking.verdicts(desk, answer)[number]
    checks = render_checks.Checks({render_checks.place_of(citation): found})
    return {"html": render_checks.actions(citation, checks, errand.strings)}


def _take(errand: Errand) -> Outcome:
    """A file, in Base64."""
    kind, strings = errand.text("kind"), errand.strings
    if kind not in taking.KINDS:
        raise InputError(f"no kind of file {kind!r}", f"there are: {', '.join(taking.KINDS)}")
    answers = [turn.answer for turn in errand.talk.turns]
    asked = answers[: answers.index(errand.answer) + 1]
    style = errand.text("style") or PLAIN
    with _MAKING:
        taken = taking.take(errand.desk, asked, kind, errand.language, style)
    if len(taken.data) > MOST_TAKEN:
        size = f"{len(taken.data) / 2**20:,.0f}"
        kinds = dict(strings.take_kinds)
        return {"ok": False, "said": strings.take_large.format(kind=kinds[kind], size=size)}
    return {
        "name": taken.name,
        "type": taken.media_type,
        "data": base64.b64encode(taken.data).decode("ascii"),
        "said": strings.taken.format(name=taken.name),
    }


ERRANDS: Mapping[str, Callable[[Errand], Outcome]] = {
    "copy": _copy,
    "check": _check,
    "take": _take,
}
