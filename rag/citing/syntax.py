"""pandoc's syntax tree: text and records into it, set text out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rag.citing.runs import Run

Inlines = Sequence[dict[str, Any]]

_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")


def words(text: str) -> list[dict[str, Any]]:
    """Words and the spaces between them. Nothing in a text is markup."""
    parts = re.split(r"( +)", text)
    return [{"t": "Space"} if part.isspace() else _str(part) for part in parts if part]


def quoted_words(text: str, as_it_is: bool = False) -> list[dict[str, Any]]:
    """Words of a title; what it quotes is marked, so that a style can alternate “ and ‘.

    `as_it_is` keeps a style from setting capitals.
    """
    content: list[dict[str, Any]] = []
    at = 0
    for found in _QUOTED.finditer(text):
        content += words(text[at : found.start()])
        content.append({"t": "Quoted", "c": [{"t": "DoubleQuote"}, words(found[1])]})
        at = found.end()
    content += words(text[at:])
    return [{"t": "Span", "c": [["", ["nocase"], []], content]}] if as_it_is else content


def _str(text: str) -> dict[str, Any]:
    return {"t": "Str", "c": text}


def meta(record: Mapping[str, Any], **ready: Inlines) -> dict[str, Any]:
    """A record of CSL as metadata; the fields of `ready` are already words."""
    values = {key: _meta_value(value) for key, value in record.items()}
    values |= {key: {"t": "MetaInlines", "c": list(value)} for key, value in ready.items()}
    return {"t": "MetaMap", "c": values}


def _meta_value(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return meta(value)
    if isinstance(value, list):
        return {"t": "MetaList", "c": [_meta_value(part) for part in value]}
    if isinstance(value, bool):
        return {"t": "MetaBool", "c": value}
    return {"t": "MetaInlines", "c": words(str(value))}


def runs_of(content: Iterable[dict[str, Any]], style: Run = Run("")) -> Iterator[Run]:  # noqa: B008
    """Set text out of inline elements. Raises `ValueError` for one that no style makes."""
    for element in content:
        kind: str = element["t"]
        inside: Any = element.get("c")
        if kind == "Str":
            yield replace(style, text=inside)
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            yield replace(style, text=" ")
        elif kind == "Emph":
            yield from runs_of(inside, replace(style, italic=not style.italic))
        elif kind == "SmallCaps":
            yield from runs_of(inside, replace(style, small_caps=True))
        elif kind in _AS_THEY_ARE:
            yield from runs_of(inside, style)
        elif kind == "Span":
            yield from runs_of(inside[1], _plainer(style, inside[0][1]))
        elif kind == "Link":
            yield from runs_of(inside[1], replace(style, url=inside[2][0]))
        else:
            raise ValueError(f"pandoc set something of the unknown kind {kind}")


_AS_THEY_ARE = frozenset(("Strong", "Superscript", "Subscript", "Underline"))
"""What the styles use in other references than these; the words stay."""


def _plainer(style: Run, classes: Sequence[str]) -> Run:
    """Styles take italics off again for what stands in italics already."""
    return replace(style, italic=False) if "csl-no-emph" in classes else style
