"""JSON-LD in a page, as far as it describes an article: https://www.w3.org/TR/json-ld11/

Contexts are not fetched; names are taken as those of schema.org, as all pages mean them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

Node = dict[str, Any]

LARGEST = 1_000_000
"""Characters of a script that is read; those of news pages have some thousands."""
MOST_NODES = 10_000
_DEEPEST = 5
"""Nodes within nodes that are looked into for an article or a name."""

_TYPES = (
    *("NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle"),
    *("BackgroundNewsArticle", "ReviewNewsArticle", "AskPublicNewsArticle", "Article"),
    *("BlogPosting", "LiveBlogPosting", "Report", "ScholarlyArticle", "MedicalScholarlyArticle"),
    *("TechArticle", "AdvertiserContentArticle", "SatiricalArticle", "SocialMediaPosting"),
    *("Legislation", "Thesis", "Book", "Chapter", "Review", "CreativeWork"),
    *("WebPage", "ItemPage", "AboutPage", "FAQPage"),
)
"""Types that are the page's own text, the best first: pages name a `WebPage` beside an article."""


def nodes(tree: _Element) -> tuple[dict[str, Node], list[str]]:
    """The nodes of a page by their `@id`, made up where there is none; notes on what is ignored."""
    known: dict[str, Node] = {}
    notes: list[str] = []
    for script in tree.iter("script"):
        if (script.get("type") or "").split(";")[0].strip().lower() != "application/ld+json":
            continue
        text = script.text or ""
        if len(text) > LARGEST:
            notes.append(f"JSON-LD ignored: {len(text):,} characters")
            continue
        try:
            value = json.loads(text.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError) as error:
            notes.append(f"JSON-LD ignored: {getattr(error, 'msg', 'nested too deep or too long')}")
            continue
        for node in _nodes(value, _DEEPEST):
            if len(known) < MOST_NODES:
                _join(known, node)
    return known, list(dict.fromkeys(notes))


def _nodes(value: Any, deeper: int) -> Iterator[Node]:
    """The objects of a document, those of a graph, and what a page is about."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, (dict, list)) and deeper:
                yield from _nodes(item, deeper - 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            if isinstance(value.get(key), (dict, list)) and deeper:
                yield from _nodes(value[key], deeper - 1)


def _join(known: dict[str, Node], node: Node) -> None:
    """Two nodes with one `@id` are one node; the first to say something is believed."""
    identity = node.get("@id")
    key = identity if isinstance(identity, str) else f"_:{len(known)}"
    known[key] = node | known.get(key, {})


def article(known: dict[str, Node]) -> Node:
    """The node of the best type; the first of several; empty when the page has none."""
    ranked = [(_rank(node), number) for number, node in enumerate(known.values())]
    rank, number = min(ranked, default=(len(_TYPES), 0))
    return list(known.values())[number] if rank < len(_TYPES) else {}


def _rank(node: Node) -> int:
    types = strings(node.get("@type"))
    return min((_TYPES.index(kind) for kind in types if kind in _TYPES), default=len(_TYPES))


def strings(value: Any) -> list[str]:
    """The strings of a value, which may be one or several."""
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str) and not _has_surrogate(v)]


def _has_surrogate(text: str) -> bool:
    """JSON can spell half a surrogate pair, which no file can hold."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def resolved(value: Any, known: dict[str, Node]) -> Node:
    """The node a value is or refers to; a string is a node of that name."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict):
        return {}
    identity = value.get("@id")
    return value | known.get(identity, {}) if isinstance(identity, str) else value


def names(value: Any, known: dict[str, Node]) -> list[str]:
    """The names of persons or organisations."""
    values = value if isinstance(value, list) else [value]
    found = (resolved(item, known).get("name") for item in values if not isinstance(item, list))
    return [name for said in found for name in strings(said)]
