"""A walk through a Word document, element by element, in the order in which it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.formats.composing import CELLS, Composer, Piece
from index.formats.docx_styles import (
    OFF,
    TITLE,
    Styles,
    is_dark,
    is_heading,
    is_numbered,
    level_of,
    look_of,
)
from index.formats.elements import DARK, PLAIN, Look, child, children, local, value
from index.formats.office import anchor_name, numeral

if TYPE_CHECKING:
    from lxml import etree

_GONE = ("del", "moveFrom")
_SILENT = {
    *("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "tblPrEx", "trPr", "tcPr", "sdtPr", "sdtEndPr"),
    *("instrText", "delInstrText", "delText", "fldData", "rt", "Fallback", "commentReference"),
    *("annotationRef", "footnoteRef", "endnoteRef", "separator", "continuationSeparator"),
    *("smartTagPr", "customXmlPr", "ctrlPr", "docPr", "cNvPr", "textpath", "nvSpPr"),
    *("posOffset", "align", "pctWidth", "pctHeight", "binData"),
}
"""Elements whose content is no text that a reader sees."""
_CHARACTERS = {
    "tab": " ",
    "ptab": " ",
    "br": " ",
    "cr": " ",
    "noBreakHyphen": "\u2011",
    "softHyphen": "\u00ad",
}
_NOTE_KINDS = {"footnoteReference": "footnote", "endnoteReference": "endnote"}


def letters(element: etree._Element | None) -> str:
    """All text below an element without its white space."""
    if element is None:
        return ""
    found = (e.text or "" for e in element.iter() if isinstance(e.tag, str) and local(e.tag) == "t")
    return "".join("".join(found).split())


def _written(element: etree._Element) -> str:
    """The text of `w:t`; spaces at its ends count only when it says so (17.3.3.31)."""
    text = str(element.text or "")
    return text if value(element, "space") == "preserve" else text.strip(" \t\r\n")


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for name, found in children(row):
        if name == "tc":
            yield found
        elif name not in _SILENT:
            yield from _cells(found)


def _on_dark(look: Look, dark: bool) -> Look:
    return DARK.over(look) if dark else look


@dataclass(slots=True)
class Walk:
    """A walk through a document in its order; elements nest at most 256 deep (libxml2)."""

    styles: Styles
    numbering: dict[str, str]
    composer: Composer = field(default_factory=Composer)
    counts: Counter[str] = field(default_factory=Counter)
    title: str = ""
    _pieces: list[Piece] = field(default_factory=list)
    _boxes: list[etree._Element] = field(default_factory=list)
    _marks: dict[tuple[str, str], str] = field(default_factory=dict)
    _part: str = ""

    def blocks(self, element: etree._Element, look: Look) -> None:
        """The paragraphs and tables below an element."""
        for name, found in children(element):
            if name == "p":
                self._paragraph(found, look)
            elif name == "tbl":
                self._table(found, look)
            elif name in _GONE:
                self._deleted(found)
            elif name == "bookmarkStart":
                self._bookmark(found)
            elif name == "altChunk":
                self.counts["embedded"] += 1
            elif name not in _SILENT:
                self.blocks(found, look)

    def _paragraph(self, element: etree._Element, look: Look) -> None:
        properties = child(element, "pPr")
        style = self.styles[value(child(properties, "pStyle"))]
        if style.name.startswith("toc "):
            self.counts["contents"] += len(letters(element))
            return
        dark = style.shaded or is_dark(child(properties, "shd"))
        self._inline(element, _on_dark(style.look.over(look), dark))
        if child(properties, "rPr", "del") is not None:
            return  # the end of this paragraph is deleted: it goes on in the next one
        level = level_of(properties)
        numbered = style.numbered or is_numbered(properties)
        self._finish(style.level if level is None else level, numbered)

    def _finish(self, level: int | None = None, numbered: bool = False) -> None:
        """The pieces so far become a paragraph; what its text boxes hold follows it."""
        pieces, self._pieces = self._pieces, []
        boxes, self._boxes = self._boxes, []
        added = self.composer.paragraph(pieces, heading=is_heading(level), part=self._part)
        if added:
            self._part = ""
        if added and level == TITLE and not self.title:
            self.title = "".join(piece.text for piece in pieces)
        self.counts["numbered"] += added and numbered
        for box in boxes:
            self.blocks(box, DARK)  # what a box is painted with is not looked at

    def _table(self, table: etree._Element, look: Look) -> None:
        properties = child(table, "tblPr")
        shaded = self.styles[value(child(properties, "tblStyle"))].shaded
        self._rows(table, _on_dark(look, shaded or is_dark(child(properties, "shd"))))

    def _rows(self, element: etree._Element, look: Look) -> None:
        for name, row in children(element):
            if name == "tr":
                self._row(row, look)
            elif name not in _SILENT:
                self._rows(row, look)

    def _row(self, row: etree._Element, look: Look) -> None:
        """A row is a paragraph; one with a single cell is a frame around paragraphs."""
        if child(row, "trPr", "del") is not None:
            self._deleted(row)
            return
        cells = list(_cells(row))
        if len(cells) == 1:
            self.blocks(cells[0], _on_dark(look, is_dark(child(cells[0], "tcPr", "shd"))))
            return
        self._finish()  # what a deleted end of a paragraph left
        pieces: list[Piece] = []
        for cell in cells:
            self._cell(cell, _on_dark(look, is_dark(child(cell, "tcPr", "shd"))))
            texts, self._pieces = self._pieces, []
            if any(piece.text.strip() for piece in texts):
                pieces += [Piece(CELLS)] if pieces else []
                pieces += texts
        self._pieces = pieces
        self._finish()

    def _cell(self, element: etree._Element, look: Look) -> None:
        """All text of a cell in one line, tables within it too."""
        for name, found in children(element):
            if name == "p":
                style = self.styles[value(child(found, "pPr", "pStyle"))]
                dark = style.shaded or is_dark(child(found, "pPr", "shd"))
                self._inline(found, _on_dark(style.look.over(look), dark))
                self._pieces.append(Piece(" "))
            elif name in _GONE:
                self._deleted(found)
            elif name not in _SILENT:
                self._cell(found, look)

    def _inline(self, element: etree._Element, look: Look) -> None:
        """The text below an element, piece by piece."""
        for name, found in children(element):
            if name == "t":
                self._pieces.append(Piece(_written(found), look.hidden))
            elif name in _CHARACTERS:
                self._pieces.append(Piece(_CHARACTERS[name], look.hidden))
            elif name == "r":
                self._inline(found, self._run_look(found, look))
            elif name in _GONE:
                self._deleted(found)
            elif name in _NOTE_KINDS:
                self._reference(found, _NOTE_KINDS[name])
            elif name == "bookmarkStart":
                self._bookmark(found)
            elif name == "txbxContent":
                self._boxes.append(found)
            elif name == "sym":
                self.counts["symbols"] += 1
            else:
                self._other(name, found, look)

    def _other(self, name: str, element: etree._Element, look: Look) -> None:
        if name == "object":
            self.counts["embedded"] += 1
        if name in ("ins", "moveTo"):
            self.counts["inserted"] += 1
        if name not in _SILENT:
            self._inline(element, look)

    def _run_look(self, run: etree._Element, look: Look) -> Look:
        properties = child(run, "rPr")
        style = self.styles[value(child(properties, "rStyle"))]
        return look_of(properties).over(style.look.over(look))

    def _deleted(self, element: etree._Element) -> None:
        for found in element.iter():
            if isinstance(found.tag, str) and local(found.tag) in ("delText", "t"):
                self.counts["deleted"] += len(found.text or "")

    def _bookmark(self, element: etree._Element) -> None:
        self._pieces.append(Piece("", anchor=anchor_name(value(element, "name"))))

    def _reference(self, element: etree._Element, kind: str) -> None:
        """The mark of a note. One with a mark of its own shows that, in the run behind."""
        own = (value(element, "customMarkFollows") or "0") not in OFF
        number = ""
        if not own:
            self.counts[kind] += 1
            number = numeral(self.counts[kind], self.numbering[kind])
            self._pieces.append(Piece(f"[{number}]"))
        self._marks.setdefault((kind, value(element, "id") or ""), number)

    def notes(self, kind: str, part: etree._Element | None) -> None:
        """The notes that the text refers to, in its order, each a part of its own."""
        elements = {value(note, "id") or "": note for _, note in children(part)}
        for (of_kind, note_id), mark in list(self._marks.items()):
            if of_kind == kind and note_id in elements and letters(elements[note_id]):
                self._pieces = [Piece(f"[{mark}] ")] if mark else []
                self._part = f"{kind} {mark}".strip()
                self.blocks(elements[note_id], PLAIN)
                self._part = ""
