"""OpenDocument texts (ODT, ISO/IEC 26300): paragraphs in the order of the document.

A row of a table is a paragraph; notes stand behind the text, each a part of its own with the mark
that refers to it; what a frame holds follows the paragraph that holds the frame. Pages are left to
the program that shows the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.errors import InputError
from index.formats.composing import count
from index.formats.elements import PLAIN, child, children
from index.formats.magic import TEXT
from index.formats.odt_styles import Styles
from index.formats.odt_walk import Walk, letters
from index.formats.office import authors, document_metadata, left_out, refuse, text_in_frames
from index.formats.zipped import Package
from index.reading import DEFAULTS, Options, Reading

if TYPE_CHECKING:
    from lxml import etree

_FRAMES = ("header", "header-left", "header-first", "footer", "footer-left", "footer-first")


def read_odt(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """An OpenDocument text; `InputError` for another format, a password or damage."""
    refuse(data, source, TEXT)
    package = Package(data, source)
    _refuse_encrypted(package)
    content = package.xml("content.xml")
    body = child(content, "body", "text")
    if content is None or body is None:
        raise InputError(
            f"{source}: no text in this OpenDocument file",
            "get a whole copy of it, or give it the ending of its real format",
        )
    styles = package.xml("styles.xml")
    walk = Walk(Styles(child(styles, "styles"), child(content, "automatic-styles")))
    walk.blocks(body, PLAIN)
    walk.notes()
    if not walk.composer.length:
        raise InputError(f"{source}: no text in this OpenDocument file", "leave it out")
    stated = {
        name: element.text for name, element in children(child(package.xml("meta.xml"), "meta"))
    }
    metadata, uncertain, notes = document_metadata(
        stated.get("title"),
        stated.get("initial-creator") or stated.get("creator"),
        stated.get("creation-date"),
        stated.get("language"),
        shown=walk.title,
    )
    return walk.composer.reading(metadata, (*notes, *_notes(walk, styles)), uncertain)


def _refuse_encrypted(package: Package) -> None:
    manifest = package.xml("META-INF/manifest.xml")
    if any(child(entry, "encryption-data") is not None for _, entry in children(manifest)):
        raise InputError(f"{package.source}: has a password", "save a copy without the password")


def _notes(walk: Walk, styles: etree._Element | None) -> Iterator[str]:
    """What was left out, for people."""
    counts = walk.counts
    if counts["deleted"]:
        yield left_out("text deleted with tracked changes", counts["deleted"])
    if counts["inserted"]:
        yield f"tracked changes: {count(counts['inserted'], 'insertion')} read as text"
    if walk.commenters:
        yield f"left out: {count(len(walk.commenters), 'comment')}{authors(walk.commenters)}"
    frames = (
        letters(frame)
        for _, page in children(child(styles, "master-styles"))
        for name, frame in children(page)
        if name in _FRAMES
    )
    if in_frames := text_in_frames(frames):
        yield left_out("running heads and feet", in_frames)
    if counts["contents"]:
        yield left_out("tables of contents", counts["contents"])
    if counts["items"]:
        yield (
            "left out: the bullets and numbers that the program makes for "
            f"{count(counts['items'], 'paragraph')}"
        )
    if walk.composer.hidden_length:
        yield f"hidden text: {count(walk.composer.hidden_length, 'character')}"
