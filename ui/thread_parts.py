"""A conversation as the parts of a document that leaves the house, before any format sets it.

Footnotes are numbered through all answers, in the order in which a reader meets them: programs that
number them themselves then arrive at the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from index.intake import TOOL
from rag.answer import Answer, Citation, Claim, Difference
from rag.citing import PLAIN, Note, footnotes
from rag.citing.answers import Cited
from rag.proof import in_order
from ui import reasons
from ui.footnotes import as_of_inferred, dated, is_inferred
from ui.strings import Strings
from ui.words import words


@dataclass(frozen=True, slots=True)
class TakingStrings:
    """The words of `ui.taking`; `ui/words/<language>/taking.toml` holds them."""

    FILE: ClassVar = "taking"

    thread: str
    side: str
    notes_named: str
    no_date: str
    in_place: str
    made_by: str
    styles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Sentences, with those citations that were not cited before and a note for each of them.

    `heading` says what is odd about the sentences, if anything is.
    """

    heading: str
    found: Cited
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A question and what was answered. `remarks` stand before the answer, `account` behind it."""

    question: str
    remarks: tuple[str, ...]
    told: tuple[Told, ...]
    no_answer: tuple[str, str] | None
    account: tuple[str, ...]


def sections(
    answers: Sequence[Answer], language: str = "en", style: str = PLAIN
) -> Iterator[Section]:
    """The answers of a conversation, oldest first; the notes are set in a style."""
    strings, own = words(Strings, language), words(TakingStrings, language)
    first = 1
    for answer in answers:
        parts = _ordered(answer, strings)
        cited = [c.number for _, claims in parts for claim in claims for c in claim.citations]
        numbers = {old: first + place for place, old in enumerate(dict.fromkeys(cited))}
        first += len(numbers)
        reason = answer.abstention and reasons.told(answer.abstention, language)
        understood = answer.understood
        yield Section(
            question=answer.question,
            remarks=(
                *([strings.understood.format(question=understood)] if understood else []),
                *(f"{strings.caution} {reasons.told(note, language)}" for note in answer.notes),
            ),
            told=tuple(_told(parts, numbers, style)),
            no_answer=(strings.no_answer, reason) if reason is not None else None,
            account=(*_differing(answer, numbers, strings, own), *_account(answer, strings)),
        )


def made_by(language: str = "en") -> str:
    """The last line: what made the document."""
    return words(TakingStrings, language).made_by.format(tool=TOOL)


def _ordered(answer: Answer, strings: Strings) -> list[tuple[str, list[Claim]]]:
    """What contradicts the question first, as the page has it, then the rest; with headings."""
    contradicting, rest = in_order(answer.claims, answer.differences)
    parts = ((strings.otherwise, contradicting), ("", rest))
    return [(heading, claims) for heading, claims in parts if claims]


def _told(
    parts: Sequence[tuple[str, Sequence[Claim]]], numbers: dict[int, int], style: str
) -> Iterator[Told]:
    listed: set[int] = set()
    for heading, claims in parts:
        fresh: dict[int, Citation] = {}
        for citation in (citation for claim in claims for citation in claim.citations):
            number = numbers[citation.number]
            if number not in listed:
                fresh[number] = replace(citation, number=number)
                listed.add(number)
        told = ((c.sentence, tuple(numbers[x.number] for x in c.citations)) for c in claims)
        found = Cited(tuple(told), tuple(fresh.values()))
        yield Told(heading, found, tuple(footnotes(found.citations, style)))


def _differing(
    answer: Answer, numbers: dict[int, int], strings: Strings, own: TakingStrings
) -> Iterator[str]:
    """What the question takes for granted, and on what the sources differ."""
    cited = {citation.number: citation for citation in answer.citations}
    for found in answer.differences:
        if found.kind != "premise":
            yield _sides(found, cited, numbers, strings, own)
        elif found.subject:
            yield strings.taken_for_granted.format(subject=found.subject)


def _sides(
    found: Difference,
    cited: dict[int, Citation],
    numbers: dict[int, int],
    strings: Strings,
    own: TakingStrings,
) -> str:
    sides = []
    for number in found.citations:
        document = cited[number].document
        short = [document.text[start:end] for start, end in cited[number].short]
        said = ", ".join(short) or cited[number].quote
        when = dated(document.published, strings) if document.published else own.no_date
        if is_inferred(document):
            when = strings.inferred.format(date=when)
        named = own.notes_named.format(number=numbers[number])
        sides.append(own.side.format(date=when, words=f"{said} ({named})"))
    return f"{strings.differ}. {'; '.join(sides)}."


def _account(answer: Answer, strings: Strings) -> Iterator[str]:
    """As of when, what was withheld, who composed it, and by which index and settings."""
    if not answer.as_of:
        yield strings.as_of_unknown
    else:
        when = dated(answer.as_of, strings)
        if as_of_inferred(answer):
            when = strings.inferred.format(date=when)
        form = strings.as_of_found if answer.abstained else strings.as_of
        yield form.format(date=when)
    count = len(answer.withheld)
    if count:
        yield (strings.withheld_one if count == 1 else strings.withheld.format(count=count)) + "."
    known = dict(strings.composers)
    yield strings.composed_by.format(composer=known.get(answer.composer, answer.composer))
    yield strings.fingerprint.format(fingerprint=answer.fingerprint)
