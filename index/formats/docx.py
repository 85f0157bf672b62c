"""Word documents (DOCX, ECMA-376): paragraphs in the order of the document, as they stand there.

A row of a table is a paragraph; footnotes and endnotes stand behind the text, each a part of its
own with the mark that refers to it; text boxes follow the paragraph that holds them. A tracked
insertion is text, a tracked deletion is not. There are no pages: where they break depends on the
program and its fonts, and what the file says of it is a memory of the last time it was printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.errors import InputError
from index.formats.composing import count
from index.formats.docx_styles import Styles
from index.formats.docx_walk import Walk, letters
from index.formats.elements import PLAIN, child, children, value
from index.formats.magic import WORD
from index.formats.office import authors, document_metadata, left_out, refuse, text_in_frames
from index.formats.zipped import Package
from index.reading import DEFAULTS, Options, Reading

if TYPE_CHECKING:
    from lxml import etree

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


def read_docx(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A Word document; `InputError` for another format, a password, macros or damage."""
    refuse(data, source, WORD)
    package = Package(data, source)
    main = _main_part(package)
    body = child(package.xml(main), "body")
    if body is None:
        raise InputError(f"{source}: no text in this Word document", "get a whole copy of it")
    parts = _related(package, main)
    walk = Walk(Styles(_part(package, parts, "styles")), _numbering(package, parts, body))
    walk.blocks(body, PLAIN)
    for kind in ("footnote", "endnote"):
        walk.notes(kind, _part(package, parts, f"{kind}s"))
    if not walk.composer.length:
        raise InputError(f"{source}: no text in this Word document", "leave it out")
    core = _part(package, _related(package, ""), "core-properties")
    stated = {name: element.text for name, element in children(core)}
    metadata, uncertain, notes = document_metadata(
        stated.get("title"),
        stated.get("creator"),
        stated.get("created"),
        stated.get("language"),
        shown=walk.title,
    )
    return walk.composer.reading(metadata, (*notes, *_notes(package, parts, walk)), uncertain)


def _main_part(package: Package) -> str:
    """The name of the part with the text, which the package's relations tell."""
    names = _related(package, "").get("officeDocument", ())
    main = names[0] if names else "word/document.xml"
    types = package.xml("[Content_Types].xml")
    kind = next(
        (value(e, "ContentType") for _, e in children(types) if value(e, "PartName") == f"/{main}"),
        _MAIN,
    )
    if kind == _MACROS:
        raise InputError(
            f"{package.source}: a Word document with macros", "save it as .docx, without them"
        )
    if kind != _MAIN or main not in package.names:
        raise InputError(
            f"{package.source}: not a Word document, or one without its text",
            "get a whole copy of it, or give it the ending of its real format",
        )
    return main


def _related(package: Package, part: str) -> dict[str, list[str]]:
    """Names of the parts that a part refers to, by the kind of the relation."""
    folder, _, name = part.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    found: dict[str, list[str]] = {}
    for _, element in children(package.xml(f"{prefix}_rels/{name}.rels")):
        target = value(element, "Target") or ""
        if value(element, "TargetMode") == "External" or not target:
            continue
        path = target[1:] if target.startswith("/") else prefix + target
        found.setdefault((value(element, "Type") or "").rpartition("/")[2], []).append(path)
    return found


def _part(package: Package, parts: dict[str, list[str]], kind: str) -> etree._Element | None:
    return package.xml(parts[kind][0]) if parts.get(kind) else None


def _numbering(
    package: Package, parts: dict[str, list[str]], body: etree._Element
) -> dict[str, str]:
    """How the marks of notes are numbered; Word writes endnotes in Roman numbers unless told."""
    formats = {"footnote": "decimal", "endnote": "lowerRoman"}
    settings = _part(package, parts, "settings")
    for properties in (settings, child(body, "sectPr")):
        for kind in formats:
            told = value(child(properties, f"{kind}Pr", "numFmt"))
            formats[kind] = told or formats[kind]
    return formats


def _notes(package: Package, parts: dict[str, list[str]], walk: Walk) -> Iterator[str]:
    """What was left out, for people."""
    counts = walk.counts
    if counts["deleted"]:
        yield left_out("text deleted with tracked changes", counts["deleted"])
    if counts["inserted"]:
        yield f"tracked changes: {count(counts['inserted'], 'insertion')} read as text"
    comments = _part(package, parts, "comments")
    if comments is not None and len(comments):
        names = [value(element, "author") for _, element in children(comments)]
        yield f"left out: {count(len(names), 'comment')}{authors(names)}"
    frames = [package.xml(name) for kind in ("header", "footer") for name in parts.get(kind, ())]
    if in_frames := text_in_frames(map(letters, frames)):
        yield left_out("running heads and feet", in_frames)
    if counts["contents"]:
        yield left_out("table of contents", counts["contents"])
    if counts["numbered"]:
        yield (
            "left out: the bullets and numbers that the program makes for "
            f"{count(counts['numbered'], 'paragraph')}"
        )
    if counts["symbols"]:
        yield f"left out: {count(counts['symbols'], 'sign')} of fonts without letters"
    if counts["embedded"]:
        yield f"left out: {count(counts['embedded'], 'embedded file')}"
    if walk.composer.hidden_length:
        yield f"hidden text: {count(walk.composer.hidden_length, 'character')}"
