"""A conversation as a Word document (ECMA-376, WordprocessingML) with real footnotes.

python-docx has no footnotes, so the few parts are written here; those that never change are in
`ui.thread_docx_parts`. What is written from right to left is marked as such, paragraphs and words
alike. The same conversation is the same bytes.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from rag.answer import Answer, Citation
from rag.citing import PLAIN, Note
from rag.citing.fields import in_one_line
from rag.citing.fragments import link, web_address
from rag.citing.runs import Run
from ui import thread_docx_parts as parts
from ui.thread_parts import Section, TakingStrings, Told, made_by, sections
from ui.words import words

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_DUBLIN = "http://purl.org/dc/elements/1.1/"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_NO_XML = re.compile("[\ufffe\uffff]")
"""What XML 1.0 (2.2) has no place for, beside the controls and halves that `in_one_line` drops."""

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # that a zip can name


def thread_docx(answers: Sequence[Answer], language: str = "en", style: str = PLAIN) -> bytes:
    """The whole conversation, oldest question first; the notes are set in a style."""
    own = words(TakingStrings, language)
    writer = _Writer(own)
    writer.paragraph("Title", [Run(own.thread)])
    for section in sections(answers, language, style):
        writer.section(section)
    writer.paragraph("Closing", [Run(made_by(language))])
    return writer.zipped(own.thread)


def reads_from_right(text: str) -> bool:
    """The direction of a text is that of its first letter that has one (UAX #9, rule P2)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def directed(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces of one direction (true: from the right); what has none, such as spaces and
    digits, goes with what stands before it."""
    piece, from_right = "", reads_from_right(text)
    for character in text:
        kind = unicodedata.bidirectional(character)
        now = kind != "L" if kind in ("L", "R", "AL") else from_right
        if now != from_right and piece:
            yield piece, from_right
            piece = ""
        piece, from_right = piece + character, now
    if piece:
        yield piece, from_right


class _Writer:
    """Writes paragraphs, and footnotes beside them. lxml is imported when it is needed."""

    def __init__(self, strings: TakingStrings) -> None:
        from lxml import etree

        self._etree, self._strings = etree, strings
        spaces = {"w": _MAIN, "r": _LINKS}
        self._document = etree.Element(_w("document"), nsmap=spaces)
        self._body = self._add(self._document, "body")
        self._notes = etree.Element(_w("footnotes"), nsmap=spaces)
        self._addresses: list[str] = []
        self._cited: dict[int, Citation] = {}
        for number, kind, element in parts.SEPARATORS:
            note = self._add(self._notes, "footnote", type=kind, id=number)
            self._add(self._add(self._add(note, "p"), "r"), element)

    def section(self, section: Section) -> None:
        self.paragraph("Heading1", [Run(section.question)])
        for remark in section.remarks:
            self.paragraph("Remark", [Run(remark)])
        if section.no_answer:
            heading, reason = section.no_answer
            self.paragraph("Remark", [Run(heading)])
            self.paragraph("Normal", [Run(reason)])
        for told in section.told:
            if told.heading:
                self.paragraph("Remark", [Run(told.heading)])
            self._tell(told)
        for line in section.account:
            self.paragraph("Account", [Run(line)])

    def paragraph(self, style: str, runs: Sequence[Run], within: Any = None) -> Any:
        paragraph = self._add(self._body if within is None else within, "p")
        properties = self._add(paragraph, "pPr")
        self._add(properties, "pStyle", val=style)
        if reads_from_right("".join(run.text for run in runs)):
            self._add(properties, "bidi")
        for run in runs:
            self._run(paragraph, run)
        return paragraph

    def _tell(self, told: Told) -> None:
        """The sentences, with a mark behind each for its footnotes."""
        notes = dict(zip((c.number for c in told.found.citations), told.notes, strict=True))
        cited = {citation.number: citation for citation in told.found.citations}
        paragraph = self.paragraph("Normal", [Run(told.found.claims[0][0])])
        for place, (sentence, numbers) in enumerate(told.found.claims):
            if place:
                self._run(paragraph, Run(f" {sentence}"))
            for number in dict.fromkeys(numbers):
                mark = self._mark(paragraph)
                if number in notes:
                    self._add(mark, "footnoteReference", id=str(number))
                    self._note(cited.pop(number), notes.pop(number))
                else:  # a note has one mark; to point at it again, its number is written
                    self._add(mark, "t").text = str(number)

    def _note(self, citation: Citation, note: Note) -> None:
        """A footnote: the exact words, where they are from, and the way to them."""
        within = self._add(self._notes, "footnote", id=str(citation.number))
        quote = f"“{in_one_line(citation.quote)}” "
        paragraph = self.paragraph("FootnoteText", [], within)
        if reads_from_right(quote):
            self._add(paragraph[0], "bidi")
        self._add(self._mark(paragraph), "footnoteRef")
        span = citation.span
        place = link(citation.document, span.start, span.end)
        opened = [Run(" "), Run(self._strings.in_place, url=place)] if place else []
        for run in (Run(" "), Run(quote), *note.runs, *opened):
            self._run(paragraph, run)

    def _mark(self, paragraph: Any) -> Any:
        run = self._add(paragraph, "r")
        self._add(self._add(run, "rPr"), "rStyle", val="FootnoteReference")
        return run

    def _run(self, paragraph: Any, run: Run) -> None:
        """Characters set alike, cut where the direction changes; spaces at the ends count."""
        address = web_address(run.url)
        if address:
            self._addresses.append(address)
            paragraph = self._add(paragraph, "hyperlink")
            paragraph.set(f"{{{_LINKS}}}id", f"rId{len(self._addresses)}")
        for text, from_right in directed(_clean(run.text)):
            element = self._add(paragraph, "r")
            properties = self._add(element, "rPr")
            wanted = {"i": run.italic, "iCs": run.italic, "smallCaps": run.small_caps}
            if address:
                self._add(properties, "rStyle", val="Hyperlink")
            for name in (name for name, is_so in (wanted | {"rtl": from_right}).items() if is_so):
                self._add(properties, name)
            written = self._add(element, "t")
            written.set(_SPACE, "preserve")
            written.text = text

    def _add(self, parent: Any, name: str, **attributes: str) -> Any:
        named = {_w(key): value for key, value in attributes.items()}
        return self._etree.SubElement(parent, _w(name), named)

    def zipped(self, title: str) -> bytes:
        """The package, its members without times."""
        members = {
            "[Content_Types].xml": parts.CONTENT_TYPES.encode(),
            "_rels/.rels": parts.ROOT_RELATIONS.encode(),
            "docProps/core.xml": self._core(title),
            "word/document.xml": self._written(self._document),
            "word/_rels/document.xml.rels": parts.DOCUMENT_RELATIONS.encode(),
            "word/footnotes.xml": self._written(self._notes),
            "word/_rels/footnotes.xml.rels": self._relations(),
            "word/settings.xml": parts.SETTINGS.encode(),
            "word/styles.xml": parts.STYLES.encode(),
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in members.items():
                package.writestr(zipfile.ZipInfo(name, _FIRST_DAY), data, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    def _relations(self) -> bytes:
        root = self._etree.Element(f"{{{_PACKAGE}}}Relationships", nsmap={None: _PACKAGE})
        for number, address in enumerate(self._addresses, 1):
            told = {"Type": f"{_LINKS}/hyperlink", "Target": address, "TargetMode": "External"}
            self._etree.SubElement(
                root, f"{{{_PACKAGE}}}Relationship", {"Id": f"rId{number}", **told}
            )
        return self._written(root)

    def _core(self, title: str) -> bytes:
        root = self._etree.Element(f"{{{_CORE}}}coreProperties", nsmap={"cp": _CORE, "dc": _DUBLIN})
        self._etree.SubElement(root, f"{{{_DUBLIN}}}title").text = title
        return self._written(root)

    def _written(self, root: Any) -> bytes:
        data: bytes = self._etree.tostring(
            root, xml_declaration=True, encoding="UTF-8", standalone=True
        )
        return data


def _w(name: str) -> str:
    return f"{{{_MAIN}}}{name}"


def _clean(text: str) -> str:
    """In one line, with a space at either end where there was one."""
    kept = in_one_line(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    if not kept:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{kept}{' ' * text[-1].isspace()}"
