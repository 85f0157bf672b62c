"""A text put together from paragraphs, for formats that hold no text of their own.

Paragraphs are joined by a blank line, white space inside them is one space (a no-break space stays
what it is), and every place is counted while the text grows, so that none is ever searched for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.documents import Anchor, Section
from index.reading import Reading

PARTING = "\n\n"
CELLS = " | "
"""Between the cells of a row: a mark that no sentence holds, so two cells never read as one."""

LONGEST_HEADING = 200
"""Characters. A longer paragraph in a heading's style is prose: headings of the style guides that
we know (Chicago, APA) stay on two lines, which is 150 characters or so."""

_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_UNFIT = re.compile("[\0\ud800-\udfff]")
"""NUL and halves of surrogate pairs: characters that no UTF-8 text file could hold."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a paragraph; `anchor` names the place where it starts."""

    text: str
    hidden: bool = False
    anchor: str = ""


class Composer:
    """Collects paragraphs in order; `reading` gives the text and all places in it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._paragraphs: list[tuple[int, int]] = []
        self._sections: list[Section] = []
        self._anchors: list[Anchor] = []
        self._hidden: list[tuple[int, int]] = []
        self._waiting: list[str] = []

    def paragraph(self, pieces: Iterable[Piece], *, heading: bool = False, part: str = "") -> bool:
        """Adds a paragraph, unless it is empty. True when it was added.

        A `heading` is a section of its own words. `part` names a section without a line of its own,
        such as a row of a table, which begins here. Anchors of an empty paragraph go to the next.
        """
        start = self._length + (len(PARTING) if self._parts else 0)
        texts, anchors, hidden, length = self._laid_out(pieces, start)
        if not length:
            self._waiting += [anchor.name for anchor in anchors]
            return False
        end = start + length
        if self._parts:
            self._parts.append(PARTING)
        self._parts += texts
        self._length = end
        self._paragraphs.append((start, end))
        self._anchors += [Anchor(name, start) for name in self._waiting]
        self._waiting = []
        self._anchors += anchors
        self._add_hidden(hidden)
        if part:
            self._sections.append(Section(part, start, start))
        elif heading and length <= LONGEST_HEADING:
            self._sections.append(Section("".join(texts), start, end))
        return True

    def _laid_out(
        self, pieces: Iterable[Piece], start: int
    ) -> tuple[list[str], list[Anchor], list[tuple[int, int]], int]:
        """The texts of a paragraph at `start`, with its anchors, hidden spans and length."""
        texts: list[str] = []
        anchors: list[Anchor] = []
        hidden: list[tuple[int, int]] = []
        at, spaced = start, True
        for piece in pieces:
            if piece.anchor:
                anchors.append(Anchor(piece.anchor, at))
            text = fit(_SPACE.sub(" ", piece.text))
            if spaced and text.startswith(" "):
                text = text[1:]
            if not text:
                continue
            texts.append(text)
            if piece.hidden:
                hidden.append((at, at + len(text)))
            at += len(text)
            spaced = text[-1] == " "
        if texts and spaced:
            texts[-1] = texts[-1][:-1]
            at -= 1
        anchors = [Anchor(anchor.name, min(anchor.start, at)) for anchor in anchors]
        return texts, anchors, [(a, min(b, at)) for a, b in hidden if a < at], at - start

    def _add_hidden(self, spans: Sequence[tuple[int, int]]) -> None:
        for start, end in spans:
            if self._hidden and self._hidden[-1][1] == start:
                start = self._hidden.pop()[0]
            self._hidden.append((start, end))

    def include(self, reading: Reading) -> None:
        """Adds all of another reading, its places moved to where its text stands here."""
        if not reading.text:
            return
        moved = self._length + (len(PARTING) if self._parts else 0)
        if self._parts:
            self._parts.append(PARTING)
        self._parts.append(reading.text)
        self._length = moved + len(reading.text)
        self._paragraphs += [(moved + a, moved + b) for a, b in reading.paragraphs]
        self._sections += [
            Section(section.title, moved + section.start, moved + section.end)
            for section in reading.sections
        ]
        self._anchors += [Anchor(name, moved) for name in self._waiting]
        self._waiting = []
        self._anchors += [Anchor(a.name, moved + a.start) for a in reading.anchors]
        self._add_hidden([(moved + a, moved + b) for a, b in reading.hidden])

    @property
    def length(self) -> int:
        """Code points so far."""
        return self._length

    @property
    def hidden_length(self) -> int:
        """Code points so far that nobody sees who looks at the source."""
        return sum(end - start for start, end in self._hidden)

    def reading(
        self,
        metadata: dict[str, str],
        notes: Iterable[str] = (),
        uncertain: Iterable[str] = (),
    ) -> Reading:
        return Reading(
            text="".join(self._parts),
            paragraphs=tuple(self._paragraphs),
            sections=tuple(self._sections),
            metadata=metadata,
            anchors=tuple(self._anchors),
            hidden=tuple(self._hidden),
            notes=tuple(notes),
            uncertain=tuple(name for name in uncertain if name in metadata),
        )


def count(number: int, one: str, many: str = "") -> str:
    """`1 comment`, `1,204 characters`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def flat(text: str) -> str:
    """Text on one line; no-break spaces stay what they are."""
    return _SPACE.sub(" ", text).strip(" ")


def fit(text: str) -> str:
    """U+FFFD for the characters that text cannot hold; half a surrogate pair comes from UTF-7."""
    return _UNFIT.sub("\ufffd", text)


def one_line(text: str) -> str:
    """A value of the metadata: one line, no characters that text cannot hold."""
    return fit(" ".join(text.split()))
