"""What is right where a citation was rejected: the form, and the words found in the documents."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from index.documents import Document
from index.errors import InputError
from rag.assistant import Assistant
from rag.filters import Filters
from rag.ledger import Ledger
from rag.ledger_rows import Check, check_of, right_words, words_of
from rag.quotes import locate_quote
from ui.checked_entry import what
from ui.checked_strings import CheckedSpeech
from ui.desk import Desk
from ui.view_parts import labelled, link, typed

MOST_WORDS = 2_000
"""Characters: a long paragraph, as the note of a check."""

_SEARCHED = 50
"""Passages that hold the words: more than that are no quote."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote in the form: `outcome` is "words" or "none"."""

    who: str = ""
    outcome: str = ""
    words: str = ""


def form(row: int, check: Check, said: Said, wrong: dict[str, str], speech: CheckedSpeech) -> str:
    """The view with the form, and a sentence for each field that is wrong."""
    strings = speech.own
    radios = "".join(
        f'<label class="tick"><input type="radio" name="outcome" value="{value}"'
        f"{' checked' if said.outcome == value else ''}> {label}</label>"
        for value, label in (("words", strings.right_words), ("none", strings.right_none))
    )
    bad = wrong.get("outcome", "")
    tied = ' aria-describedby="outcome-wrong"' if bad else ""
    bad = f'<p class="wrong" id="outcome-wrong">{bad}</p>' if bad else ""
    area = f'<textarea %s rows="4" dir="auto">{escape(said.words)}</textarea>'
    return (
        f'<p class="up">{link("/checked", strings.back)}</p><h1>{strings.right_title}</h1>'
        f'<div class="check rejected">{what(check, speech)}</div>'
        f'<form class="editing" method="post" action="/checked/{row}">'
        f'<fieldset class="outcome"{tied}><legend>{strings.right_which}</legend>{radios}{bad}'
        + labelled("words", strings.quote, area, wrong.get("words", ""), strings.right_hint)
        + "</fieldset>"
        + labelled(
            "who",
            strings.initials,
            typed(said.who, 'maxlength="16" autocomplete="off" required'),
            wrong.get("who", ""),
        )
        + f'<p class="actions"><button class="primary">{strings.save}</button></p></form>'
    )


def keep(desk: Desk, check: Check, said: Said, speech: CheckedSpeech) -> dict[str, str]:
    """Adds to the ledger what is right; or gives what is wrong with each field, and adds nothing.

    Raises `InputError` where the words that were rejected are no longer in the index.
    """
    strings, assistant = speech.own, desk.latest()
    documents = assistant.snapshot.documents
    if check.document not in documents:
        raise InputError(f"{check.source}: no longer in the index", "see the list of checks")
    wrong: dict[str, str] = {}
    place: tuple[Document, int, int] | None = None
    if said.outcome not in ("words", "none"):
        wrong["outcome"] = strings.wrong_choice
    elif said.outcome == "words":
        if not 0 < len(said.words.strip()) <= MOST_WORDS:
            wrong["words"] = strings.wrong_words.format(count=f"{MOST_WORDS:,}")
        elif (place := found(assistant, check, said.words)) is None:
            wrong["words"] = strings.wrong_place
    again = _again(documents[check.document], check, said)
    if again is None:
        wrong["who"] = strings.wrong_initials
    if again and not wrong:
        Ledger(desk.folder).add(again, right_words(again, *place) if place else None)
    return wrong


def found(assistant: Assistant, check: Check, words: str) -> tuple[Document, int, int] | None:
    """Where words stand: in the document that was cited, else in the first that search finds."""
    documents = assistant.snapshot.documents
    looked = [check.document]
    try:
        hits = assistant.retriever.search(words, _SEARCHED, Filters(phrases=(words,))).hits
        looked += [hit.document.id for hit in hits]
    except InputError:  # no letter in it to look for
        pass
    for id_ in dict.fromkeys(looked):
        place = locate_quote(documents[id_].text, words)
        if place:
            return documents[id_], *place
    return None


def _again(document: Document, check: Check, said: Said) -> Check | None:
    """The rejection, by who says what is right; None where these initials are none."""
    try:
        return check_of(
            **words_of(document, check.start, check.end),
            verdict="rejected",
            initials=said.who.strip(),
            note="",
            question=check.question,
            claim=check.claim,
            answer=check.answer,
            unanswerable=said.outcome == "none",
        )
    except InputError:
        return None
