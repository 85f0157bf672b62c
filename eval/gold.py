"""Gold questions: what is asked, what a right answer must say, and which words bear it.

One JSON object a line; the form is public (README, "Gold questions"). Regular expressions are
searched in the answer's text without regard to case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.corpus import Corpus
from index.documents import Document, Span
from index.errors import InputError

Kind = Literal[
    "fact", "number", "who", "when", "where", "list", "why", "definition", "compare",
    "attribution", "time", "quote", "unanswerable", "false-premise", "out-of-domain", "injection",
]  # fmt: skip

ABSTAIN_KINDS: tuple[Kind, ...] = ("unanswerable", "out-of-domain", "injection")
"""The right result is an abstention."""

ALL_QUOTES_KINDS: tuple[Kind, ...] = ("list", "compare")
"""Every gold quote must be cited; for the other kinds any one will do unless `needs_all`."""


class Pointer(BaseModel):
    """A quote by its place, for corpora whose text may not be copied."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    document: str
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class GoldQuestion(BaseModel):
    """One row of a gold file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    lang: str
    kind: Kind
    documents: tuple[str, ...]
    quotes: tuple[str | Pointer, ...]
    must: tuple[str, ...]
    must_not: tuple[str, ...]
    needs_all: bool

    @property
    def answerable(self) -> bool:
        return self.kind not in ABSTAIN_KINDS

    @property
    def all_quotes(self) -> bool:
        return self.needs_all or self.kind in ALL_QUOTES_KINDS


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """A gold quote found in a document of the index."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ResolvedGold:
    """A gold question with its quotes located; each inner tuple holds one quote's occurrences."""

    question: GoldQuestion
    quotes: tuple[tuple[GoldQuote, ...], ...]


def load_gold(path: Path) -> list[GoldQuestion]:
    """Reads a gold file: ids unique, expressions valid. Errors name file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read gold questions ({error})", "check it") from error
    rows: dict[str, GoldQuestion] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _parse(line, f"{path}:{number}")
        if row.id in rows:
            raise InputError(f"{path}:{number}: id {row.id!r} stands twice", "rename one")
        rows[row.id] = row
    if not rows:
        raise InputError(f"{path}: no gold questions", "add one JSON object a line")
    return list(rows.values())


def resolve(question: GoldQuestion, corpus: Corpus) -> ResolvedGold | None:
    """Locates the quotes in the corpus; None when a document of the question is not in it.

    Raises `InputError` when the document is there and the quote is not: then the gold is wrong.
    """
    documents = [corpus.named(name) for name in question.documents]
    present = [document for document in documents if document is not None]
    if len(present) < len(documents):
        return None
    quotes = tuple(_locate(quote, present, question.id) for quote in question.quotes)
    return ResolvedGold(question, quotes)


def _parse(line: str, where: str) -> GoldQuestion:
    try:
        row = GoldQuestion.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the line"
        raise InputError(f"{where}: {field}: {first['msg']}", "mend the line") from error
    for expression in (*row.must, *row.must_not):
        try:
            re.compile(expression)
        except re.error as error:
            raise InputError(
                f"{where}: {expression!r} is not a regular expression ({error})", "mend it"
            ) from error
    if row.answerable and not row.quotes:
        raise InputError(f"{where}: an answerable question needs 'quotes'", "add what bears it")
    return row


def _locate(
    quote: str | Pointer, documents: list[Document], question_id: str
) -> tuple[GoldQuote, ...]:
    found = []
    for document in documents:
        for start, end in _occurrences(quote, document):
            text = document.text[start:end]
            found.append(GoldQuote(Span(document.id, start, end), text))
    if not found:
        raise InputError(
            f"gold question {question_id!r}: its quote is in none of its documents ({quote!r:.80})",
            "correct the quote: it must be the exact words",
        )
    return tuple(found)


def _occurrences(quote: str | Pointer, document: Document) -> list[tuple[int, int]]:
    if isinstance(quote, Pointer):
        mine = document.source == quote.document or document.source.endswith("/" + quote.document)
        inside = quote.start < quote.end <= len(document.text)
        return [(quote.start, quote.end)] if mine and inside else []
    return [m.span() for m in re.finditer(re.escape(quote), document.text)]
