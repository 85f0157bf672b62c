"""Splitting a document into passages that never cut a sentence if it can be helped.

A passage is a run of whole paragraphs of one section, or of whole sentences of one long paragraph,
within a budget of tokens (tiktoken) and within what the encoder reads (its word pieces): beyond
that an encoder drops words silently. Only a sentence longer than the budget is cut, at a space.
All offsets come from arithmetic on spans; nothing is ever searched for in the text, so repeated
text cannot be confused.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from index.documents import Document, Passage
from index.sentences import sentence_spans, trim
from index.tokens import count_tokens

Count = Callable[[str], int]
"""Number of units (tokens or word pieces) in a text."""

_WORD = re.compile(r"\S+")
_TRIES = 8  # numbers of parts to try; each costs a look at the whole paragraph


class Budget:
    """How long a passage may be: `tokens` by tiktoken and `pieces` by the encoder's own count."""

    def __init__(self, tokens: int, pieces: int, count_pieces: Count) -> None:
        self.tokens = tokens
        self.pieces = pieces
        self._count_pieces = count_pieces

    def holds(self, text: str) -> bool:
        if len(text.encode()) <= min(self.tokens, self.pieces):  # a token is a byte at least
            return True
        return count_tokens(text) <= self.tokens and self._count_pieces(text) <= self.pieces


def split(document: Document, budget: Budget) -> list[Passage]:
    """Passages of a document in order of their starts. Every sentence is in exactly one."""
    return [document.passage(group) for group in _grouped(document, budget)]


Sentence = tuple[int, int]


def _grouped(document: Document, budget: Budget) -> Iterator[list[Sentence]]:
    """Lists of consecutive sentences, each list a passage."""
    text = document.text
    heads = sorted(section.start for section in document.sections)
    group: list[Sentence] = []
    position = -1
    for start, end in document.paragraphs:
        if group and bisect_right(heads, position) < bisect_right(heads, start):
            yield group
            group = []
        position = start
        sentences = [
            part
            for sentence in sentence_spans(text, start, end)
            for part in _cut(text, sentence, budget)
        ]
        if not sentences:
            continue
        if group and budget.holds(text[group[0][0] : sentences[-1][1]]):
            group += sentences
            continue
        if group:
            yield group
        parts = _balanced(text, sentences, budget)
        yield from parts[:-1]
        group = parts[-1]
    if group:
        yield group


def _balanced(text: str, sentences: Sequence[Sentence], budget: Budget) -> list[list[Sentence]]:
    """A paragraph in as few parts as the budget allows, of about equal length.

    Filling each part to the brim would leave a last part of one stray sentence. In a paragraph so
    long that equal parts do not fit soon, that is no matter: it is filled part by part.
    """
    start, end = sentences[0][0], sentences[-1][1]
    fewest = -(-count_tokens(text[start:end]) // budget.tokens)
    for count in range(min(fewest, len(sentences)), min(fewest + _TRIES, len(sentences))):
        target = (end - start) / count
        parts: list[list[Sentence]] = [[]]
        for sentence in sentences:
            middle = (sentence[0] + sentence[1]) / 2 - start
            if parts[-1] and middle >= target * len(parts) and len(parts) < count:
                parts.append([])
            parts[-1].append(sentence)
        if all(budget.holds(text[part[0][0] : part[-1][1]]) for part in parts):
            return parts
    filled: list[list[Sentence]] = [[]]
    for sentence in sentences:
        if filled[-1] and not budget.holds(text[filled[-1][0][0] : sentence[1]]):
            filled.append([])
        filled[-1].append(sentence)
    return filled


def _cut(text: str, sentence: Sentence, budget: Budget) -> Iterator[Sentence]:
    """A sentence as it is or, beyond the budget, in pieces at spaces (inside a word at worst)."""
    start, end = sentence
    while (low := _reach(text, start, end, budget)) < end:
        at_space = [match.end() for match in _WORD.finditer(text, start, low)]
        if at_space and at_space[-1] == low and not text[low].isspace():
            at_space.pop()  # the last word goes on beyond the cut
        yield trim(text, start, at_space[-1] if at_space else low)
        start, _ = trim(text, at_space[-1] if at_space else low, end)
    if start < end:
        yield start, end


def _reach(text: str, start: int, end: int, budget: Budget) -> int:
    """How far the budget reaches from `start`: `end` if all of it is held.

    Looks ahead in doubling steps, so the cost of a cut does not grow with the length of the rest.
    """
    low, step = min(start + 1, end), 4 * budget.tokens
    while budget.holds(text[start : (high := min(end, start + step))]):
        if high == end:
            return end
        low, step = high, 2 * step
    while high - low > 1:  # text[start:low] is the longest known to be held
        middle = (low + high) // 2
        if budget.holds(text[start:middle]):
            low = middle
        else:
            high = middle
    return low
