"""Pieces of HTML that every view uses: text made safe, a reference, a button to a place.

Documents are hostile: whatever comes from one, its metadata included, passes through `escaped` or
`html.escape` on its way out. `escaped` keeps the text to the code point: the text content of the
HTML it gives is the text it was given.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import PurePath
from urllib.parse import urlsplit

from index.documents import Document, Span
from rag.answer import Voice
from rag.pinpoints import Pinpoint
from ui.footnotes import cautions, containers, dated, is_inferred, where_in
from ui.strings import ENGLISH, Strings

_UNSEEN = re.compile(
    r"(?:[\x01-\x08\x0b\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    r"\U000e0000-\U000e007f]|(?!\A)\ufeff|(?<=[\x00-\u05ff])[\u200c\u200d])+"
)
"""Runs of what reorders or hides: control codes, marks of direction, zero-width characters, tags.
Not a byte order mark at the start, not joiners in the scripts that need them, not soft hyphens:
they are where they belong."""


def escaped(text: str) -> str:
    """Text as HTML whose text content is that text.

    A carriage return is written as a reference, since parsers turn a bare one into a line feed.
    Characters that reorder the text after them, or that nobody sees, are shut into a span of their
    own, where they reorder nothing and the style sheet shows that they are there: a quote reads as
    it is written.
    """
    safe = escape(text).replace("\r", "&#13;").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return _UNSEEN.sub(_shut_in, safe)


def hidden(text: str, strings: Strings) -> str:
    """Words that a reader of the source does not see; the style sheet shows what they are."""
    return f'<span class="unseen" data-name="{strings.hidden}">{escaped(text)}</span>'


def _shut_in(found: re.Match[str]) -> str:
    count = f" ×{len(found[0])}" if len(found[0]) > 1 else ""
    name = f"U+{ord(found[0][0]):04X}{count}"
    return f'<bdi class="control" data-name="{name}">{found[0]}</bdi>'


def safe_link(url: str) -> str:
    """The address as a link when it is a web address, else as plain text."""
    shown = escaped(url)
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return shown
    try:
        parts = urlsplit(url)
    except ValueError:
        return shown
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return shown
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def opener(span: Span, label: str) -> str:
    """A button that opens a place in the source; `page.js` sends its place to the server."""
    return (
        f'<button type="button" class="opener" data-place="{place(span)}">'
        f'<span class="label">{label}</span></button>'
    )


def place(span: Span) -> str:
    return escape(f"{span.document_id}:{span.start}-{span.end}")


def reference(
    document: Document,
    voice: Voice,
    place: Pinpoint,
    strings: Strings,
    *,
    titled: bool = True,
    dated: bool = True,
) -> str:
    """Speaker, title, publisher, date and place in one line, as far as they are known; each once.

    Then what warns of the words at that place, set off.
    """
    named = (voice.speaker, voice.reported_by if voice.kind == "quoted" else None)
    publisher = document.publisher if document.publisher not in named else None
    where = where_in(place, strings)
    parts = [
        f'<bdi class="speaker">{escaped(voice.speaker)}</bdi>' if voice.speaker else "",
        _kind(voice, strings),
        f"<cite><bdi>{escaped(title(document, strings))}</bdi></cite>" if titled else "",
        f"<bdi>{escaped(publisher)}</bdi>" if publisher else "",
        published(document, strings) if dated else "",
        f'<bdi class="pinpoint">{escaped(where)}</bdi>' if where else "",
        *(f'<span class="flag">{warning}</span>' for warning in cautions(place, strings)),
    ]
    return ", ".join(part for part in parts if part)


def _kind(voice: Voice, strings: Strings) -> str:
    """Whose voice it is where it is not the document's own."""
    if voice.kind == "author":
        return ""
    told = {"quoted": strings.quoted, "comment": strings.comment, "caption": strings.caption}
    words = told[voice.kind]
    if voice.kind == "quoted" and voice.reported_by:
        words = strings.quoted_by.format(reporter=f"<bdi>{escaped(voice.reported_by)}</bdi>")
    return f'<span class="voice {voice.kind}">{words}</span>'


def title(document: Document, strings: Strings = ENGLISH) -> str:
    """The title, else the file's name, and what the file is in."""
    name = PurePath(document.source).name
    if document.title or not (outer := containers(document)):
        return document.title or name
    return strings.inside.format(name=name, container=", ".join(outer))


def published(document: Document, strings: Strings) -> str:
    """The date of a document, marked where the source does not state it."""
    words = date(document.published, strings)
    return strings.inferred.format(date=words) if is_inferred(document) else words


def date(published: str | None, strings: Strings) -> str:
    """An ISO date of any precision in words; what is no such date, as it was given."""
    if not published:
        return f'<span class="undated">{strings.no_date}</span>'
    words = dated(published, strings)
    return f'<time datetime="{escape(published)}">{escaped(words)}</time>'
