"""What an EPUB says of itself: its package document, and its tables of contents and of pages.

EPUB 3.3 (https://www.w3.org/TR/epub-33/), and the NCX of EPUB 2.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.dates import normalised
from index.errors import InputError
from index.formats.elements import child, children, value
from index.formats.html_encoding import decoded
from index.formats.html_metadata import clean
from index.formats.trees import xhtml_tree, xml_tree
from index.formats.zipped import Refused, opened, read_member

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST_PART = 16 * 2**20
"""Bytes of one file of a book, unpacked: a chapter has some 50 kB, a Bible in one file 5 MB."""

LARGEST_BOOK = 128 * 2**20
"""Bytes of all files of a book that are read, unpacked; pictures and fonts are not."""

MOST_ENTRIES = 20_000
"""Entries of a table of contents or of pages that are read."""

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_METHODS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Ways to disguise fonts; the text of the book is not encrypted."""
_TYPE = "{http://www.idpf.org/2007/ops}type"


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the book: its path in the archive, its type, and what it is for."""

    path: str
    media_type: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A place of a book that a table names: `path` or `path#id`."""

    label: str
    place: str


class Archive:
    """The files of a book, read within limits; nothing is written to disk."""

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._archive = opened(data, source)
        self._members = {member.filename: member for member in self._archive.infolist()}
        self._left = LARGEST_BOOK

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when there is none of this path."""
        if path not in self._members:
            return None
        try:
            data = read_member(self._archive, self._members[path], min(LARGEST_PART, self._left))
        except Refused as refused:
            raise InputError(
                f"{self.source}: {path}: {refused}", "get a whole copy of the book"
            ) from refused
        self._left -= len(data)
        return data

    def xml(self, path: str) -> _Element | None:
        data = self.read(path)
        return None if data is None else xml_tree(data, f"{self.source}: {path}")


def resolved(base: str, href: str) -> str:
    """The path in the archive that a reference in the file `base` means, with its `#id`; a path
    that leads out of the archive leads to no file in it."""
    path, mark, name = href.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(path)))
    return (path if href and href[0] != "#" else base) + mark + unquote(name)


def refuse_encrypted(archive: Archive) -> None:
    """Raises `InputError` for a book whose text is encrypted (DRM): it cannot be read."""
    root = archive.xml(_ENCRYPTION)
    if root is None:
        return
    methods = [e.get("Algorithm") or "" for e in root.iter("{*}EncryptionMethod")]
    # EncryptedKey has a method of its own, so a book with keys is one whose text is encrypted.
    if any(method not in _FONT_METHODS for method in methods):
        raise InputError(
            f"{archive.source}: protected (DRM), {len(methods)} parts in {_ENCRYPTION}",
            "get a copy without protection from its publisher",
        )


class Package:
    """The package document: `metadata`, reading order, and the tables."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.path = _package_path(archive)
        root = archive.xml(self.path)
        if root is None:
            raise InputError(
                f"{archive.source}: {_CONTAINER} names {self.path!r}, which is not there",
                "get a whole copy of the book",
            )
        self._metadata = child(root, "metadata")
        self._spine = child(root, "spine")
        self._items = dict(self._manifest(child(root, "manifest")))

    def _manifest(self, manifest: _Element | None) -> Iterator[tuple[str, Item]]:
        for name, item in children(manifest):
            if name == "item":
                path = resolved(self.path, item.get("href") or "").partition("#")[0]
                properties = tuple((item.get("properties") or "").split())
                yield item.get("id") or "", Item(path, item.get("media-type") or "", properties)

    def reading_order(self) -> tuple[list[Item], list[Item]]:
        """The files of the book from first to last, each once, and those that stand outside of its
        reading order, such as notes to be shown in a window."""
        order: dict[str, Item] = {}
        outside: list[Item] = []
        for name, reference in children(self._spine):
            item = self._items.get(reference.get("idref") or "") if name == "itemref" else None
            if item and reference.get("linear") == "no":
                outside.append(item)
            elif item:
                order.setdefault(item.path, item)
        return list(order.values()), outside

    def tables(self) -> tuple[list[Target], list[Target]]:
        """Contents and printed pages, of the navigation document or else of the NCX."""
        navigation = next((i for i in self._items.values() if "nav" in i.properties), None)
        if navigation and (data := self._archive.read(navigation.path)) is not None:
            where = f"{self._archive.source}: {navigation.path}"
            root, _ = xhtml_tree(decoded(data, where), where)
            tables = {n.get(_TYPE) or n.get("epub:type") or "": n for n in root.iter("nav")}
            found = (tables.get(kind) for kind in ("toc", "page-list"))
            contents, pages = (list(_links(table, navigation.path)) for table in found)
            return contents, pages
        toc = "" if self._spine is None else self._spine.get("toc") or ""
        item = self._items.get(toc)
        root = self._archive.xml(item.path) if item else None
        if root is None or item is None:
            return [], []
        contents, pages = (list(_points(root, kind, item.path)) for kind in _NCX)
        return contents, pages

    def metadata(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Fields of `index.metadata.FIELDS`, and which of them are uncertain."""
        said: dict[str, list[_Element]] = {}
        for name, element in children(self._metadata):
            said.setdefault(name, []).append(element)
        first = {name: _text(elements[0]) for name, elements in said.items()}
        creators = said.get("creator", [])
        authors = [e for e in creators if (value(e, "role") or "aut") == "aut"] or creators
        addresses = [_text(e) for name in ("identifier", "source") for e in said.get(name, [])]
        metadata = {
            "title": first.get("title", ""),
            "author": ", ".join(dict.fromkeys(filter(None, map(_text, authors)))),
            "publisher": first.get("publisher", ""),
            "language": re.split("[-_]", first.get("language", ""))[0].lower(),
            "url": next((a for a in addresses if re.fullmatch(r"https?://\S+", a)), ""),
            "licence": first.get("rights", ""),
        }
        if metadata["author"].casefold() == metadata["publisher"].casefold():
            metadata["author"] = ""
        date, uncertain = _published(said.get("date", []))
        known = {field: text for field, text in metadata.items() if 0 < len(text) <= _LONGEST}
        return known | ({"published": date} if date else {}), uncertain


_NCX = ("navPoint", "pageTarget")
_LONGEST = 2000


def _package_path(archive: Archive) -> str:
    root = archive.xml(_CONTAINER)
    if root is None:
        raise InputError(
            f"{archive.source}: not an EPUB ({_CONTAINER} is missing)", "get a whole copy of it"
        )
    paths = [e.get("full-path") or "" for e in root.iter("{*}rootfile")]
    return posixpath.normpath(paths[0]) if paths else ""


def _published(elements: list[_Element]) -> tuple[str, tuple[str, ...]]:
    """The date of publication; one of several that do not say what happened then is uncertain."""
    events = {value(e, "event") or "": e for e in reversed(elements)}
    chosen = events.get("publication", events.get("original-publication", events.get("")))
    date = normalised(_text(chosen)[:200]) if chosen is not None else None
    if not date:
        return "", ()
    unsaid = len(elements) > 1 and "publication" not in events
    return date[0], ("published",) if date[1] or unsaid else ()


def _links(table: _Element | None, base: str) -> Iterator[Target]:
    """Links of a navigation document."""
    for number, link in enumerate(() if table is None else table.iter("a")):
        if number >= MOST_ENTRIES:
            return
        if (label := _text(link)) and (href := link.get("href")):
            yield Target(label, resolved(base, href))


def _points(root: _Element, kind: str, base: str) -> Iterator[Target]:
    """Entries of an NCX."""
    for number, point in enumerate(root.iter(f"{{*}}{kind}")):
        label, content = child(point, "navLabel"), child(point, "content")
        if number >= MOST_ENTRIES:
            return
        if label is not None and content is not None and (src := content.get("src")):
            yield Target(_text(label), resolved(base, src))


def _text(element: _Element) -> str:
    """All words of an element in one line."""
    return clean("".join(element.itertext()))
