"""Where sentences begin and end, as exact spans.

nupunkt (Punkt, trained on legal and news text) finds the boundaries; two rules of our own follow
it: a footnote mark such as [12] belongs to the sentence before it, and a line that a quotation
mark closes keeps the mark.
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
    *("u.n", "u.s", "then-u.n", "then-u.s"),
]
_MARK = re.compile(r"(?:\[\d{1,4}\]|[¹²³⁰-⁹]+)+(?=\s|$)")
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
        mark = _MARK.match(paragraph, a, b)
        if mark and spans:
            spans[-1] = (spans[-1][0], start + mark.end())
            a = mark.end()
        span = trim(text, start + a, start + b)
        if span[0] < span[1]:
            spans.append(span)
    return spans
