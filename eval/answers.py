"""Answers as anyone may give them: the contract's Answer object, read from JSON and checked.

Everything is scored in this form, our own answers too, so that a peer is measured by the same code.
Only `id` is required of a line; what a system does not report scores as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from index.errors import InputError
from rag.answer import Answer

_MARK = re.compile(r" ?(\[\d+\])")


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class GivenCitation(_Given):
    """A quote and where it is said to stand; `source` or `document` names the text."""

    number: int
    quote: str
    source: str = ""
    document: str = ""
    start: int | None = None
    end: int | None = None
    speaker: str | None = None
    voice: str = "author"
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    page: str | None = None


class GivenClaim(_Given):
    text: str
    citations: tuple[int, ...] = ()


class GivenHit(_Given):
    """A retrieved passage. Without `start` and `end` it is looked for in its document."""

    rank: int = Field(ge=1)
    source: str = ""
    document: str = ""
    text: str = ""
    score: float | None = None
    start: int | None = None
    end: int | None = None


class GivenAnswer(_Given):
    """One line of an answers file."""

    id: str
    question: str | None = None
    text: str = ""
    abstained: bool = False
    claims: tuple[GivenClaim, ...] = ()
    citations: tuple[GivenCitation, ...] = ()
    hits: tuple[GivenHit, ...] = ()
    confidence: float | None = None
    seconds: Mapping[str, float] = Field(default_factory=dict)
    error: str | None = None

    @model_validator(mode="after")
    def _citations_exist(self) -> GivenAnswer:
        numbers = [citation.number for citation in self.citations]
        if len(numbers) != len(set(numbers)):
            raise ValueError("two citations have the same number")
        cited = {number for claim in self.claims for number in claim.citations}
        if missing := sorted(cited - set(numbers)):
            raise ValueError(f"a claim cites {missing[0]}, which is not among the citations")
        return self

    @property
    def answered(self) -> bool:
        """True when there is something that claims to be an answer."""
        return not self.abstained and self.error is None and bool(self.text.strip())

    @property
    def declined(self) -> bool:
        """True for an abstention; a crash that calls itself one is a crash."""
        return self.abstained and self.error is None

    @property
    def statement(self) -> str:
        """The text without the marks of its citations: "[3]" says nothing about three."""
        marks = {f"[{citation.number}]" for citation in self.citations}
        return _MARK.sub(lambda mark: "" if mark[1] in marks else mark[0], self.text)

    def cited_by(self, claim: GivenClaim) -> tuple[GivenCitation, ...]:
        return tuple(c for c in self.citations if c.number in claim.citations)


def given(answer: Answer, question_id: str) -> GivenAnswer:
    """Our own answer in the common form."""
    return GivenAnswer.model_validate(answer.to_json() | {"id": question_id})


def failed(question_id: str, question: str, error: str) -> GivenAnswer:
    """What stands for an answer that never came."""
    return GivenAnswer(id=question_id, question=question, error=error)


def load_answers(path: Path, known_ids: set[str]) -> dict[str, GivenAnswer]:
    """Answers by id. Malformed lines, unknown and repeated ids are errors with their line.

    An id that is missing is not an error here: its question is scored as failed.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read answers ({error})", "check the path") from error
    answers: dict[str, GivenAnswer] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        answer = _parse(line, where)
        if answer.id in answers:
            raise InputError(f"{where}: id {answer.id!r} stands twice", "keep one of them")
        if answer.id not in known_ids:
            raise InputError(
                f"{where}: id {answer.id!r} is not in the gold file",
                "correct the id or drop the line",
            )
        answers[answer.id] = answer
    return answers


def _parse(line: str, where: str) -> GivenAnswer:
    try:
        return GivenAnswer.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the line"
        raise InputError(f"{where}: {field}: {first['msg']}", "mend the line") from error
