"""SQuAD 2.0 and XQuAD: Wikipedia articles with questions whose answers are spans of a paragraph.

Rajpurkar et al., Know What You Don't Know (ACL 2018), https://rajpurkar.github.io/SQuAD-explorer;
Artetxe et al., On the Cross-lingual Transferability of Monolingual Representations (ACL 2020),
https://github.com/google-deepmind/xquad: the same form, in eleven languages with the same ids.

An article becomes one document, its paragraphs parted by a blank line. Any annotator's answer is a
gold quote and will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from eval.gold import GoldQuestion, Pointer
from index.errors import InputError

from .common import (
    AS_PUBLISHED,
    UNANSWERABLE,
    Benchmark,
    ShortAnswer,
    expect_files,
    file_names,
    gold_question,
    must,
    read_json,
    unique,
)

_GAP = "\n\n"


class _Answer(BaseModel):
    text: str = Field(min_length=1)
    answer_start: int = Field(ge=0)


class _Question(BaseModel):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    answers: list[_Answer]
    is_impossible: bool = False


class _Paragraph(BaseModel):
    context: str
    qas: list[_Question]


class _Article(BaseModel):
    title: str = Field(min_length=1)
    paragraphs: list[_Paragraph]


class _File(BaseModel):
    data: list[_Article]


@dataclass(frozen=True, slots=True)
class _Place:
    """A question with its paragraph's number in the file and its code point in the document."""

    question: _Question
    document: str
    paragraph: int
    context: str
    start: int


def squad2(files: Sequence[Path]) -> Benchmark:
    """SQuAD 2.0 (dev or train JSON). An impossible question calls for an abstention."""
    expect_files(files, ["the JSON file of SQuAD 2.0"])
    path = files[0]
    texts, places = _read(path)
    left_out = [
        f"question {place.question.id}: answerable, but no answer is given"
        for place in places
        if not place.question.is_impossible and not place.question.answers
    ]
    rows = (
        _unanswerable(place) if place.question.is_impossible else _row(place, place, "en", path)
        for place in places
        if place.question.is_impossible or place.question.answers
    )
    return Benchmark(texts, unique(rows, path), tuple(left_out))


def xquad(files: Sequence[Path]) -> Benchmark:
    """XQuAD: `xquad.X.json` for the questions; a second file, of another language, for documents.

    Both are aligned by question id and paragraph; the gold quote and the short answer are those of
    the document's language.
    """
    if len(files) not in (1, 2):
        expect_files(files, ["xquad.LANGUAGE.json of the questions", "that of the documents"])
    asked, read = files[0], files[-1]
    lang = _language(asked)
    texts, places = _read(read)
    questions = places if asked == read else _read(asked)[1]
    _aligned(questions, places, asked, read)
    rows = (_row(q, p, lang, read) for q, p in zip(questions, places, strict=True))
    return Benchmark(texts, unique(rows, asked))


def _read(path: Path) -> tuple[dict[str, str], list[_Place]]:
    """Documents by file name, and where each question stands."""
    articles = read_json(path, _File).data
    names = file_names([article.title for article in articles], path)
    texts = {
        names[article.title]: _GAP.join(p.context for p in article.paragraphs)
        for article in articles
    }
    return texts, list(_places(articles, names))


def _places(articles: Sequence[_Article], names: dict[str, str]) -> Iterator[_Place]:
    number = 0
    for article in articles:
        start = 0
        for paragraph in article.paragraphs:
            for question in paragraph.qas:
                yield _Place(question, names[article.title], number, paragraph.context, start)
            start += len(paragraph.context) + len(_GAP)
            number += 1


def _row(asked: _Place, read: _Place, lang: str, path: Path) -> GoldQuestion:
    """The question as `asked` has it, answered where `read` has it."""
    quotes: dict[Pointer, None] = {}
    short = []
    for answer in read.question.answers:
        start, end = answer.answer_start, answer.answer_start + len(answer.text)
        if read.context[start:end] != answer.text:
            raise InputError(
                f"{path}: question {read.question.id}: its answer does not stand at {start}",
                AS_PUBLISHED,
            )
        pointer = Pointer(document=read.document, start=read.start + start, end=read.start + end)
        quotes[pointer] = None
        before, after = read.context[max(start - 1, 0) : start], read.context[end : end + 1]
        short.append(ShortAnswer(answer.text, before, after))
    question = asked.question
    return gold_question(question.id, question.question, lang, list(quotes), must=must(short))


def _unanswerable(place: _Place) -> GoldQuestion:
    question = place.question
    return gold_question(
        question.id, question.question, "en", [], kind=UNANSWERABLE, documents=(place.document,)
    )


def _language(path: Path) -> str:
    found = re.fullmatch(r"xquad\.([a-z]{2,3})\.json", path.name)
    if not found:
        raise InputError(
            f"{path}: the name does not say the language of the questions",
            "name it as the benchmark does, e.g. xquad.es.json",
        )
    return found[1]


def _aligned(asked: list[_Place], read: list[_Place], asked_in: Path, read_in: Path) -> None:
    first = [(place.question.id, place.paragraph) for place in asked]
    second = [(place.question.id, place.paragraph) for place in read]
    if first == second:
        for place in read:
            if not place.question.answers:
                raise InputError(
                    f"{read_in}: question {place.question.id}: no answer is given", AS_PUBLISHED
                )
        return
    pairs = zip(first, second, strict=False)  # the shorter list may be a beginning of the other
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
    known = first[at] if at < len(first) else second[at]
    raise InputError(
        f"{asked_in}: question {known[0]} (paragraph {known[1] + 1}) is not the one at that place "
        f"in {read_in}",
        "take both files from the same release",
    )
