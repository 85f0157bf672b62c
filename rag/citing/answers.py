"""An Answer object (`onrecord ask --json`) as citations of an index, each checked anew.

An answer may come from anywhere and have been altered on its way. Only its sentences and the
places of its quotes are taken from it; what stands there, who says it and all that is known of the
document come from the index.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.documents import Span
from index.errors import InputError
from index.snapshot import Snapshot
from rag.answer import Citation
from rag.speakers import voice_at


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Citation(_Part):
    number: int = Field(ge=1)
    document: str
    source: str = ""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    quote: str


class _Claim(_Part):
    text: str
    citations: list[int] = Field(min_length=1)


class _Answer(_Part):
    claims: list[_Claim] = []
    citations: list[_Citation] = []


@dataclass(frozen=True, slots=True)
class Cited:
    """The sentences of an answer, each with the numbers of its citations, and these by number."""

    claims: tuple[tuple[str, tuple[int, ...]], ...]
    citations: tuple[Citation, ...]

    @property
    def borne(self) -> dict[int, list[str]]:
        """The sentences that each citation bears."""
        found: dict[int, list[str]] = defaultdict(list)
        for sentence, numbers in self.claims:
            for number in dict.fromkeys(numbers):
                found[number].append(sentence)
        return dict(found)


def cited(text: str, snapshot: Snapshot, where: str) -> Cited:
    """The citations of an Answer object. `where` is named in errors.

    Raises `InputError` for what is no answer, cites nothing, or cites what the index does not have.
    """
    try:
        answer = _Answer.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        why = f"{place}: {fault['msg']}" if place else fault["msg"]
        raise InputError(
            f"{where}: not an Answer object ({why})", "give one line of: onrecord ask --json"
        ) from error
    if not answer.citations:
        raise InputError(f"{where}: the answer cites nothing", "give an answer with citations")
    found = {c.number: _checked(c, snapshot, where) for c in answer.citations}
    wanted = {number for claim in answer.claims for number in claim.citations}
    if len(found) < len(answer.citations) or not wanted <= found.keys():
        raise InputError(
            f"{where}: the numbers of the citations do not match", "ask the question again"
        )
    claims = tuple((claim.text, tuple(claim.citations)) for claim in answer.claims)
    return Cited(claims, tuple(found[number] for number in sorted(found)))


def _checked(given: _Citation, snapshot: Snapshot, where: str) -> Citation:
    if given.document not in snapshot.documents:
        name = given.source or given.document
        raise InputError(
            f"{where}: citation {given.number} is of {name}, which is not in the index as it was",
            "ask the question again, or name the index with --index",
        )
    document = snapshot.documents[given.document]
    try:
        return Citation(
            number=given.number,
            span=Span(document.id, given.start, given.end),
            quote=given.quote,
            voice=voice_at(document, given.start, given.end),
            document=document,
        )
    except ValueError as error:
        raise InputError(
            f"{where}: the quote of citation {given.number} does not stand at "
            f"{given.start}-{given.end} of {document.source}",
            "ask the question again",
        ) from error
