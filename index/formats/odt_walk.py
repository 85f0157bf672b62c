"""A walk through an OpenDocument text, element by element, in the order in which it is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from index.formats.composing import CELLS, Composer, Piece
from index.formats.elements import DARK, PLAIN, Look, child, children, local, value
from index.formats.odt_styles import Styles
from index.formats.office import anchor_name

if TYPE_CHECKING:
    from lxml import etree

_CONTENTS = {
    *("table-of-content", "illustration-index", "table-index", "object-index"),
    *("alphabetical-index", "user-index"),
}
_SILENT = {
    *("tracked-changes", "forms", "event-listeners", "script", "ruby-text", "annotation-end"),
    *("title", "desc", "binary-data", "covered-table-cell", "change", "change-end", "note"),
    *("sequence-decls", "variable-decls", "user-field-decls", "object", "object-ole"),
}
"""Elements whose content is no text that a reader sees; `svg:title` describes a picture."""
_SPACES = {"s", "tab", "line-break"}
_BOOKMARKS = {"bookmark", "bookmark-start"}
_ROWS = {"table-header-rows", "table-rows", "table-row-group"}
_PARAGRAPHS = ("p", "h")


@dataclass(slots=True)
class Walk:
    """Collects a document's text; elements nest at most 256 deep (libxml2)."""

    styles: Styles
    composer: Composer = field(default_factory=Composer)
    counts: Counter[str] = field(default_factory=Counter)
    commenters: list[str | None] = field(default_factory=list)
    title: str = ""
    _pieces: list[Piece] = field(default_factory=list)
    _boxes: list[etree._Element] = field(default_factory=list)
    _notes: list[tuple[str, str, etree._Element]] = field(default_factory=list)
    _part: str = ""
    _hide: bool = False

    def blocks(self, element: etree._Element, look: Look) -> None:
        """The paragraphs, lists and tables below an element."""
        for name, found in children(element):
            if name in _PARAGRAPHS:
                self._paragraph(name, found, look)
            elif name == "table":
                self._rows(found, self.styles.get("table", found).look.over(look))
            elif name == "section":
                self.blocks(found, self._section_look(found, look))
            elif name == "list-item":
                self.counts["items"] += 1
                self.blocks(found, look)
            else:
                self._aside(name, found, look)

    def _aside(self, name: str, element: etree._Element, look: Look) -> None:
        """What stands between paragraphs and is none."""
        if name == "annotation":
            self._comment(element)
        elif name in _CONTENTS:
            self.counts["contents"] += len(letters(element))
        elif name == "tracked-changes":
            regions = (found for _, region in children(element) for found in children(region))
            self.counts["deleted"] += sum(len(letters(e)) for n, e in regions if n == "deletion")
        elif name not in _SILENT:
            self.blocks(element, look)

    def _section_look(self, section: etree._Element, look: Look) -> Look:
        """A section is shown, hidden, or hidden by a condition that held when it was saved."""
        display = value(section, "display") or "true"
        if display == "none" or (display == "condition" and value(section, "is-hidden") == "true"):
            return replace(look, vanished=True)
        return look

    def _paragraph(self, name: str, element: etree._Element, look: Look) -> None:
        style = self.styles.get("paragraph", element)
        self._inline(element, style.look.over(look))
        self._finish(heading=name == "h" or style.title, title=style.title)

    def _finish(self, *, heading: bool = False, title: bool = False) -> None:
        """The pieces so far become a paragraph; what its frames hold follows it."""
        pieces, self._pieces = self._pieces, []
        boxes, self._boxes = self._boxes, []
        if self._hide:
            pieces, self._hide = [replace(piece, hidden=True) for piece in pieces], False
        if self.composer.paragraph(pieces, heading=heading, part=self._part):
            self._part = ""
            if title and not self.title:
                self.title = "".join(piece.text for piece in pieces)
        for box in boxes:
            self.blocks(box, DARK)  # what a frame is painted with is not looked at

    def _rows(self, element: etree._Element, look: Look) -> None:
        for name, row in children(element):
            if name == "table-row":
                self._row(row, look)
            elif name in _ROWS:
                self._rows(row, look)

    def _row(self, row: etree._Element, look: Look) -> None:
        """A row is a paragraph; one with a single cell is a frame around paragraphs."""
        cells = [found for name, found in children(row) if name == "table-cell"]
        looks = [self.styles.get("table-cell", cell).look.over(look) for cell in cells]
        if len(cells) == 1:
            self.blocks(cells[0], looks[0])
            return
        pieces: list[Piece] = []
        for cell, cell_look in zip(cells, looks, strict=True):
            self._cell(cell, cell_look)
            texts, self._pieces = self._pieces, []
            if any(piece.text.strip() for piece in texts):
                pieces += [Piece(CELLS)] if pieces else []
                pieces += texts
        self._pieces = pieces
        self._finish()

    def _cell(self, element: etree._Element, look: Look) -> None:
        """All text of a cell in one line, tables within it too."""
        for name, found in children(element):
            if name in _PARAGRAPHS:
                self._inline(found, self.styles.get("paragraph", found).look.over(look))
                self._pieces.append(Piece(" "))
            elif name == "annotation":
                self._comment(found)
            elif name not in _SILENT:
                self._cell(found, look)

    def _inline(self, element: etree._Element, look: Look) -> None:
        """The text of an element and, behind each element in it, the text that follows."""
        self._text(element.text, look)
        for found in element:
            if isinstance(found.tag, str):
                self._within(local(found.tag), found, look)
            self._text(found.tail, look)

    def _text(self, text: str | None, look: Look) -> None:
        if text:
            self._pieces.append(Piece(text, look.hidden))

    def _within(self, name: str, element: etree._Element, look: Look) -> None:
        """One element inside a paragraph."""
        if name in _SPACES:
            self._text(" ", look)
        elif name == "span":
            self._inline(element, self.styles.get("text", element).look.over(look))
        elif name in _BOOKMARKS:
            self._pieces.append(Piece("", anchor=anchor_name(value(element, "name"))))
        elif name == "note":
            self._note(element)
        elif name == "annotation":
            self._comment(element)
        elif name == "change-start":
            self.counts["inserted"] += 1
        elif name == "hidden-text" and value(element, "is-hidden") != "false":
            self._text(value(element, "string-value"), replace(look, vanished=True))
        elif name == "hidden-paragraph":
            self._hide = self._hide or value(element, "is-hidden") != "false"
        elif is_drawn(element):
            self._boxes.append(element)
        elif name not in _SILENT:
            self._inline(element, look)

    def _comment(self, element: etree._Element) -> None:
        creator = child(element, "creator")
        self.commenters.append(None if creator is None else creator.text)

    def _note(self, element: etree._Element) -> None:
        """The mark where a note is referred to, as the document shows it; its text comes later."""
        citation, body = child(element, "note-citation"), child(element, "note-body")
        mark = " ".join("".join(citation.itertext()).split()) if citation is not None else ""
        if mark:
            self._pieces.append(Piece(f"[{mark}]"))
        if body is not None:
            self._notes.append((value(element, "note-class") or "footnote", mark, body))

    def notes(self) -> None:
        """Footnotes, then endnotes, in the order of the text, each a part of its own."""
        for kind in ("footnote", "endnote"):
            for of_kind, mark, body in self._notes:
                if of_kind == kind and letters(body):
                    self._pieces = [Piece(f"[{mark}] ")] if mark else []
                    self._part = f"{kind} {mark}".strip()
                    self.blocks(body, PLAIN)
                    self._part = ""


def is_drawn(element: etree._Element) -> bool:
    """True for frames and shapes, which hold paragraphs of their own."""
    return str(element.tag).startswith("{urn:oasis:names:tc:opendocument:xmlns:drawing:")


def letters(element: etree._Element) -> str:
    """All text in the paragraphs below an element without its white space."""
    found = element.iter()
    paragraphs = (e for e in found if isinstance(e.tag, str) and local(e.tag) in _PARAGRAPHS)
    return "".join("".join("".join(e.itertext()) for e in paragraphs).split())
