"""Proof: what a composer proposes is shown only if its words stand in the source.

A draft becomes a claim when its quote is located in the passage it names, and when the quote says
what the claim says. So far every composer is extractive, so the second rule is the strictest there
is: each word of the claim stands in its quote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.documents import Span
from rag.answer import Citation, Claim
from rag.composers import Draft
from rag.quotes import locate_quote

_WORD = re.compile(r"[^\W_]+")


def prove(drafts: Sequence[Draft]) -> tuple[Claim, ...]:
    """The drafts that hold, as claims with numbered citations; the others are dropped."""
    claims: list[Claim] = []
    for draft in drafts:
        passage, document = draft.hit.passage, draft.hit.document
        span = passage.span
        found = locate_quote(document.text, draft.quote, span.start, span.end)
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
    """True when the claim has words, and each of its words and numbers stands in the quote."""
    return bool(words(claim)) and words(claim) <= words(quote)


def words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
