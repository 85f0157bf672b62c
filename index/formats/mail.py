"""Mail: a message (EML, RFC 5322) is a document and a container of what is attached to it; a
mailbox (MBOX, RFC 4155) is a container of messages.

The first paragraph of a message is its headers, because who wrote to whom and when is what people
ask of mail. The body is the plain text where there is one, else the HTML.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from index.dates import normalised
from index.documents import Section
from index.errors import InputError
from index.formats import mail_body
from index.formats.archives import no_reader
from index.formats.composing import Composer, Piece, count
from index.formats.mail_parts import (
    FAULTS,
    LONGEST_HEADER,
    Mail,
    Parts,
    children,
    decoded_text,
    decoded_words,
    header,
    is_sound,
    octets_of,
    parsed,
    parts_of,
    raw_header,
    sender,
    whole,
)
from index.reading import DEFAULTS, Child, Options, Reading, Unreadable

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_ENDINGS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "message/rfc822": ".eml",
}
"""Of attachments without a name."""

_HEAD = 20_000
"""Bytes of a message that are searched for its subject, to name it in its mailbox."""
_LONGEST_SUBJECT = 60
"""Characters of it in that name."""

LONGEST_NAME = 100
"""Characters of a name that is made of a header; file systems take 255 bytes."""

_UNSAFE = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029/\\:]+")
_FROM_LINE = re.compile(
    rb"From [^\r\n]{0,200}? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} "
    rb"\d{1,2}:\d\d[^\r\n]{0,60}(?:\r?\n|\Z)"
)
"""The line between messages, with the date that ends it in RFC 4155, so that a sentence that begins
with "From" is none. What stands before the date differs from program to program."""
_ESCAPED = re.compile(rb"^>(?=>*From )", re.MULTILINE)


def read_mail(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A message: headers, body, and metadata from the headers."""
    message = parsed(data, source)
    parts = parts_of(message, source)
    composer = Composer()
    shown = ((name, header(message, name.lower())) for name in _SHOWN)
    head = "; ".join(f"{name}: {text}" for name, text in shown if text)
    if not composer.paragraph([Piece(head)]):
        raise InputError(f"{source}: a mail message without headers", "leave it out")
    notes = [note for text in parts.texts for note in _add_body(text, composer, source)]
    metadata, uncertain, odd = _metadata(message, parts.texts)
    notes += [*odd, *_notes(message, parts)]
    return composer.reading(metadata, dict.fromkeys(notes), uncertain)


def _metadata(
    message: Mail, texts: list[Mail]
) -> tuple[dict[str, str], tuple[str, ...], list[str]]:
    """What the headers say, the fields that are uncertain, and notes on what cannot be read."""
    languages = (header(part, "content-language") for part in (message, *texts[:1]))
    language = next(filter(None, languages), "").partition(",")[0].partition("-")[0].lower()
    stated = {
        "title": header(message, "subject"),
        "author": sender(message),
        "language": language,
    }
    metadata = {name: text for name, text in stated.items() if text}
    written = header(message, "date")
    date = normalised(written)
    if date:
        metadata["published"] = date[0]
    odd = [f"the date “{written[:60]}” is none"] if written and not date else []
    return metadata, ("published",) if date and date[1] else (), odd


def _notes(message: Mail, parts: Parts) -> Iterator[str]:
    """What was left out, for people."""
    if parts.locked:
        yield f"left out: the body, encrypted with {parts.locked}"
    if parts.alternatives:
        yield "left out: another version of the same text, such as HTML"
    if parts.pictures:
        yield f"left out: {count(parts.pictures, 'picture')} in the text"
    for kind, number in sorted(parts.others.items()):
        yield f"left out: {count(number, 'part')} of type {kind[:60]}"
    if any(len(raw_header(message, name.lower())) >= LONGEST_HEADER for name in _SHOWN):
        yield f"a header is cut off after {LONGEST_HEADER:,} characters"


def _add_body(part: Mail, composer: Composer, source: str) -> Iterator[str]:
    """Adds a text of the body, and yields what is to be said of it."""
    octets = octets_of(part)
    charset = part.get_content_charset()
    text, note = decoded_text(octets, charset or "")
    if note:
        yield note
    if not is_sound(part):
        yield "the transfer encoding is damaged: text may be missing"
    if part.get_content_type() == "text/html":
        yield from _add_html(text, composer, source)
        return
    flowed = str(part.get_param("format") or "").lower() == "flowed"
    told = mail_body.compose(text, composer, flowed=flowed)
    if told.quoted:
        yield _quotes(told.quoted)
    for kind in dict.fromkeys(told.armour):
        what = "text encrypted with PGP" if kind == "MESSAGE" else f"a PGP {kind.lower()}"
        yield f"left out: {what}"


def _quotes(characters: int) -> str:
    return f"quotes other messages, in parts of their own: {count(characters, 'character')}"


def _add_html(text: str, composer: Composer, source: str) -> Iterator[str]:
    from index.formats.html import read_whole

    if not text.strip():
        return
    try:
        reading = read_whole(text, f"{source} (HTML)")
    except InputError as error:
        yield f"left out: the body in HTML ({error.what.rpartition(': ')[2]})"
        return
    texts = [reading.text[start:end] for start, end in reading.paragraphs]
    first = mail_body.first_quoted(texts)
    if first is not None:
        start = reading.paragraphs[first][0]
        quoted = [*reading.sections, Section(mail_body.QUOTED, start, start)]
        sections = tuple(sorted(quoted, key=lambda section: section.start))
        reading = dataclasses.replace(reading, sections=sections)
        yield _quotes(sum(map(len, texts[first:])))
    composer.include(reading)
    yield from reading.notes


def attachments(data: bytes, source: str) -> Iterator[Child | Unreadable]:
    """What is attached to a message. Pictures in its text and signatures are not attachments."""
    taken: dict[str, int] = {}
    for part in parts_of(parsed(data, source), source).attached:
        name = unique(_name(part), taken)
        if reason := no_reader(name):
            yield Unreadable(name, reason)
            continue
        try:
            content = whole(part) if part.is_multipart() else octets_of(part)
        except FAULTS as error:
            yield Unreadable(name, f"cannot be taken out ({type(error).__name__})")
            continue
        if not is_sound(part):
            yield Unreadable(name, "the transfer encoding is damaged")
        else:
            yield Child(name, content)


def _name(part: Mail) -> str:
    """The name of an attachment without folders; one made up where it has none."""
    kind = part.get_content_type()
    stated = decoded_words(str(part.get_filename() or "")).replace("\\", "/").rpartition("/")[2]
    ending = _ENDINGS.get(kind, "")
    name = safe(stated)
    if not name and kind == "message/rfc822":
        inner = children(part)
        name = safe(header(inner[0], "subject")) if inner else ""
    if kind == "message/rfc822" and not name.lower().endswith(".eml"):
        return (name or "message") + ending
    return name or f"attachment{ending}"


def safe(text: str) -> str:
    """A text as a name of a file: one line, without `/` and the like, not too long."""
    name = " ".join(_UNSAFE.sub(" ", text).split()).lstrip(". ")
    stem, stop, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME and stop and len(ending) < LONGEST_NAME // 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip()}.{ending}"
    return name[:LONGEST_NAME].rstrip()


def unique(name: str, taken: dict[str, int]) -> str:
    """The name, or `a (2).pdf` where `a.pdf` is taken; `taken` keeps the last number of each."""
    stem, stop, ending = name.rpartition(".")
    key, made = name.lower(), name
    while made.lower() in taken:
        taken[key] += 1
        made = f"{stem} ({taken[key]}).{ending}" if stop and stem else f"{name} ({taken[key]})"
    taken[made.lower()] = 1
    return made


def messages(data: bytes, source: str) -> Iterator[Child | Unreadable]:
    """The messages of a mailbox, numbered: `0001 Subject.eml`."""
    lines = list(_from_lines(data))
    if not lines or data[: lines[0][0]].strip():
        raise InputError(
            f"{source}: not a mailbox (it does not begin with a From line)",
            "export the mailbox again as mbox, or its messages as .eml",
        )
    ends = [start for start, _ in lines[1:]] + [len(data)]
    for number, ((_, start), end) in enumerate(zip(lines, ends, strict=True), 1):
        content = _ESCAPED.sub(b"", data[start:end])
        try:
            subject = safe(header(parsed(content[:_HEAD], source), "subject")[:_LONGEST_SUBJECT])
        except InputError:
            subject = ""
        yield Child(f"{number:04d} {subject}".strip() + ".eml", content)


def _from_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the lines between messages start and end: the first, and those behind a blank line."""
    at = data.find(b"From ")
    while at >= 0:
        line = _FROM_LINE.match(data, at)
        if line and (not at or data[max(0, at - 3) : at].endswith((b"\n\n", b"\n\r\n"))):
            yield line.span()
        following = data.find(b"\nFrom ", at)
        at = following + 1 if following >= 0 else -1
