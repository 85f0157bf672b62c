"""Gold questions: what is asked, what a right answer must say, and which words bear it.

One JSON object a line; the form is public (README, "Gold questions"). Regular expressions are
searched in the answer's text without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

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


Words = Annotated[str, Field(pattern=r"\S")]
"""Never empty: an empty quote stands everywhere and every citation would bear it."""


class Pointer(BaseModel):
    """A quote by its place, for corpora whose text may not be copied."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    document: str
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class GoldQuestion(BaseModel):
    """One row of a gold file.

    `speakers` are expressions for who says the words of its quotes where that is not the document's
    own speaker: somebody whom it quotes, or a reader who comments.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    lang: str
    kind: Kind
    documents: tuple[str, ...]
    quotes: tuple[Words | Pointer, ...]
    must: tuple[str, ...]
    must_not: tuple[str, ...]
    needs_all: bool
    speakers: tuple[Words, ...] | None = None

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


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A line of a gold file: where it stands, its question, and all that is wrong with it.

    `question` is None when the faults are such that there is no telling what is asked.
    """

    where: str
    question: GoldQuestion | None
    faults: tuple[InputError, ...]


def gold_rows(path: Path) -> list[GoldRow]:
    """Every line of a gold file that is not blank, sound or not."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read gold questions ({error})", "check it") from error
    rows: list[GoldRow] = []
    ids: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _parse(line, f"{path}:{number}")
        if row.question and row.question.id in ids:
            twice = InputError(f"{row.where}: id {row.question.id!r} stands twice", "rename one")
            row = replace(row, faults=(*row.faults, twice))
        if row.question:
            ids.add(row.question.id)
        rows.append(row)
    if not rows:
        raise InputError(f"{path}: no gold questions", "add one JSON object a line")
    return rows


def load_gold(path: Path) -> list[GoldQuestion]:
    """Reads a gold file: ids unique, expressions valid. Errors name file and line."""
    return [question for _, question in load_gold_lines(path)]


def load_gold_lines(path: Path) -> list[tuple[str, GoldQuestion]]:
    """The same, each question with its file and line; the first fault is raised."""
    rows = gold_rows(path)
    for row in rows:
        if row.faults:
            raise row.faults[0]
    return [(row.where, row.question) for row in rows if row.question]


def resolve(question: GoldQuestion, corpus: Corpus, where: str = "gold") -> ResolvedGold | None:
    """Locates the quotes in the corpus; None when a document of the question is not in it.

    Raises `InputError` when the document is there and the quote is not: then the gold is wrong.
    `where` is the file and line it names.
    """
    documents = [corpus.named(name) for name in question.documents]
    present = [document for document in documents if document is not None]
    if len(present) < len(documents):
        return None
    quotes = tuple(locate(quote, present) for quote in question.quotes)
    for quote, found in zip(question.quotes, quotes, strict=True):
        if not found:
            raise InputError(
                f"{where}: {question.id!r}: its quote is in none of its documents ({quote!r:.80})",
                "correct the quote: it must be the exact words",
            )
    return ResolvedGold(question, quotes)


def locate(quote: str | Pointer, documents: Iterable[Document]) -> tuple[GoldQuote, ...]:
    """Every place at which a quote stands in the documents; none when it does not."""
    return tuple(
        GoldQuote(Span(document.id, start, end), document.text[start:end])
        for document in documents
        for start, end in _occurrences(quote, document)
    )


def _parse(line: str, where: str) -> GoldRow:
    try:
        row = GoldQuestion.model_validate_json(line)
    except ValidationError as error:
        return GoldRow(where, None, tuple(_faults(error, where)))
    faults = []
    for expression in (*row.must, *row.must_not, *(row.speakers or ())):
        try:
            re.compile(expression)
        except (re.error, OverflowError, RecursionError) as error:
            what = f"{expression!r:.80} is not a regular expression ({error})"
            faults.append(InputError(f"{where}: {what}", "mend it"))
    if row.answerable and not row.quotes:
        what = f"{where}: an answerable question needs 'quotes'"
        faults.append(InputError(what, "add what bears it"))
    return GoldRow(where, row, tuple(faults))


def _faults(error: ValidationError, where: str) -> Iterator[InputError]:
    for fault in error.errors():
        field = ".".join(str(part) for part in fault["loc"]) or "the line"
        yield InputError(f"{where}: {field}: {fault['msg']}", "mend the line")


def _occurrences(quote: str | Pointer, document: Document) -> list[tuple[int, int]]:
    if isinstance(quote, Pointer):
        mine = document.source == quote.document or document.source.endswith("/" + quote.document)
        inside = quote.start < quote.end <= len(document.text)
        return [(quote.start, quote.end)] if mine and inside else []
    return [m.span() for m in re.finditer(re.escape(quote), document.text)]
