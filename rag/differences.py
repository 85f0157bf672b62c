"""Where documents differ in number, date or polarity on the same thing, and where they contradict
what a question takes for granted.

Nothing is decided here: both sides are shown with their dates, and the reader judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from index.documents import Document
from index.keywords import primary
from rag.answer import Citation, Claim, Difference
from rag.composers import Draft
from rag.expected import expected
from rag.premises import contradicted
from rag.readings import Reading, readings
from rag.retrieval import Found
from rag.statements import Kind, difference

MOST_CONTRASTS = 2
"""Sentences added to an answer because they say something else; more would bury it."""

CLOSE = 0.1
"""A sentence that fits the question worse than the claim by more is about something else. Both were
retrieved for one question, so this only keeps what lies at the edge away."""


def contrasts(found: Found, claims: Sequence[Claim]) -> Iterator[Draft]:
    """Sentences that an answer must not leave out: what contradicts the question itself, and what
    another document says differently of the same thing. `claims` is looked at when the first is
    asked for, so that a composer may still be adding to it."""
    if not claims:
        return
    read = readings(found)
    shown = [r for r in read if any(r.holds(c) for claim in claims for c in claim.citations)]
    against = _contradictions(found, read)
    if against and not any(reading in shown for reading in against):
        yield against[0].draft
        shown.append(against[0])
    yield from (
        r.draft for r in islice(_differing(_wanted(found.text), read, shown), MOST_CONTRASTS)
    )


def _contradictions(found: Found, read: Sequence[Reading]) -> list[Reading]:
    best = read[0].fit if read else 0.0
    return [reading for reading in read if contradicted(found, reading, best)]


def _differing(
    wanted: Kind | None, read: Sequence[Reading], shown: Sequence[Reading]
) -> Iterator[Reading]:
    taken: set[tuple[Kind, str]] = set()
    for own in shown:
        for other in read:
            if not _comparable(own.hit.document, other.hit.document):
                continue
            if other.fit < own.fit - CLOSE:
                continue
            found = difference(own.text, other.text, wanted)
            if other not in shown and found and found not in taken:
                taken.add(found)
                yield other


def differences(found: Found, claims: Sequence[Claim]) -> tuple[Difference, ...]:
    """What the claims of an answer say differently of one subject, the earliest first, and which of
    them contradict the question."""
    cited = [citation for claim in claims for citation in claim.citations]
    result = list(_premise(found, cited))
    wanted = _wanted(found.text)
    by_number = {citation.number: citation for citation in cited}
    kept: list[tuple[Kind, str, set[int]]] = []
    for one, other in combinations(by_number.values(), 2):
        differ = _comparable(one.document, other.document) and difference(
            one.quote, other.quote, wanted
        )
        if not differ:
            continue
        pair = {one.number, other.number}
        same = next((n for kind, _, n in kept if kind == differ[0] and n & pair), None)
        if same is None:
            kept.append((*differ, pair))
        else:
            same |= pair  # a third document on the same subject
    for kind, subject, numbers in kept:
        ordered = sorted(numbers, key=lambda number: _age(by_number[number]))
        result.append(Difference(kind, subject, tuple(ordered)))
    return tuple(result)


def _premise(found: Found, cited: Sequence[Citation]) -> Iterator[Difference]:
    """What the question takes for granted and cited sentences contradict."""
    read = readings(found)
    best = read[0].fit if read else 0.0
    subjects: dict[str, set[int]] = {}
    for citation in cited:
        for reading in (r for r in read if r.holds(citation)):
            subject = contradicted(found, reading, best)
            if subject:
                subjects.setdefault(subject, set()).add(citation.number)
    dated = {citation.number: _age(citation) for citation in cited}
    for subject, numbers in subjects.items():
        yield Difference("premise", subject, tuple(sorted(numbers, key=lambda n: dated[n])))


def _comparable(one: Document, other: Document) -> bool:
    """True for two documents whose sentences the rules can read: they are English."""
    languages = {primary(document.language or "en") for document in (one, other)}
    return one.id != other.id and languages == {"en"}


def _age(citation: Citation) -> tuple[str, int]:
    """Sorts by the date of the document, undated ones behind."""
    return citation.document.published or "~", citation.number


def _wanted(question: str) -> Kind | None:
    """What a question asks for, as far as it can differ."""
    kind = expected(question).type
    if kind in ("number", "share", "money", "duration"):
        return "number"
    return "date" if kind == "date" else None
