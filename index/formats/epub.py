"""E-books: chapters in reading order, printed pages, headings and contents as sections.

An anchor is `PATH#ID`, the path being that in the archive: whoever unpacks it finds the place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.documents import Page, Section
from index.errors import InputError
from index.formats.blocks import Block, compose
from index.formats.epub_package import Archive, Package, Target, refuse_encrypted, resolved
from index.formats.html import hidden_note, left_out, styles_of, without_controls
from index.formats.html_encoding import decoded
from index.formats.markup import Walk
from index.formats.trees import xhtml_tree
from index.reading import DEFAULTS, Options, Reading

MIMETYPE = b"application/epub+zip"
MOST_NAMED = 5
"""Files that one note names."""
_PAGES_OF_TEXT = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


class _Binding:
    """Chapters bound to one text: names of places get the path of their file."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.apart: dict[str, list[str]] = {}
        self._anchors: tuple[tuple[str, int], ...] = ()
        self._pages: tuple[tuple[str, int], ...] = ()

    def add(self, path: str, walk: Walk) -> None:
        """What begins where a file has no text yet begins with the text that follows."""
        self._anchors += ((path, 0),)
        for block in walk.blocks:
            own = ((f"{path}#{name}", at) for name, at in block.anchors)
            anchors, pages = (*self._anchors, *own), (*self._pages, *block.pages)
            self.blocks.append(replace(block, anchors=anchors, pages=pages))
            self._anchors = self._pages = ()
        self._anchors += tuple((f"{path}#{name}", 0) for name in walk.open_anchors)
        self._pages += tuple((label, 0) for label in walk.open_pages)
        for what, texts in walk.apart.items():
            self.apart.setdefault(what, []).extend(texts)


def read_epub(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A book: its chapters in reading order as one text; `InputError` for one that is protected.

    A chapter that cannot be read is named in the notes, and the others go on.
    """
    archive = Archive(data, source)
    notes = list(_odd_mimetype(archive))
    refuse_encrypted(archive)
    package = Package(archive)
    metadata, uncertain = package.metadata()
    binding = _Binding()
    faults: dict[str, list[str]] = {}
    for fault, path in _bind(archive, package, binding):
        faults.setdefault(fault, []).append(path)
    if not binding.blocks:
        why = "; ".join(_listed(fault, paths) for fault, paths in faults.items())
        raise InputError(f"{source}: no text in it{why and f' ({why})'}", "leave it out")
    reading = compose(binding.blocks)
    try:
        reading = _with_tables(reading, *package.tables())
    except InputError as error:
        notes.append(f"table of contents not read ({error.what.removeprefix(source)[2:]})")
    notes += [_listed(fault, paths) for fault, paths in faults.items()]
    notes += [left_out(what, texts) for what, texts in binding.apart.items()]
    notes += hidden_note(reading)
    return replace(reading, metadata=metadata, uncertain=uncertain, notes=tuple(notes))


def _odd_mimetype(archive: Archive) -> Iterator[str]:
    found = archive.read("mimetype")
    if found is None:
        yield "its mimetype is missing: an EPUB says application/epub+zip there"
    elif found.strip() != MIMETYPE:
        said = found[:60].decode("utf-8", errors="replace").strip()
        yield f"its mimetype is “{said}”, not application/epub+zip"


def _listed(fault: str, paths: Sequence[str]) -> str:
    """A note on some files of the book, however many."""
    more = f" and {len(paths) - MOST_NAMED:,} more" if len(paths) > MOST_NAMED else ""
    return f"{fault}: {', '.join(paths[:MOST_NAMED])}{more}"


def _bind(archive: Archive, package: Package, binding: _Binding) -> Iterator[tuple[str, str]]:
    """Binds the chapters; yields what is odd or missing, and the path of the file."""
    order, outside = package.reading_order()
    sheets: dict[str, str] = {}
    for item in order:
        if "nav" in item.properties:
            yield "left out: the table of contents", item.path
        elif item.media_type not in _PAGES_OF_TEXT:
            yield f"left out: of type {item.media_type or 'unknown'}", item.path
        else:
            try:
                for fault in _chapter(archive, item.path, sheets, binding):
                    yield fault, item.path
            except InputError as error:
                yield error.what.removeprefix(f"{archive.source}: {item.path}: "), item.path
    for item in outside:
        yield "left out: outside the reading order", item.path


def _chapter(
    archive: Archive, path: str, sheets: dict[str, str], binding: _Binding
) -> Iterator[str]:
    data = archive.read(path)
    if data is None:
        yield "named in the reading order, and not there"
        return
    where = f"{archive.source}: {path}"
    text, notes = without_controls(decoded(data, where))
    yield from notes
    tree, well_formed = xhtml_tree(text, where)
    if not well_formed:
        yield "not well-formed XHTML, read as HTML"
    for link in tree.iter("link"):
        sheet = resolved(path, link.get("href") or "")
        if "stylesheet" in (link.get("rel") or "").lower() and sheet not in sheets:
            # a sheet may be in any encoding; its rules are ASCII, and all else is names of fonts
            sheets[sheet] = (archive.read(sheet) or b"").decode("utf-8", errors="replace")
    linked = (resolved(path, e.get("href") or "") for e in tree.iter("link"))
    binding.add(path, Walk(tree, styles_of(tree, [sheets[s] for s in linked if s in sheets])))


def _with_tables(
    reading: Reading, contents: Sequence[Target], printed: Sequence[Target]
) -> Reading:
    """Sections and pages that only the book's tables name, besides those that the text itself has.

    A section from a table has no line of its own; at a heading the heading's words stand.
    """
    places = {anchor.name: anchor.start for anchor in reading.anchors}
    taken = {section.start for section in reading.sections}
    sections = list(reading.sections)
    for target in contents:
        if (start := places.get(target.place)) is not None and start not in taken:
            sections.append(Section(target.label, start, start))
            taken.add(start)
    labels = {page.label for page in reading.pages}
    pages = list(reading.pages)
    for target in printed:
        if (start := places.get(target.place)) is not None and target.label not in labels:
            pages.append(Page(target.label, start))
            labels.add(target.label)
    return replace(
        reading,
        sections=tuple(sorted(sections, key=lambda section: section.start)),
        pages=tuple(sorted(pages, key=lambda page: page.start)),
    )
