"""Blocks of text, how one is put together from pieces of markup, and how they become one text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.documents import Anchor, Page, Section
from index.reading import Reading

CELLS = frozenset(("td", "th"))
BLANK_LINE = "\n\n"
SPACES = re.compile(r"[ \t\n\r\f]+")
_LINE_ENDS = re.compile(r"\r\n?")

Places = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Text that stands by itself; places are code points in `text`.

    `level` is that of a heading, 0 for none; `hidden` is text that is not seen, all of it;
    `linked` counts the characters inside links that lead elsewhere; `region` is what a judge of
    its elements says of it; `home` is the number of the element that holds it.
    """

    text: str
    level: int = 0
    caption: bool = False
    hidden: bool = False
    region: str = ""
    linked: int = 0
    home: int = 0
    anchors: Places = ()
    pages: Places = ()


@dataclass(slots=True)
class Buffer:
    """The block being read; `last` is its last character, `solid` the last that is no white space.

    What is not seen in it goes to `unseen` and becomes a block behind it, so that the words of a
    block that is seen are those that are seen side by side.
    """

    parts: list[str] = field(default_factory=list)
    length: int = 0
    last: str = "\n"
    solid: str = ""
    linked: int = 0
    cells: int = 0
    anchors: list[tuple[str, int]] = field(default_factory=list)
    pages: list[tuple[str, int]] = field(default_factory=list)
    unseen: Buffer | None = None

    def add(self, text: str, hidden: bool = False, linked: bool = False, pre: bool = False) -> None:
        """Text with its white space collapsed, none at the start of a line; `pre` keeps all."""
        if hidden:
            self.unseen = self.unseen or Buffer()
            self.unseen.add(text, False, linked, pre)
            return
        if pre:
            text = _LINE_ENDS.sub("\n", text)
            text = text if self.length else text.lstrip("\n")
        else:
            text = SPACES.sub(" ", text)
            text = text[1:] if self.last in " \n" and text.startswith(" ") else text
        if not text:
            return
        self.parts.append(text)
        self.length += len(text)
        self.last = text[-1]
        self.solid = text.rstrip()[-1:] or self.solid
        self.linked += len(text) if linked else 0
        if self.unseen:
            self.unseen.add(" ")

    def line_end(self) -> None:
        """A line end without the space before it."""
        self._without_space()
        self.add("\n", pre=True)

    def _without_space(self) -> None:
        if self.last == " ":
            self.parts[-1] = self.parts[-1][:-1]
            self.length -= 1
            self.last = self.solid

    def gap(self, tag: str, hidden: bool) -> None:
        """What parts the blocks of a table row: cells, items of a list in a cell, all others."""
        if tag in CELLS:
            self.cells += 1
            self.add(" | " if self.cells > 1 else "")
        elif tag == "li" and not hidden and self.solid not in ("", "|"):
            self._without_space()
            self.add("; ")
        else:
            self.add(" ", hidden)

    def blocks(self, level: int, caption: bool, region: str, home: int) -> list[Block]:
        """The block that is seen and the one that is not; each only if it has text."""
        places, found = self, []
        for buffer in (self, self.unseen):
            text = "".join(buffer.parts).rstrip(" \t\n\xa0") if buffer else ""
            if not buffer or not text.strip(" |\n\xa0" if self.cells else " \n\xa0"):
                continue
            found.append(
                Block(
                    text=text,
                    level=level,
                    caption=caption,
                    hidden=buffer is not self,
                    region=region,
                    linked=min(buffer.linked, len(text)),
                    home=home,
                    anchors=tuple(_on_word(text, place) for place in places.anchors),
                    pages=tuple(_on_word(text, place) for place in places.pages),
                )
            )
            places = Buffer()  # names and pages belong to one of the two
        return found


def _on_word(text: str, place: tuple[str, int]) -> tuple[str, int]:
    """A place that is not white space, nor behind the end of the text."""
    name, at = place
    at = min(at, len(text) - 1)
    return name, at + (text[at] in " \n")


def compose(blocks: Sequence[Block]) -> Reading:
    """One text of blocks, parted by blank lines, with all places moved to where they are in it."""
    paragraphs: list[tuple[int, int]] = []
    sections: list[Section] = []
    hidden: list[tuple[int, int]] = []
    anchors: dict[str, int] = {}
    pages: list[Page] = []
    at = 0
    for block in blocks:
        end = at + len(block.text)
        paragraphs.append((at, end))
        if block.level and not block.hidden:
            sections.append(Section(" ".join(block.text.split()), at, end))
        hidden += [(at, end)] if block.hidden else []
        for name, place in block.anchors:
            anchors.setdefault(name, at + place)
        pages += [Page(label, at + place) for label, place in block.pages]
        at = end + len(BLANK_LINE)
    return Reading(
        text=BLANK_LINE.join(block.text for block in blocks),
        paragraphs=tuple(paragraphs),
        sections=tuple(sections),
        anchors=tuple(Anchor(name, start) for name, start in anchors.items()),
        hidden=tuple(hidden),
        pages=tuple(pages),
    )
