"""A quote in terms that other programs know: W3C Web Annotation selectors, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONTEXT = 32
"""Code points before and after a quote by which it is found again, as Hypothesis, the annotation
tool, has them."""

_TAKEN = (
    *("number", "document", "source", "sha256", "quote", "speaker", "voice", "reported_by"),
    *("page", "page_end", "page_index", "paragraph", "section", "anchor", "hidden", "ocr", "boxes"),
)


def quote_row(citation: Mapping[str, Any], prefix: str, suffix: str) -> dict[str, Any]:
    """Of a citation of an Answer object, and of what stands beside its quote."""
    return {key: citation.get(key) for key in _TAKEN} | {
        "selectors": [
            {
                "type": "TextQuoteSelector",
                "exact": citation["quote"],
                "prefix": prefix,
                "suffix": suffix,
            },
            {
                "type": "TextPositionSelector",
                "start": citation["start"],
                "end": citation["end"],
            },
        ]
    }


def beside(text: str, start: int, end: int) -> tuple[str, str]:
    """The code points before and after a quote, as far as there are any."""
    return text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
