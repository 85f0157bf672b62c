"""Proof: what a composer proposes is shown only if its words stand in the source.

A draft becomes a claim when its quote is located in the passage it names, and when the quote says
what the claim says. So far every composer is extractive, so the second rule is the strictest there
is: the claim's words stand in its quote, all of them and in that order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.documents import Span
from rag.answer import Citation, Claim
from rag.composers import Draft
from rag.quotes import locate_quote

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+")


def prove(drafts: Sequence[Draft]) -> tuple[Claim, ...]:
    """The drafts that hold, as claims with numbered citations; the others are dropped."""
    claims: list[Claim] = []
    for draft in drafts:
        document = draft.hit.document
        found = _located(draft)
        if found is None or not says(draft.text, document.text[slice(*found)]):
            continue
        citation = Citation(
            number=len(claims) + 1,
            span=Span(document.id, *found),
            quote=document.text[slice(*found)],
            speaker=document.speaker,
            document=document,
            page=document.page_at(found[0]),
        )
        claims.append(Claim(draft.text, (citation,)))
    return tuple(claims)


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
