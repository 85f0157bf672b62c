"""What is wrong with a gold file: everything, not the first thing, each with line and remedy.

A wrong gold row is worse than none: it turns a good system red and teaches people not to look.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.corpus import Corpus
from eval.drafting import DRAFT
from eval.gold import ABSTAIN_KINDS, GoldQuestion, GoldQuote, Pointer, gold_rows, locate
from index.errors import InputError
from index.snapshot import Snapshot

FEWEST_OF_A_KIND = 3
"""With fewer rows the mean of a kind says more about the rows than about the system."""

ABSTENTIONS = (0.05, 0.5)
"""Share of rows that call for an abstention: outside it, always or never answering looks good."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`problems` must be mended; `warnings` are for a person to judge; rows by kind."""

    problems: tuple[InputError, ...]
    warnings: tuple[str, ...]
    kinds: Mapping[str, int]


class Sentences:
    """The sentences of an index, by the place of a quote."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._documents = snapshot.documents
        self._spans: dict[str, list[tuple[int, int]]] = {}
        for passage in snapshot.passages:
            self._spans.setdefault(passage.span.document_id, []).extend(passage.sentences)

    def around(self, quote: GoldQuote) -> Iterator[str]:
        """The whole sentences that a quote stands in."""
        span = quote.span
        text = self._documents[span.document_id].text
        for start, end in self._spans.get(span.document_id, []):
            if start < span.end and span.start < end:
                yield text[start:end]


def check_gold(path: Path, snapshot: Snapshot | None) -> CheckReport:
    """Looks at every row; at its quotes too where there is an index to find them in."""
    rows = gold_rows(path)
    questions = [row.question for row in rows if row.question]
    corpus = Corpus(snapshot.documents.values()) if snapshot else None
    sentences = Sentences(snapshot) if snapshot else None
    problems: list[InputError] = []
    for row in rows:
        problems += row.faults
        if row.question is None:
            continue
        problems += (InputError(f"{row.where}: {what}", todo) for what, todo in _form(row.question))
        if corpus and sentences and not row.faults:
            found = _against(row.question, corpus, sentences)
            problems += (InputError(f"{row.where}: {what}", todo) for what, todo in found)
    kinds = Counter(question.kind for question in questions)
    return CheckReport(tuple(problems), tuple(_balance(questions)), dict(kinds.most_common()))


Fault = tuple[str, str]
"""What is wrong, and what to do about it."""


def _form(question: GoldQuestion) -> Iterator[Fault]:
    if question.question.startswith(DRAFT):
        yield "a draft that nobody has edited", "write the question, or drop the line"
    for expression in (*question.must, *question.must_not):
        if _matches(expression, "") is True:
            yield f"{expression!r} matches every text", "name what must be said"
    for expression in question.speakers or ():
        if _matches(expression, "") is True:
            yield f"speaker {expression!r} matches every name", "name who says the quotes"
    if not question.answerable and (question.quotes or question.must):
        yield (
            f"{question.kind} is scored by abstention alone, its quotes and 'must' never count",
            "drop them, or correct the kind",
        )


def _against(question: GoldQuestion, corpus: Corpus, sentences: Sentences) -> Iterator[Fault]:
    """Faults that show only when the documents are at hand."""
    documents = []
    for name in question.documents:
        document = corpus.named(name)
        if document is None:
            yield (
                f"{name!r} is not in the index, nothing of it was checked",
                "correct the name, or: onrecord add PATH",
            )
            return
        documents.append(document)
    places = [locate(quote, documents) for quote in question.quotes]
    for quote, found in zip(question.quotes, places, strict=True):
        if not found:
            yield (
                f"a quote is in none of its documents: {_shown(quote)}",
                "copy the exact words, or correct 'documents'",
            )
    if not all(places):
        return
    said = " ".join(s for found in places for quote in found for s in sentences.around(quote))
    for expression in question.must:
        if question.answerable and not _matches(expression, said):
            yield (
                f"must {expression!r} does not match the sentences of its own quotes",
                "correct the expression, or quote what it asks for",
            )
    known = all(document.speaker for document in documents)  # else it may be who is not known
    for expression in (question.speakers or ()) if known else ():
        where_named = (part for d in documents for part in (d.text, d.speaker or ""))
        if not any(_matches(expression, part) for part in where_named):
            yield (
                f"speaker {expression!r} is named nowhere in the question's documents",
                "write the name as the documents give it",
            )
    for expression in question.must_not:
        if _matches(expression, said):
            yield (
                f"must_not {expression!r} matches the sentences of its own quotes",
                "correct it: a right answer would be called wrong",
            )


def _balance(questions: Iterable[GoldQuestion]) -> Iterator[str]:
    listed = list(questions)
    for kind, count in Counter(question.kind for question in listed).items():
        if count < FEWEST_OF_A_KIND:
            yield f"{count} of kind {kind}: its mean will say little, {FEWEST_OF_A_KIND} at least"
    calls = sum(question.kind in ABSTAIN_KINDS for question in listed)
    low, high = ABSTENTIONS
    if listed and not low <= calls / len(listed) <= high:
        always = "never" if calls < low * len(listed) else "always"
        yield f"{calls} of {len(listed)} rows call for abstaining: to {always} abstain looks good"
    for text, count in Counter(question.question for question in listed).items():
        if count > 1:
            yield f"asked {count} times: {text}"


def _matches(expression: str, text: str) -> bool | None:
    """None for an expression that does not compile; that is reported already."""
    try:
        return re.search(expression, text, re.IGNORECASE) is not None
    except (re.error, OverflowError, RecursionError):
        return None


def _shown(quote: str | Pointer) -> str:
    if isinstance(quote, Pointer):
        return f"{quote.document}:{quote.start}-{quote.end}"
    return f"{quote!r:.80}"
