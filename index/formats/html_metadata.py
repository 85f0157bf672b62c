"""What a page says of itself: JSON-LD, Open Graph, Dublin Core, Highwire (`citation_*`) and others.

The more explicit statement wins: an article in JSON-LD (https://schema.org), then `<meta>` names,
then elements of the page. `published` from a bare `<time>` or from the address is uncertain. An
author who is the publisher is the publisher alone: the document speaks with that name either way,
and no person is made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from index.dates import normalised
from index.formats.json_ld import Node, article, names, nodes, resolved, strings

if TYPE_CHECKING:
    from lxml.etree import _Element

LONGEST = {"title": 500, "author": 500, "publisher": 300, "url": 2000, "licence": 500}
"""Characters of a field; the longest title of the first corpus has 120, browsers take addresses of
2,000, and scholarly pages name dozens of authors."""

_META = {
    "title": ("citation_title", "dc.title", "dcterms.title", "og:title", "twitter:title"),
    "author": (
        *("citation_author", "author", "dc.creator", "dcterms.creator", "article:author"),
        *("parsely-author", "sailthru.author", "byl"),
    ),
    "publisher": ("citation_publisher", "dc.publisher", "dcterms.publisher", "publisher"),
    "published": (
        *("article:published_time", "datepublished", "citation_publication_date"),
        *("citation_online_date", "citation_date", "dc.date.issued", "dcterms.issued", "dc.date"),
        *("dcterms.date", "dcterms.created", "og:published_time", "parsely-pub-date", "date"),
        *("pubdate", "publishdate", "sailthru.date"),
    ),
    "language": ("content-language", "dc.language", "dcterms.language", "og:locale"),
    "url": ("og:url", "citation_public_url"),
    "licence": ("dcterms.license", "dc.rights.license", "dc.rights", "dcterms.rights"),
}
_SITE = ("og:site_name",)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_BY = re.compile(r"by\s+(?=\S)", re.IGNORECASE)
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)(?:[/-](\d\d))?(?=[/-])")
_BETWEEN = re.compile(r"\s+[|–—\-:·»]\s+")
_SAVED = re.compile(
    r"<!--\s*saved from url=\(\d+\)(?P<a>https?://\S+)|"
    r"Page saved with SingleFile\s+url:\s*(?P<b>https?://\S+)"
)
_SAVED_WITHIN = 4096
"""Characters: browsers and SingleFile put the address of what they save at the top."""

Found = tuple[dict[str, str], tuple[str, ...], list[str]]


def page_metadata(tree: _Element, text: str = "") -> Found:
    """Fields of `index.metadata.FIELDS`, which of them are uncertain, and notes for people.

    `text` is the page as it is in the file, for what stands in its comments.
    """
    known, notes = nodes(tree)
    page = _Page(tree, _metas(tree), article(known), known)
    values: dict[str, str] = {}
    uncertain: list[str] = []
    for field in LONGEST:
        for value in page.candidates(field, text[:_SAVED_WITHIN]):
            if len(value) <= LONGEST[field]:
                values[field] = value
                break
            notes.append(f"metadata ignored: {field} of {len(value):,} characters")
    if language := page.language():
        values["language"] = language
    if published := page.published(values.get("url", "")):
        values["published"] = published[0]
        uncertain += ["published"] if published[1] else []
    if values.get("author", "").casefold() == values.get("publisher", "").casefold():
        values.pop("author", None)
    if "title" in values:
        values["title"] = _without_site(values["title"], page.first(_SITE))
    return values, tuple(uncertain), notes


@dataclass(frozen=True, slots=True)
class _Page:
    """Where a page says things: its tree, its `<meta>`, its article in JSON-LD."""

    tree: _Element
    metas: dict[str, list[str]]
    article: Node
    known: dict[str, Node]

    def first(self, keys: Iterable[str]) -> str:
        return next((value for key in keys for value in self.metas.get(key, ())), "")

    def candidates(self, field: str, top: str) -> Iterator[str]:
        """Values of a field, the most explicit first, as one clean line each."""
        sources = {
            "title": self._titles,
            "author": self._authors,
            "publisher": self._publishers,
            "url": self._urls,
            "licence": self._licences,
        }
        return (value for value in map(clean, sources[field](top)) if value)

    def _titles(self, top: str) -> Iterator[str]:
        yield from strings(self.article.get("headline")) or strings(self.article.get("name"))
        yield self.first(_META["title"])
        yield self.tree.findtext(".//title") or ""

    def _authors(self, top: str) -> Iterator[str]:
        yield _listed(names(self.article.get("author"), self.known))
        for key in _META["author"]:
            yield _listed(self.metas.get(key, []))
        marked = [_inside(e) for e in self.tree.iter("a", "link") if "author" in _rel(e)]
        yield _listed(marked or [_name_of(e) for e in self._properties("author")])

    def _publishers(self, top: str) -> Iterator[str]:
        yield _listed(names(self.article.get("publisher"), self.known)[:1])
        yield self.first((*_META["publisher"], *_SITE))

    def _urls(self, top: str) -> Iterator[str]:
        links = [e.get("href") for e in self.tree.iter("link") if "canonical" in _rel(e)]
        saved = _SAVED.search(top)
        said = [*links, self.first(_META["url"]), *strings(self.article.get("url"))]
        said += [saved["a"] or saved["b"]] if saved else []
        return (url for url in said if url and _ADDRESS.fullmatch(url.strip()))

    def _licences(self, top: str) -> Iterator[str]:
        linked = [e for e in self.tree.iter("link", "a") if "license" in _rel(e)]
        yield from (e.get("href") or _inside(e) for e in linked[:1])
        licence = resolved(self.article.get("license"), self.known)
        yield from strings(licence.get("url") or licence.get("@id") or licence.get("name"))
        yield self.first(_META["licence"])

    def language(self) -> str:
        root = self.tree if self.tree.tag == "html" else self.tree.find(".//html")
        xml = "{http://www.w3.org/XML/1998/namespace}lang"
        own = [] if root is None else [root.get("lang"), root.get(xml), root.get("xml:lang")]
        said = [*own, *strings(self.article.get("inLanguage")), self.first(_META["language"])]
        tags = (tag.strip() for tag in said if tag)
        # "en-GB" is English: a document is asked for by its language alone
        return next((tag[:3].rstrip("-_").lower() for tag in tags if _LANGUAGE.fullmatch(tag)), "")

    def published(self, url: str) -> tuple[str, bool] | None:
        """The day of publication, and whether it was only inferred."""
        stated = [*strings(self.article.get("datePublished"))]
        stated += [value for key in _META["published"] for value in self.metas.get(key, ())]
        stated += [_dated(e) for e in self._properties("datePublished")]
        times = list(self.tree.iter("time"))
        marked = [t for t in times if t.get("pubdate") is not None or "published" in _classes(t)]
        for value in (*stated, *map(_dated, marked)):
            if date := normalised(value[:200]):
                return date
        path = _DATED_PATH.search(url)
        inferred = [*map(_dated, times[:1]), "-".join(filter(None, path.groups())) if path else ""]
        dates = (normalised(value[:200]) for value in inferred)
        return next(((date[0], True) for date in dates if date), None)

    def _properties(self, name: str) -> list[_Element]:
        """Elements of HTML microdata: https://html.spec.whatwg.org/multipage/microdata.html"""
        return [
            e
            for e in self.tree.iter()
            if isinstance(e.tag, str) and name in (e.get("itemprop") or "").split()
        ]


def _metas(tree: _Element) -> dict[str, list[str]]:
    """Contents of `<meta>` by their names in lower case, `dc:` and `dc_` as `dc.`"""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = clean(element.get("content") or "")
        names = (element.get(key) for key in ("name", "property", "itemprop", "http-equiv"))
        for name in {re.sub(r"^(dc|dcterms)[:_]", r"\1.", n.strip().lower()) for n in names if n}:
            if content:
                found.setdefault(name, []).append(content)
    return found


def clean(value: str) -> str:
    """One line without control characters; entities that were escaped twice are read."""
    text = unescape(value) if "&" in value else value
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())


def _listed(values: Iterable[str]) -> str:
    """Names in one line, each once; addresses and "By" are none."""
    found = (_BY.sub("", clean(value), count=1) for value in values)
    return ", ".join(dict.fromkeys(n for n in found if n and not _ADDRESS.match(n)))


def _without_site(title: str, site: str) -> str:
    """The title without the site's name at its end, where the page says that it is the name."""
    parts = list(_BETWEEN.finditer(title))
    if site and parts and title[parts[-1].end() :].casefold() == site.casefold():
        return title[: parts[-1].start()].strip() or title
    return title


def _rel(element: _Element) -> list[str]:
    return (element.get("rel") or "").lower().split()


def _classes(element: _Element) -> list[str]:
    return (element.get("class") or "").split()


def _inside(element: _Element) -> str:
    return clean("".join(element.itertext()))


def _name_of(element: _Element) -> str:
    """The name in a marked-up person: that of the property inside it, else all its words."""
    inner = next((e for e in element.iter() if e.get("itemprop") == "name"), element)
    return inner.get("content") or _inside(inner)


def _dated(element: _Element) -> str:
    return element.get("datetime") or element.get("content") or _inside(element)
