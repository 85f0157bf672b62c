"""An answer that was saved as JSON, made an `Answer` again from the documents that it cites.

Nothing of it is believed: quotes must stand at their places, each sentence is proved anew, and what
comes of that must be, to the last key, what was saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from index.documents import Document, Passage, Span, passage_id
from index.sentences import sentence_spans
from rag.answer import Answer, Claim, Difference, Hit, Place, Withheld
from rag.composers import Draft
from rag.evidence.records import AnswerRecord, CitationRecord, ClaimRecord, HitRecord, checked
from rag.proof import prove
from rag.speakers import lead, voice_at


class NotProved(ValueError):
    """A saved answer says what its documents do not; the message tells where."""


def restored(saved: Mapping[str, Any], documents: Mapping[str, Document], language: str) -> Answer:
    """The answer, if it can be proved. Hits in documents that are not given are left out.

    `language` is that of documents that do not name theirs. Raises `NotProved`.
    """
    try:
        record = checked(saved, AnswerRecord)
    except ValueError as error:
        raise NotProved(f"not an Answer object: {error}") from error
    try:
        answer = Answer(
            question=record.question,
            claims=tuple(_claims(record, documents, language)),
            abstention=record.reason,
            hits=tuple(_hit(hit, documents) for hit in record.hits if hit.document in documents),
            as_of=record.as_of,
            fingerprint=record.fingerprint,
            seconds=record.seconds,
            id=record.id,
            confidence=record.confidence,
            composer=record.composer,
            withheld=tuple(Withheld(held.text, held.reason) for held in record.withheld),
            differences=tuple(
                Difference(d.kind, d.subject, tuple(d.citations)) for d in record.differences
            ),
            notes=tuple(record.notes),
            understood=record.understood,
        )
    except NotProved:
        raise
    except ValueError as error:
        raise NotProved(str(error)) from error
    for where in _differences(saved, answer.to_json(), documents):
        raise NotProved(where)
    return answer


def _claims(
    record: AnswerRecord, documents: Mapping[str, Document], language: str
) -> Iterator[Claim]:
    """Each sentence as it is proved from its quotes: with the leads and speakers that it gets."""
    numbered = {citation.number: citation for citation in record.citations}
    drafts = [_draft(claim, numbered, documents) for claim in record.claims]
    proved = prove(drafts, language=language)
    for claim, result in zip(record.claims, proved, strict=True):
        if isinstance(result, Withheld):
            raise NotProved(f"{claim.text!r:.80}: {result.reason}")
        citations = tuple(
            replace(found, number=number, short=tuple(numbered[number].short))
            for found, number in zip(result.citations, claim.citations, strict=True)
        )
        yield replace(result, citations=citations)


def _draft(
    claim: ClaimRecord, numbered: Mapping[int, CitationRecord], documents: Mapping[str, Document]
) -> Draft:
    quotes = []
    for number in claim.citations:
        if number not in numbered:
            raise NotProved(f"a sentence cites {number}, which is not among the citations")
        quotes.append(_quoted(numbered[number], documents))
    (first, start), *more = quotes
    quote = first.document.text[start : start + len(numbered[claim.citations[0]].quote)]
    return Draft(
        text=_without_lead(claim.text, first.document, start, start + len(quote)),
        hit=first,
        quote=quote,
        start=start,
        more=tuple((hit, numbered[number].quote) for (hit, _), number
                   in zip(more, claim.citations[1:], strict=True)),
    )  # fmt: skip


def _quoted(citation: CitationRecord, documents: Mapping[str, Document]) -> tuple[Hit, int]:
    """The sentences in which a quote stands, as a hit, and where it begins."""
    document = documents.get(citation.document)
    if document is None:
        raise NotProved(f"citation {citation.number}: its document is not there")
    start, end = citation.start, citation.end
    if document.text[start:end] != citation.quote or len(citation.quote) != end - start:
        raise NotProved(f"citation {citation.number}: the quote is not what stands at its place")
    sentences = [
        (a, b)
        for first, last in document.paragraphs
        if first < end and start < last
        for a, b in sentence_spans(document.text, first, last)
        if a < end and start < b
    ]
    return _found(document, start, end, sentences), start


def _found(
    document: Document, start: int, end: int, sentences: Sequence[tuple[int, int]] = ()
) -> Hit:
    """A passage of nothing but a quote, as far as the sentences around it are its own."""
    span = Span(document.id, start, end)
    passage = Passage(
        id=passage_id(span),
        span=span,
        text=document.text[start:end],
        section=document.section_at(start),
        page=document.page_at(start),
        sentences=tuple(sentences),
    )
    return Hit(passage, document, 0.0, 1, ())


def _without_lead(sentence: str, document: Document, start: int, end: int) -> str:
    """The sentence as it was proposed, before it was said who says it."""
    voice = voice_at(document, start, end)
    for colon in re.finditer(":(?= )", sentence):
        begin, rest = sentence[: colon.end()], sentence[colon.end() + 1 :]
        if lead(voice, rest) == begin:
            return rest
    return sentence


def _hit(hit: HitRecord, documents: Mapping[str, Document]) -> Hit:
    document = documents[hit.document]
    places = []
    for repeat in hit.repeats:
        other = documents.get(str(repeat.get("document")))
        start, end = repeat.get("start"), repeat.get("end")
        if other and isinstance(start, int) and isinstance(end, int):
            places.append(Place(_found(other, start, end).passage, other))
    return replace(
        _found(document, hit.start, hit.end),
        score=hit.score,
        rank=hit.rank,
        found_by=tuple(hit.found_by),
        words=tuple(hit.words),
        near=tuple(hit.near),
        repeats=tuple(places),
    )


def _differences(
    saved: Mapping[str, Any], made: dict[str, Any], documents: Mapping[str, Document]
) -> Iterator[str]:
    """Keys of the saved answer of which something else came. Those that it lacks do not matter:
    it may be of an older version."""
    rows = {
        "citations": saved["citations"],
        "hits": [hit for hit in saved["hits"] if hit["document"] in documents],
    }
    for key, value in made.items():
        if key in rows:
            yield from _row_differences(key, rows[key], value)
        elif saved.get(key, value) != value:
            yield f"{key}: not what the documents give"


def _row_differences(
    key: str, saved: Sequence[dict[str, Any]], made: Sequence[dict[str, Any]]
) -> Iterator[str]:
    if len(saved) != len(made):
        yield f"{len(saved)} {key}, and {len(made)} that are proved"
    for number, (old, new) in enumerate(zip(saved, made, strict=False), 1):
        for name in new:
            if name != "repeats" and old.get(name, new[name]) != new[name]:
                yield f"{key} {number}: {name} is not what the documents give"
