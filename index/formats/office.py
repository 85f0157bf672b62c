"""What Word and OpenDocument files have in common: their metadata, and how notes are worded."""

from __future__ import annotations

from collections.abc import Iterable

from index.dates import normalised
from index.errors import InputError
from index.formats.composing import count, one_line
from index.formats.magic import ZIP, Kind, kind_of

_NOBODY = {
    *("admin", "administrator", "author", "microsoft office user", "office user", "owner", "pc"),
    *("python-docx", "root", "unknown", "unknown author", "user", "windows user", "un-named"),
}
"""Authors that programs and new machines put into a file; nobody speaks under such a name."""

_UNTITLED = {"title", "untitled", "document", "word document", "microsoft word document"}

MOST_NAMES = 5


def refuse(data: bytes, source: str, expected: Kind) -> None:
    """Raises `InputError` for bytes that are not a package of the expected format."""
    kind = kind_of(data)
    if kind is None:
        raise InputError(f"{source}: not {expected.name}", "get a whole copy of it")
    if kind not in (expected, ZIP):
        raise InputError(f"{source}: looks like {kind.name}", kind.next_step)


def document_metadata(
    title: str | None, author: str | None, created: str | None, language: str | None, *, shown: str
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """Metadata, the fields of it that are uncertain, and notes on values that are none.

    `shown` is the paragraph that stands as title in the document, which serves where the file
    states none. The day on which the file was made is no more than a hint at its publication.
    """
    metadata: dict[str, str] = {}
    uncertain: list[str] = ["published"]
    notes: list[str] = []
    title, author, language = (
        one_line(title or ""),
        one_line(author or ""),
        one_line(language or ""),
    )
    if title.lower() in _UNTITLED:
        title = ""
    if not title and shown:
        title = one_line(shown)
        uncertain.append("title")
    if author.lower() in _NOBODY:
        notes.append(f"left out: author “{author}”, a name that a program or machine gives")
        author = ""
    if date := normalised(one_line(created or "")):
        metadata["published"] = date[0]
    # "en-GB" is English: a document is asked for by its language alone.
    stated = {"title": title, "author": author, "language": language.partition("-")[0].lower()}
    metadata |= {field: text for field, text in stated.items() if text}
    return metadata, tuple(uncertain), tuple(notes)


def left_out(what: str, characters: int) -> str:
    return f"left out: {what}, {count(characters, 'character')}"


def text_in_frames(frames: Iterable[str]) -> int:
    """Characters of running heads and feet; one that holds a page number alone has no text."""
    return sum(len(text) for text in frames if any(map(str.isalpha, text)))


def authors(names: Iterable[str | None]) -> str:
    """` by A and B` for those who wrote comments, each once; nothing when nobody is named."""
    known = list(dict.fromkeys(one_line(name) for name in names if name and name.strip()))
    shown = known[:MOST_NAMES]
    if len(known) > MOST_NAMES:
        shown.append(f"{len(known) - MOST_NAMES} more")
    if not shown:
        return ""
    return " by " + (" and ".join((", ".join(shown[:-1]), shown[-1])) if shown[1:] else shown[0])


def numeral(number: int, form: str) -> str:
    """A number as notes show it: Arabic, or as the file says, Roman or a letter."""
    if form in ("lowerRoman", "i"):
        return _roman(number)
    if form in ("upperRoman", "I"):
        return _roman(number).upper()
    if form in ("lowerLetter", "a") and number <= 26:
        return chr(ord("a") + number - 1)
    return str(number)


def _roman(number: int) -> str:
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    signs = ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i")
    text = ""
    for value, sign in zip(values, signs, strict=True):
        times, number = divmod(number, value)
        text += sign * times
    return text


def anchor_name(bookmark: str | None) -> str:
    """The name of a bookmark; empty for those that programs set, which begin with `_`."""
    name = one_line(bookmark or "")
    return "" if name.startswith("_") else name
