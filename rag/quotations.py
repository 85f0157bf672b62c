"""Where words stand in quotation marks: curly, straight, guillemets, low marks, single and nested.

Only the outermost marks count. A quotation may run over paragraphs: by custom each of them opens
with a mark and only the last one closes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.wording import listed

Range = tuple[int, int]

_CLOSED_BY = {"“": "”", "„": "“”", "«": "»", "‘": "’", '"': '"', "'": "'"}
"""Marks that open and what closes them. In „German“ style the closing mark is the English opening
one; »reversed« guillemets are not told from closing ones and open nothing."""

_MARKS = re.compile("[" + "".join(_CLOSED_BY) + "”»’]")
_TITLE_WORD = re.compile(r"[^\W\d_][\w’'-]*")

_LONGEST_SINGLE = 2_000
"""Characters between single marks: most of them are apostrophes, and none closes a far one."""

_SMALL_WORDS = listed(
    "a an and as at but by for from in into of on or over the to under up with vs via"
)
"""Words that stay small in English titles."""

_CAPITALS_OF_TITLE = 3
"""Shorter titles cannot be told from names ("Democratic AI"), and those are short enough to be
left to the author anyhow."""


def quotations(text: str, paragraphs: Sequence[Range]) -> list[Range]:
    """Quoted stretches in their order, marks included, none beyond its paragraph."""
    found: list[Range] = []
    for number, (start, end) in enumerate(paragraphs):
        after = paragraphs[number + 1][0] if number + 1 < len(paragraphs) else len(text)
        goes_on = text[after : after + 1] in ("“", '"', "«", "„", "‘")
        found += _in_paragraph(text, start, end, goes_on)
    return found


def is_title(quotation: str) -> bool:
    """True when a quotation is the title of a work: its longer words have capitals throughout."""
    words = [word for word in _TITLE_WORD.findall(quotation) if word not in _SMALL_WORDS]
    return len(words) >= _CAPITALS_OF_TITLE and all(word[0].isupper() for word in words)


def _in_paragraph(text: str, start: int, end: int, goes_on: bool) -> list[Range]:
    """`goes_on`: the next paragraph opens with a mark, so the last one here need not be closed."""
    found: list[Range] = []
    at = start
    while mark := _MARKS.search(text, at, end):
        at = mark.end()
        opener = mark.group()
        if opener not in _CLOSED_BY or not _opens(text, mark.start(), start, end):
            continue
        close = _closing(text, at, end, opener)
        if close is None and (opener in "'‘" or (opener == '"' and not goes_on)):
            continue  # an apostrophe, an inch, or a mark that somebody forgot
        at = end if close is None else close
        found.append((mark.start(), at))
    return found


def _opens(text: str, at: int, start: int, end: int) -> bool:
    """True when the mark at a place begins words, and does not end or join them."""
    before = text[at - 1] if at > start else " "
    after = text[at + 1] if at + 1 < end else " "
    if text[at] in "“„«":
        return True
    return not before.isalnum() and before not in ".,!?…’”" and not after.isspace()


def _closing(text: str, at: int, end: int, opener: str) -> int | None:
    """End of the mark that closes what `opener` opened; None when nothing does."""
    if opener in "'‘":
        return _single_closing(text, at, min(end, at + _LONGEST_SINGLE), opener)
    closers, depth = _CLOSED_BY[opener], 1
    for mark in _MARKS.finditer(text, at, end):
        sign = mark.group()
        if sign in closers:
            depth -= 1
            if depth == 0:
                return mark.end()
        elif sign == opener and opener in "“«":
            depth += 1
    return None


def _single_closing(text: str, at: int, end: int, opener: str) -> int | None:
    """The first mark behind a full stop or comma; of ‘curly’ ones else the first behind a word."""
    first: int | None = None
    place = text.find(_CLOSED_BY[opener], at, end)
    while place >= 0:
        if not text[place + 1 : place + 2].isalnum():
            if text[place - 1] in ".,!?…":
                return place + 1
            first = first or place + 1
        place = text.find(_CLOSED_BY[opener], place + 1, end)
    return first if opener == "‘" else None
