"""RIS, which every reference manager reads: lines of a two-letter tag and a value.

Tags as in the specification of 2011 (RefManager). One record from `TY` to `ER`; lines end with
CR LF. The file is UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.citing.csl import note
from rag.citing.fields import Date, Work


def ris(works: Sequence[Work]) -> str:
    return "".join(
        "".join(f"{tag}  - {value}\r\n" for tag, value in _fields(work)) + "\r\n" for work in works
    )


def _fields(work: Work) -> Iterator[tuple[str, str]]:
    yield "TY", "ELEC" if work.url else "GEN"
    yield "ID", work.key
    for name in work.authors:
        # A comma would divide the name of an organisation into family and given names.
        yield "AU", (name.literal or "").replace(",", " –") if name.literal else name.inverted
    yield "TI", work.title or work.name
    if work.publisher:
        yield "PB", work.publisher
    if work.issued:
        yield "PY", f"{work.issued.year:04}"
        yield "DA", _slashed(work.issued)
    if work.accessed:
        yield "Y2", _slashed(work.accessed)
    if work.url:
        yield "UR", work.url
    if work.language:
        yield "LA", work.language
    yield "N1", note(work)
    yield "ER", ""


def _slashed(date: Date) -> str:
    """YYYY/MM/DD/other, with nothing between the slashes for what is not known."""
    parts = (f"{part:02}" if part else "" for part in (date.month, date.day))
    return "/".join((f"{date.year:04}", *parts, ""))
