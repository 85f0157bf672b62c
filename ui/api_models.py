"""The JSON of the HTTP API as types, which make its OpenAPI document.

Answers are sent as `rag.answer` writes them, the very bytes of the command line; these types say
what is in them, and a test holds them to it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Conditions(_In):
    """What a passage must meet to be found: one value of each list that is given."""

    documents: list[str] | None = Field(None, description="an id, a file or a folder")
    publishers: list[str] | None = None
    authors: list[str] | None = None
    languages: list[str] | None = Field(None, examples=[["es"]])
    since: str | None = Field(None, description="YYYY, YYYY-MM or YYYY-MM-DD")
    until: str | None = Field(None, description="YYYY, YYYY-MM or YYYY-MM-DD")
    phrases: list[str] | None = Field(None, description="exact words: all of them")
    without: list[str] | None = Field(None, description="exact words: none of them")


class Question(_In):
    question: str = Field(examples=["How thick was the ice on the second morning?"])
    filters: Conditions | None = None
    history: list[str] | None = Field(None, description="questions before it, oldest first")


class Query(_In):
    question: str
    k: int = Field(8, description="passages, 1 to 1000")
    filters: Conditions | None = None


class Pinpoint(_Out):
    """Where words are to be looked up; null where the format has no such thing."""

    page: str | None = Field(description="as printed")
    page_end: str | None
    page_index: int | None = Field(description="in the file, from 0")
    paragraph: int | None
    section: str | None
    anchor: str | None
    hidden: bool = Field(description="not seen by somebody who looks at the source")
    ocr: float | None = Field(description="confidence of the text recognition, 0 to 1")


class Box(_Out):
    """In points (1/72 inch) from the top left corner of the page; pages count from 0."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class Repeat(_Out):
    document: str
    source: str
    start: int
    end: int


class Hit(Pinpoint):
    """A passage; offsets are code points of the document's text."""

    rank: int
    score: float
    document: str
    source: str
    start: int
    end: int
    text: str
    found_by: list[str]
    words: list[list[int]]
    near: list[list[int]]
    repeats: list[Repeat]


class Citation(Pinpoint):
    """Exact words: `text[start:end]` of the document is `quote`."""

    number: int
    document: str
    source: str
    start: int
    end: int
    quote: str
    speaker: str | None
    voice: Literal["author", "quoted", "comment", "caption"]
    reported_by: str | None
    short: list[list[int]]
    title: str | None
    publisher: str | None
    published: str | None
    uncertain: list[str]
    boxes: list[Box]
    url: str | None
    sha256: str


class Claim(_Out):
    text: str
    citations: list[int]


class Withheld(_Out):
    text: str
    reason: str


class Difference(_Out):
    kind: Literal["number", "date", "polarity", "premise"]
    subject: str
    citations: list[int]


class Answer(_Out):
    """Claims with citations, or an abstention with a reason; never both, never neither."""

    schema_: Literal[1] = Field(alias="schema")
    id: str | None
    question: str
    abstained: bool
    reason: str | None
    text: str
    claims: list[Claim]
    citations: list[Citation]
    hits: list[Hit]
    as_of: str | None
    fingerprint: str
    confidence: float | None
    composer: str
    withheld: list[Withheld]
    differences: list[Difference]
    notes: list[str]
    understood: str | None
    seconds: dict[str, float]


class Hits(_Out):
    hits: list[Hit]


class ListedDocument(BaseModel):
    """What is known of a document; further keys are its metadata."""

    model_config = ConfigDict(extra="allow")

    id: str
    source: str
    sha256: str
    title: str | None
    author: str | None
    publisher: str | None
    published: str | None
    format: str
    notes: list[str]


class Documents(_Out):
    documents: list[ListedDocument]


class ShownDocument(BaseModel):
    """`text` is what offsets count in: of the whole document, or of the place asked for."""

    model_config = ConfigDict(extra="allow")

    id: str
    source: str
    text: str


class Fault(_Out):
    what: str = Field(description="what is wrong, and where")
    next: str = Field(description="what to do about it")


class Error(_Out):
    error: Fault


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "The question or a condition cannot be read."},
    401: {"model": Error, "description": "Not logged in."},
    404: {"model": Error, "description": "No such document."},
    413: {"description": "The request has more than 1 MiB."},
    429: {"model": Error, "description": "Too many calls; `Retry-After` says how long to wait."},
    503: {"model": Error, "description": "Too many questions wait, or the index cannot be read."},
}
