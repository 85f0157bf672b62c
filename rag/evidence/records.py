"""What the files of an evidence pack say, typed: strict, since anyone may have written them.

JSON has one form here (`written`, `lines`), and what is read must be the very bytes that it would
be written as: no key twice, of which one program shows the first and another the last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.intake import canonical, parsed

FORMAT: Final = 1
"""Of a pack. What an older version cannot verify raises it."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Place = Annotated[int, Field(ge=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _Open(BaseModel):
    """Later versions may add keys to the public Answer object."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)


class CitationRecord(_Open):
    """A citation of the Answer object, see `rag.answer.citation_json`."""

    number: Annotated[int, Field(ge=1)]
    document: Id
    source: str
    start: Place
    end: Place
    quote: Annotated[str, Field(min_length=1)]
    speaker: str | None
    voice: Literal["author", "quoted", "comment", "caption"]
    reported_by: str | None
    short: list[tuple[Place, Place]]
    title: str | None
    publisher: str | None
    published: str | None
    uncertain: list[str]
    url: str | None
    sha256: Sha256
    page: str | None = None
    page_end: str | None = None
    page_index: int | None = None
    paragraph: int | None = None
    section: str | None = None
    anchor: str | None = None
    hidden: bool = False
    ocr: float | None = None
    boxes: list[dict[str, float]] = Field(default_factory=list)


class ClaimRecord(_Open):
    text: Annotated[str, Field(min_length=1)]
    citations: Annotated[list[int], Field(min_length=1)]


class HitRecord(_Open):
    rank: Annotated[int, Field(ge=1)]
    score: float
    document: Id
    source: str
    start: Place
    end: Place
    text: str
    found_by: list[str]
    words: list[tuple[Place, Place]]
    near: list[tuple[Place, Place]]
    repeats: list[dict[str, str | int]]


class WithheldRecord(_Open):
    text: str
    reason: str


class DifferenceRecord(_Open):
    kind: Literal["number", "date", "polarity", "premise"]
    subject: str
    citations: list[int]


class AnswerRecord(_Open):
    """The Answer object of the contract, schema 1."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    id: str | None
    question: Annotated[str, Field(min_length=1)]
    abstained: bool
    reason: str | None
    text: str
    claims: list[ClaimRecord]
    citations: list[CitationRecord]
    hits: list[HitRecord]
    as_of: str | None
    fingerprint: Id
    confidence: float | None
    composer: str
    withheld: list[WithheldRecord]
    differences: list[DifferenceRecord]
    notes: list[str]
    understood: str | None
    seconds: dict[str, float]


class DocumentRecord(_Record):
    """A document that the answer rests on. `text` and `original` are members of the pack, None
    where they are not in it; `text_sha256` is of the text's UTF-8, `sha256` of the file's bytes."""

    id: Id
    source: str
    sha256: Sha256
    text_sha256: Sha256
    text: str | None
    original: str | None
    title: str | None
    author: str | None
    publisher: str | None
    published: str | None
    language: str | None
    url: str | None
    licence: str | None
    parent: str | None
    uncertain: list[str]
    notes: list[str]


class IndexRecord(_Record):
    """The index that was asked: its fingerprint and the end of its log, see `index.manifest`."""

    fingerprint: Id
    documents: int
    passages: int
    passage_tokens: int
    token_encoding: str


class ModelRecord(_Record):
    """A model by its name in the configuration; the SHA-256 of its weights where they are a file
    of this machine, else None."""

    name: str
    sha256: Sha256 | None


class ModelsRecord(_Record):
    """What computed. `gave_the_answer` is false where index or settings are no longer those of the
    answer; then the rest says what was there when the pack was made."""

    index: IndexRecord
    encoder: ModelRecord
    codec: ModelRecord
    chat: ModelRecord | None
    cross_encoder: ModelRecord | None
    nli: ModelRecord | None
    gave_the_answer: bool


class FileRecord(_Record):
    sha256: Sha256
    bytes: Place


class LogRecord(_Record):
    """The part of the intake log in the pack: its first row, its last row, and that one's hash."""

    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]
    hash: Sha256


class ManifestRecord(_Record):
    """All files of a pack; `seal` is the SHA-256 of the canonical JSON of the rest."""

    format: Literal[1]
    onrecord: str
    hashes_only: bool
    log: LogRecord | None
    files: dict[str, FileRecord]
    seal: Sha256


_R = TypeVar("_R", bound=BaseModel)


def written(value: object) -> bytes:
    """JSON for a file: one line for each value, as people compare it."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def lines(values: Iterable[object]) -> bytes:
    """JSON Lines, each in canonical form."""
    return b"".join(canonical(value) + b"\n" for value in values)


def read(data: bytes, kind: type[_R]) -> _R:
    """A record. Raises `ValueError` with a short reason for what is none, or not as written."""
    value = parsed(data)
    if _as_written(written, value) != data:
        raise ValueError("not in the form in which it is written")
    return checked(value, kind)


def read_lines(data: bytes, kind: type[_R]) -> list[_R]:
    """Records of JSON Lines. Raises `ValueError`."""
    return [checked(row, kind) for row in objects(data)]


def objects(data: bytes) -> list[dict[str, Any]]:
    """The objects of JSON Lines. Raises `ValueError`."""
    rows = [parsed(line) for line in data.split(b"\n")[:-1]]
    if _as_written(lines, rows) != data:
        raise ValueError("not in the form in which it is written")
    return rows


def _as_written(how: Callable[[Any], bytes], value: object) -> bytes:
    try:
        return how(value)
    except RecursionError as error:  # what can be read may still be too deep to be written
        raise ValueError("nested too deep") from error


def checked(value: object, kind: type[_R]) -> _R:
    """Raises `ValueError` that names the first field that is not as it must be."""
    try:
        return kind.model_validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise ValueError(f"{where}: {first['msg'].lower()}") from error
