"""BibTeX, for LaTeX: `@misc` with the fields that BibTeX and biblatex both know.

Text is UTF-8, as biber and current BibTeX styles read it; what LaTeX would run is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from rag.citing.csl import note
from rag.citing.fields import Work
from rag.citing.people import Name

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""Names that every style defines, for months in its own language."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textasciigrave{}",
    # Not \{ and \}: BibTeX counts braces without regard to what stands before them.
    "{": r"\lbrace{}",
    "}": r"\rbrace{}",
    **{sign: f"\\{sign}" for sign in "#$%&_"},
}
_SPECIALS = re.compile(r"[\\~^`{}#$%&_]")
_LIGATURES = re.compile(r"([-',<>])(?=\1)")
"""Twice the same of these is another sign in LaTeX: two hyphens are a dash."""


def bibtex(works: Sequence[Work]) -> str:
    return "\n".join(map(_entry, works))


def _entry(work: Work) -> str:
    lines = [f"  {name} = {value}," for name, value in _fields(work)]
    return "\n".join((f"@misc{{{work.key},", *lines, "}\n"))


def _fields(work: Work) -> Iterator[tuple[str, str]]:
    if work.authors:
        yield "author", f"{{{' and '.join(map(_name, work.authors))}}}"
    # Twice in braces: styles that write titles small would alter names in it.
    yield "title", f"{{{{{escaped(work.title or work.name)}}}}}"
    if work.publisher:
        yield "publisher", f"{{{escaped(work.publisher)}}}"
        yield "howpublished", f"{{{escaped(work.publisher)}}}"
    if work.issued:
        yield "year", f"{{{work.issued.year:04}}}"
        if work.issued.month:
            yield "month", _MONTHS[work.issued.month - 1]
        if work.issued.day:
            yield "day", f"{{{work.issued.day}}}"
    if work.url:
        # As it is, which is how `\url` and biblatex read it; braces would end the field.
        yield "url", f"{{{quote(work.url, safe=_IN_ADDRESSES, errors='replace')}}}"
    if work.accessed:
        yield "urldate", f"{{{work.accessed.iso}}}"
    if work.language:
        yield "language", f"{{{escaped(work.language)}}}"
    yield "note", f"{{{escaped(note(work))}}}"


_IN_ADDRESSES = "!$&'()*+,;=:@/?-._~%#[]"


def _name(name: Name) -> str:
    """An organisation in braces, so that no "and" or comma in it divides it."""
    if name.literal:
        return f"{{{escaped(name.literal)}}}"
    return escaped(name.inverted)


def escaped(text: str) -> str:
    """As LaTeX prints it, with balanced braces whatever the text."""
    apart = _SPECIALS.sub(lambda found: _SPECIAL[found[0]], text)
    return _LIGATURES.sub(r"\1{}", apart)
