"""Citations as W3C Web Annotations: https://www.w3.org/TR/annotation-model/ (JSON-LD).

The target is the quote: its words with enough around them to be found again in a text that has
changed, its place in code points, and its page where the source has pages. The bodies are the
sentences of the answer that it bears. The model has no motivation "citing" or "quoting"; of those
it has, "highlighting" is what a quote does.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from index.documents import Document
from index.intake import TOOL
from index.layout import Box
from rag.answer import Citation
from rag.citing.fields import in_one_line
from rag.citing.fragments import only_once, web_address

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_PDF_FRAGMENTS = "http://tools.ietf.org/rfc/rfc3778"
"""What the model names for fragments of PDF: pages count from 1, lengths are points from the top
left corner."""

AROUND = 32
"""Characters of prefix and suffix, which are doubled until the quote is unique with them."""


def web_annotations(
    citations: Sequence[Citation], generated: datetime, borne: Mapping[int, Sequence[str]] = {}
) -> str:
    """A JSON array with an annotation for each citation.

    `borne` are the sentences that a citation bears, by its number; `generated` needs a time zone.
    """
    made = [annotation(c, generated, borne.get(c.number, ())) for c in citations]
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def annotation(
    citation: Citation, generated: datetime, sentences: Sequence[str] = ()
) -> dict[str, Any]:
    """One citation. Its identity is that of the file's bytes, the place and the moment."""
    document, span = citation.document, citation.span
    moment = generated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = f"{named_by_hash(document)}#{span.start}-{span.end}@{moment}"
    software = {"type": "Software", "name": TOOL}
    return {
        "@context": CONTEXT,
        "id": uuid.uuid5(uuid.NAMESPACE_URL, name).urn,
        "type": "Annotation",
        "motivation": "highlighting",
        "creator": software,
        "created": moment,
        "generator": software,
        "generated": moment,
        **({"body": [_body(sentence) for sentence in sentences]} if sentences else {}),
        "target": {
            "type": "SpecificResource",
            "source": _source(document),
            "selector": _selectors(citation),
        },
    }


def named_by_hash(document: Document) -> str:
    """The address of a file's bytes, wherever they lie (RFC 6920, "Naming Things with Hashes")."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(document.sha256)).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"


def _body(sentence: str) -> dict[str, str]:
    return {
        "type": "TextualBody",
        "value": sentence,
        "format": "text/plain",
        "purpose": "describing",
    }


def _source(document: Document) -> dict[str, str]:
    """The web address where there is one; the hash of the bytes goes with it either way."""
    hashed = named_by_hash(document)
    known = {
        "id": web_address(document.url) or hashed,
        "language": document.language,
        "dcterms:title": in_one_line(document.title or ""),
        "dcterms:identifier": hashed,
    }
    return {key: value for key, value in known.items() if value}


def _selectors(citation: Citation) -> list[dict[str, Any]]:
    prefix, suffix = context(citation.document.text, citation.span.start, citation.span.end)
    quoted = {"type": "TextQuoteSelector", "exact": citation.quote}
    around = {"prefix": prefix, "suffix": suffix}
    selectors: list[dict[str, Any]] = [
        quoted | {key: value for key, value in around.items() if value},
        {
            "type": "TextPositionSelector",
            "start": citation.span.start,
            "end": citation.span.end,
        },
    ]
    if boxes := citation.boxes:
        fragment = {"type": "FragmentSelector", "conformsTo": _PDF_FRAGMENTS}
        selectors.append(fragment | {"value": page_fragment(boxes)})
    return selectors


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and behind a quote, as much as makes it unique in its text."""
    around = AROUND
    while True:
        first, last = max(0, start - around), min(len(text), end + around)
        if (first, last) == (0, len(text)) or only_once(text, text[first:last]):
            return text[first:start], text[end:last]
        around *= 2


def page_fragment(boxes: Sequence[Box]) -> str:
    """The page on which a quote begins, and the rectangle around its words there."""
    page = boxes[0].page
    here = [box for box in boxes if box.page == page]
    left, top = min(box.left for box in here), min(box.top for box in here)
    width = max(box.right for box in here) - left
    height = max(box.bottom for box in here) - top
    sides = ",".join(f"{length:.2f}" for length in (left, top, width, height))
    return f"page={page + 1}&viewrect={sides}"
