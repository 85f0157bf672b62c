"""Where sentences begin and end, as exact spans.

nupunkt (Punkt, trained on legal and news text) finds the boundaries; four rules of our own follow
it: footnote marks such as [12], and the quotation mark before them, belong to the sentence before
them; a sentence ends after its footnote marks, and after an acronym with a full stop ("the UN. In
1946"); and "then-U.N." or "ex-Gov." goes on.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer

# Abbreviations that nupunkt's model lacks, met in the first corpus and in news style books.
ABBREVIATIONS = [
    *("cmdr", "lt", "col", "sgt", "capt", "maj", "gov", "sen", "rep", "amb"),
    *("u.n", "u.s"),
]
_MARKS = r"[”’\"')\]]*(?:\[\d{1,4}\]|[¹²³⁰-⁹])+"
_LEADING_MARKS = re.compile(rf"{_MARKS}(?:\s+{_MARKS})*(?=\s|$)")
_MARKED_END = re.compile(rf"[.!?…]{_MARKS}(?=\s+([^\s]))")
_ACRONYM_END = re.compile(r"\b[A-Z]{2,}\.[”’\"')]*(?=\s+[A-Z][a-z])")
_GOES_ON = re.compile(rf"\w-(?:{'|'.join(map(re.escape, ABBREVIATIONS))})\.$", re.IGNORECASE)
_SPACE = " \t\r\n\f\v\xa0\u2007\u202f\ufeff\u200b"


@cache
def _tokenizer() -> PunktSentenceTokenizer:
    from nupunkt.models import load_default_model

    tokenizer = load_default_model()
    tokenizer.add_abbreviations(ABBREVIATIONS)
    return tokenizer


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at either end; empty spans collapse to (start, start)."""
    while start < end and text[start] in _SPACE:
        start += 1
    while end > start and text[end - 1] in _SPACE:
        end -= 1
    return start, end


def sentence_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentences of `text[start:end]` (one paragraph), as spans in `text`, without outer spaces."""
    paragraph = text[start:end]
    spans: list[tuple[int, int]] = []
    for a, b in _tokenizer().span_tokenize(paragraph):
        marks = _LEADING_MARKS.match(paragraph, a, b)
        if marks and spans:
            spans[-1] = (spans[-1][0], start + marks.end())
            a = marks.end()
        elif spans and _GOES_ON.search(text, *spans[-1]):
            a = spans.pop()[0] - start
        for end_of_part in (*_ends_within(paragraph, a, b), b):
            span = trim(text, start + a, start + end_of_part)
            if span[0] < span[1]:
                spans.append(span)
            a = end_of_part
    return spans


def _ends_within(paragraph: str, start: int, end: int) -> list[int]:
    """Where footnote marks end a sentence, because what follows them begins like one, and where an
    acronym does: one whose letters have no stops of their own has none unless a sentence ends."""
    marked = _MARKED_END.finditer(paragraph, start, end)
    ends = {match.end() for match in marked if match[1].isupper() or match[1] in '“‘«"('}
    return sorted(ends | {match.end() for match in _ACRONYM_END.finditer(paragraph, start, end)})
