"""What is known of a document, as JSON: for the command line and for programs alike."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from index.documents import Document
from index.layout import boxes
from index.metadata import FIELDS
from rag.answer import box_json
from rag.pinpoints import pinpoint, pinpoint_json
from ui.terminal_documents import format_of


def listed(document: Document) -> dict[str, Any]:
    """What a list of documents says of each."""
    known = {field: getattr(document, field) for field in ("id", "source", "sha256", *FIELDS)}
    return known | {
        "parent": document.parent,
        "uncertain": list(document.uncertain),
        "format": format_of(document),
        "pages": len(document.pages),
        "notes": list(document.notes),
    }


def whole(document: Document) -> dict[str, Any]:
    """All that the index knows of a document but the boxes of its words: `--at` gives those."""
    fields = asdict(document)
    del fields["layout"]
    return fields | {"format": format_of(document)}


def place(document: Document, start: int, end: int) -> dict[str, Any]:
    """A span of code points, and where it stands on pages."""
    return {
        "id": document.id,
        "source": document.source,
        "start": start,
        "end": end,
        "text": document.text[start:end],
        **pinpoint_json(pinpoint(document, start, end)),
        "boxes": [box_json(box) for box in boxes(document.layout, start, end)],
    }
