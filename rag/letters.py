"""Earlier messages that a message carries along: which words are theirs, and who wrote them.

The reader of mail stands each such part under a section without words (`index.formats.mail_body`).
What it is introduced by ("On 3 May Ruta Marsk wrote:", "From: Ruta Marsk") is all that tells whose
words they are; where it does not, they are nobody's known, and never the sender's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.documents import Document
from index.formats.mail_body import FORWARDED, QUOTED

_ADDRESS = r"[\w.+-]{1,64}@[\w.-]{1,255}"
_CAPITAL = r"[^\W\d_a-z][\w’'.-]{0,30}"
_NAME = rf"(?:{_CAPITAL}(?:\s{_CAPITAL}){{0,3}}|{_ADDRESS})"
_SHUT_IN = r"(?:\s?[<(\[][^<>()\[\]]{1,320}[>)\]])?"
"""An address behind a name, in brackets."""
_WROTE = re.compile(
    rf"(?P<name>{_NAME}){_SHUT_IN}\s(?:wrote|a écrit|escribió|ha scritto|escreveu)\s?:\Z"
    rf"|schrieb\s(?P<german>{_NAME}){_SHUT_IN}\s?:\Z"
)
_FROM = re.compile(rf"(?:[-\s\w]{{0,40}}-{{3,}}\s)?\*?From:\*?\s(?P<name>{_NAME})")
_TIME = re.compile(r"(?:(?:[AP]M|[A-Z]{1,2}T|[A-Z]{2,3}ST|UTC|GMT)\s)+")
"""Half of the day or time zone in front of a name: "10:04 AM CEST Ruta Marsk wrote:"."""
_INTRODUCTION = 400
"""Characters of the longest line that is looked at for who wrote what follows."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Words of an earlier message, and who wrote them as far as that is told."""

    start: int
    end: int
    writer: str | None


def letters(document: Document) -> Iterator[Letter]:
    """The paragraphs of earlier messages, without the lines that introduce them.

    Behind a second introduction within a part the first writer may go on: what stands below it is
    nobody's for sure.
    """
    parts = [section for section in document.sections if section.start == section.end]
    ends = [*(part.start for part in parts[1:]), len(document.text)]
    for part, end in zip(parts, ends, strict=False):  # without parts one end is left over
        if part.title in (QUOTED, FORWARDED):
            low, high = (bisect_left(document.paragraphs, (at, 0)) for at in (part.start, end))
            yield from _written(document.text, document.paragraphs[low:high])


def _written(text: str, paragraphs: Sequence[tuple[int, int]]) -> Iterator[Letter]:
    """What of one part was written by whom."""
    writer: str | None = None
    introductions = 0
    for start, end in paragraphs:
        name, introduces = _introduced(text[start:end])
        if introduces:
            introductions += 1
            writer = name if introductions == 1 else None
        else:
            yield Letter(start, end, writer)


def _introduced(line: str) -> tuple[str | None, bool]:
    """Who wrote what follows, and whether the line says so at all."""
    if len(line) > _INTRODUCTION:
        return None, False
    wrote = _WROTE.search(line)
    if wrote:
        return _TIME.sub("", wrote["name"] or wrote["german"], count=1), True
    header = _FROM.match(line)
    return (header["name"], True) if header else (None, line.rstrip().endswith("wrote:"))
