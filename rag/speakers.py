"""Who speaks at a place of a document: its author, somebody quoted, a commenter, a caption."""

from __future__ import annotations

from index.documents import Document
from rag.answer import Voice


def voice_at(document: Document, start: int, end: int) -> Voice:
    """Whose words stand between two code points of a document."""
    return Voice(document.speaker)


def lead(voice: Voice, text: str) -> str:
    """How a sentence begins that must say whose it is; empty when its text names the speaker."""
    return ""
