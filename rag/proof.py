"""Proof: what a composer proposes is shown only if its words stand in the source.

A draft becomes a claim when its quote is located in the passage it names, and when the quote says
what the claim says. So far every composer is extractive, so the second rule is the strictest there
is: the claim's words stand in its quote, all of them and in that order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from index.documents import Span
from rag.answer import Citation, Claim, Voice, Withheld
from rag.composers import Draft
from rag.quotes import locate_quote
from rag.speakers import lead, voice_at

NO_QUOTE = "its quote does not stand in the passage it names"
NOT_SAID = "its quote does not say this"

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+")


def prove(drafts: Iterable[Draft]) -> Iterator[Claim | Withheld]:
    """Each draft as it comes: a claim with a numbered citation if it holds, else withheld."""
    number = 0
    before: Voice | None = None
    for draft in drafts:
        document, place = draft.hit.document, _located(draft)
        if place is None:
            yield Withheld(draft.text, NO_QUOTE)
            continue
        quote = document.text[slice(*place)]
        if not says(draft.text, quote):
            yield Withheld(draft.text, NOT_SAID)
            continue
        number += 1
        voice = voice_at(document, *place)
        citation = Citation(
            number=number,
            span=Span(document.id, *place),
            quote=quote,
            voice=voice,
            document=document,
            page=document.page_at(place[0]),
            short=tuple((a, b) for a, b in draft.short if place[0] <= a < b <= place[1]),
        )
        yield Claim(draft.text, (citation,), "" if voice == before else lead(voice, draft.text))
        before = voice


def says(claim: str, quote: str) -> bool:
    """True when the claim has words, and they stand in the quote one after the other."""
    wanted, there = words(claim), words(quote)
    size = len(wanted)
    return size > 0 and any(there[i : i + size] == wanted for i in range(len(there) - size + 1))


def words(text: str) -> list[str]:
    """Words and numbers in order, case folded; a decimal or grouped number is one word."""
    return [word.casefold() for word in _WORD.findall(text)]


def _located(draft: Draft) -> tuple[int, int] | None:
    """Where the quote stands: at the place the draft names, or wherever it is in the passage."""
    document, span = draft.hit.document, draft.hit.passage.span
    if draft.start is None:
        return locate_quote(document.text, draft.quote, span.start, span.end)
    end = draft.start + len(draft.quote)
    inside = span.start <= draft.start < end <= span.end
    return (
        (draft.start, end) if inside and document.text[draft.start : end] == draft.quote else None
    )
