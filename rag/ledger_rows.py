"""What the ledger consists of: checks, and rows that commit to them (`rag.ledger`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from index.documents import Document, sha256_hex
from index.errors import InputError
from index.intake import canonical, fresh_salt, is_time, parsed
from index.intake_log import NOTHING
from rag.pinpoints import pinpoint

MOST_NOTE = 2_000
"""Characters: a paragraph of a checker, no document."""

_INITIALS = re.compile(r"[^\W\d_](?:[^\W_]|[ .'-]){0,15}")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def are_initials(given: str) -> bool:
    """True for what a row takes as the initials of whoever checked."""
    return bool(_INITIALS.fullmatch(given))


class Check(_Strict):
    """What somebody found of a citation: the words from `start` to `end` of a document, which an
    answer to `question` cited for `claim`.

    `verdict` is "confirmed", "rejected", or "right" for the words that should have been cited where
    others were rejected; `of` is then the row of that check. `unanswerable`: rejected, since the
    documents do not answer. `answer` is the fingerprint of the index and settings that answered.
    """

    verdict: Literal["confirmed", "rejected", "right"]
    initials: str
    note: Annotated[str, Field(max_length=MOST_NOTE)]
    question: Annotated[str, Field(min_length=1)]
    claim: str
    document: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    source: str
    sha256: Sha256
    start: Annotated[int, Field(ge=0)]
    end: int
    quote: Annotated[str, Field(min_length=1)]
    title: str | None
    page: str | None
    paragraph: int | None
    language: str | None
    answer: str
    unanswerable: bool = False
    of: int | None = None
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", default_factory=fresh_salt)]

    @field_validator("initials")
    @classmethod
    def _are_initials(cls, given: str) -> str:
        if not are_initials(given):
            raise ValueError("up to 16 letters, beginning with one")
        return given

    def to_json(self) -> bytes:
        return canonical(self.model_dump())

    @classmethod
    def from_json(cls, data: bytes) -> Check:
        """Raises `ValueError` for anything but the very bytes that `to_json` makes."""
        check = cls(**parsed(data))
        if check.to_json() != data:
            raise ValueError("not in canonical form")
        return check


class Row(_Strict):
    """A row of the ledger: `check` and `intake` are the digests of what it is of."""

    row: Annotated[int, Field(ge=1)]
    time: str
    tool: str
    check: Sha256
    intake: Sha256
    previous: Sha256
    hash: Sha256

    def line(self) -> bytes:
        return canonical(self.model_dump()) + b"\n"

    def own_hash(self) -> str:
        return sha256_hex(canonical(self.model_dump(exclude={"hash"})))


class Head(_Strict):
    """How far the rows count: their number, their bytes, and the hash of the last."""

    rows: int = 0
    bytes: int = 0
    hash: str = NOTHING


@dataclass(frozen=True, slots=True)
class Entry:
    """A row and its check, None once the document was removed or replaced."""

    row: Row
    check: Check | None


def words_of(document: Document, start: int, end: int) -> dict[str, Any]:
    """What a check says of words of a document: the fields of `Check` that come from there.

    Raises `InputError` for a place where no words stand.
    """
    if not 0 <= start < end <= len(document.text):
        raise InputError(
            f"{document.source}: no words stand at {start}-{end}",
            f"give code points from 0 to {len(document.text)}",
        )
    where = pinpoint(document, start, end)
    return {
        "document": document.id,
        "source": document.source,
        "sha256": document.sha256,
        "start": start,
        "end": end,
        "quote": document.text[start:end],
        "title": document.title,
        "page": where.page,
        "paragraph": where.paragraph,
        "language": document.language,
    }


def check_of(**fields: Any) -> Check:
    """A check. Raises `InputError` for initials or a note that are none."""
    try:
        check = Check(**fields)
        check.to_json()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(f"{name}: {first['msg'].lower()}", "mend it") from error
    except UnicodeEncodeError as error:
        raise InputError("a check holds half a surrogate pair", "write it in UTF-8") from error
    return check


def check_from(
    answer: Mapping[str, Any],
    number: int,
    documents: Mapping[str, Document],
    *,
    verdict: Literal["confirmed", "rejected"],
    initials: str,
    note: str = "",
    unanswerable: bool = False,
) -> Check:
    """The check of a citation of an Answer object (`Answer.to_json()`), by its number.

    Raises `InputError` when there is no such citation, or its words do not stand in `documents`.
    """
    try:
        cited = next(row for row in answer["citations"] if row["number"] == number)
        claims = [row["text"] for row in answer["claims"] if number in row["citations"]]
        document = documents.get(cited["document"])
        start, end, quote = cited["start"], cited["end"], cited["quote"]
        question, fingerprint = answer["question"], answer["fingerprint"]
    except StopIteration as error:
        raise InputError(f"the answer has no citation {number}", "see its citations") from error
    except (KeyError, TypeError) as error:
        raise InputError(
            f"not an Answer object ({error})", "give what onrecord ask --json prints"
        ) from error
    if document is None or document.text[start:end] != quote:
        raise InputError(
            f"citation {number}: its words are not in the index", "ask again, and check that answer"
        )
    return check_of(
        **words_of(document, start, end),
        verdict=verdict,
        initials=initials,
        note=note,
        question=question,
        claim=" ".join(claims),
        unanswerable=unanswerable,
        answer=fingerprint,
    )


def right_words(check: Check, document: Document, start: int, end: int) -> Check:
    """The words that should have been cited where `check` rejects others."""
    return check_of(
        **words_of(document, start, end),
        verdict="right",
        initials=check.initials,
        note="",
        question=check.question,
        claim="",
        answer=check.answer,
    )


def verified(data: bytes) -> Iterator[Row]:
    """Raises `ValueError` for what is not rows, each behind the one before."""
    previous = NOTHING
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        try:
            row = Row(**parsed(line))
        except ValidationError as error:
            raise ValueError(f"row {number} is none ({error.errors()[0]['msg']})") from error
        if row.line() != line or row.own_hash() != row.hash or not is_time(row.time):
            raise ValueError(f"row {number} was altered, its hash is another")
        if (row.row, row.previous) != (number, previous):
            raise ValueError(f"row {number} does not follow the row before")
        previous = row.hash
        yield row
