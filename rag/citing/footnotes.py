"""The style "plain": a footnote that needs no other program, and leaves nothing out.

Anna Reeve, quoted in Port Chronicle, “The Winter of the Harbour”, Quayside Press, March 2021,
para. 5, <https://quayside.example/winter>.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import Citation
from rag.citing.fields import (
    INFERRED,
    NOTHING_ADDED,
    Extras,
    Work,
    locator,
    remarks,
    speaking,
    work_of,
)
from rag.citing.runs import Note, Run, joined

_INNER_QUOTES = str.maketrans("“”", "‘’")


def plain(citations: Sequence[Citation], extras: Extras = NOTHING_ADDED) -> list[Note]:
    """A footnote for each citation, complete in itself."""
    return [_footnote(citation, work_of(citation.document, extras)) for citation in citations]


def _footnote(citation: Citation, work: Work) -> Note:
    said, place = speaking(citation), citation.pinpoint
    where = locator(place)
    parts: list[str | None] = [
        _who(work),
        _title(work),
        work.publisher if work.publisher and work.publisher != _who(work) else None,
        _date(work),
        str(where) if where else None,
        *remarks(place),
        f"in {work.name}" if work.inside and work.title else None,
    ]
    text = ", ".join(part for part in parts if part)
    if said:
        text = f"{said.introduced()} {text[0].lower() + text[1:] if _unnamed(work) else text}"
    runs = [Run(text)]
    if work.url:
        runs += [Run(", <"), Run(work.url, url=work.url), Run(">")]
    if work.accessed:
        runs.append(Run(f", accessed {work.accessed}"))
    return Note(joined([*runs, Run(".")]))


def _who(work: Work) -> str:
    """The author or, of what has none, who published it, as `Document.speaker` has it."""
    names = [
        name.literal
        or " ".join(n for n in (name.given, name.particle, name.family, name.suffix) if n)
        for name in work.authors
    ]
    listed = " and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else "".join(names)
    return listed or work.publisher or "Unnamed author"


def _unnamed(work: Work) -> bool:
    return not (work.authors or work.publisher)


def _title(work: Work) -> str:
    if not work.title:
        return f"{work.name} [untitled]"
    inferred = " [title inferred]" if "title" in work.uncertain else ""
    return f"“{work.title.translate(_INNER_QUOTES)}”{inferred}"


def _date(work: Work) -> str:
    if not work.issued:
        return "undated"
    return f"{work.issued} ({INFERRED})" if work.dated_by_inference else str(work.issued)
