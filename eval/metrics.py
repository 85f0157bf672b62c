"""Measures of answers, citations and abstention: one question and one answer in, a number out.

A value of None means that the measure does not apply to that question. A question that failed, or
whose answer is missing, is scored, and scored 0. `docs/METRICS.md` explains each with an example.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from eval.answers import GivenAnswer, GivenCitation
from eval.corpus import Corpus
from eval.gold import GoldQuote, ResolvedGold


@dataclass(frozen=True, slots=True)
class Case:
    """One gold question, what was given for it, and the documents both point into."""

    gold: ResolvedGold
    answer: GivenAnswer
    corpus: Corpus

    @property
    def answerable(self) -> bool:
        return self.gold.question.answerable


Measure = Callable[[Case], float | None]


def completed(case: Case) -> float:
    """1 when the question ended in an answer or an abstention, 0 when it failed."""
    return float(case.answer.answered or case.answer.declined)


def correct(case: Case) -> float | None:
    """1 when an answerable question is answered, all `must` match and no `must_not` does."""
    question = case.gold.question
    if not case.answerable or not question.must:
        return None
    if not case.answer.answered:
        return 0.0
    said = all(_says(case.answer, expression) for expression in question.must)
    wrong = any(_says(case.answer, expression) for expression in question.must_not)
    return float(said and not wrong)


def supported(case: Case) -> float | None:
    """1 when a gold quote is cited (every one for list, compare and `needs_all`)."""
    if not case.answerable:
        return None
    if not case.answer.answered:
        return 0.0
    cited = [
        any(bears(citation, quote, case.corpus) for citation in case.answer.citations)
        for quote in case.gold.quotes
    ]
    return float(all(cited) if case.gold.question.all_quotes else any(cited))


def nugget_recall(case: Case) -> float | None:
    """Share of the `must` expressions that the answer matches.

    Nuggets in the sense of Voorhees, Overview of the TREC 2003 Question Answering Track.
    """
    must = case.gold.question.must
    if not case.answerable or not must:
        return None
    if not case.answer.answered:
        return 0.0
    return sum(_says(case.answer, expression) for expression in must) / len(must)


def citation_recall(case: Case) -> float | None:
    """Share of the claims that a citation of theirs bears out, gold quotes being the judge.

    Gao et al., Enabling Large Language Models to Generate Text with Citations (ALCE, EMNLP 2023),
    section 3, with gold quotes in place of an entailment model. An answer without claims is one
    claim.
    """
    if not case.answerable or not case.answer.answered:
        return None
    claims = [case.answer.cited_by(claim) for claim in case.answer.claims]
    claims = claims or [case.answer.citations]
    return sum(any(_bears_any(c, case) for c in cited) for cited in claims) / len(claims)


def citation_precision(case: Case) -> float | None:
    """Share of the citations that bear a gold quote (ALCE, as above); 0 when there are none."""
    if not case.answerable or not case.answer.answered:
        return None
    citations = case.answer.citations
    return sum(_bears_any(c, case) for c in citations) / len(citations) if citations else 0.0


def superfluous_citations(case: Case) -> float | None:
    """Citations that bear no gold quote which an earlier one does not bear already: a count."""
    if not case.answerable or not case.answer.answered:
        return None
    borne: set[int] = set()
    extra = 0
    for citation in case.answer.citations:
        new = {
            number
            for number, quote in enumerate(case.gold.quotes)
            if bears(citation, quote, case.corpus)
        } - borne
        extra += not new
        borne |= new
    return float(extra)


def quote_exactness(case: Case) -> float | None:
    """Share of the citations whose quote is, to the code point, what stands at their span."""
    if not case.answer.citations:
        return None
    exact = [_is_exact(citation, case.corpus) for citation in case.answer.citations]
    return sum(exact) / len(exact)


def attribution_kept(case: Case) -> float | None:
    """Share of the citations that name the right speaker, of those that gold can judge."""
    judged = [_keeps_speaker(citation, case) for citation in case.answer.citations]
    return mean(None if kept is None else float(kept) for kept in judged)


def abstention_recall(case: Case) -> float | None:
    """1 when a question that cannot be answered was not answered, by abstaining."""
    return None if case.answerable else float(case.answer.declined)


def false_abstention(case: Case) -> float | None:
    """1 when an answerable question was not answered, for whatever reason."""
    return float(not case.answer.answered) if case.answerable else None


def words(case: Case) -> float | None:
    """Words of the answer without its marks, of the questions that were answered."""
    return float(len(case.answer.statement.split())) if case.answer.answered else None


def seconds(case: Case) -> float | None:
    """Time from question to answer, all stages."""
    return sum(case.answer.seconds.values()) if case.answer.seconds else None


MEASURES: dict[str, Measure] = {
    measure.__name__: measure
    for measure in (
        completed,
        correct,
        supported,
        nugget_recall,
        citation_recall,
        citation_precision,
        superfluous_citations,
        quote_exactness,
        attribution_kept,
        abstention_recall,
        false_abstention,
        words,
        seconds,
    )
}

LOWER_IS_BETTER = frozenset(
    {"superfluous_citations", "false_abstention", "words", "seconds", "aurc"}
)


def bears(citation: GivenCitation, occurrences: Iterable[GoldQuote], corpus: Corpus) -> bool:
    """True when the citation's quote contains a gold quote or lies inside it, same document."""
    document = corpus.find(citation.document, citation.source)
    return document is not None and any(
        document.id == gold.span.document_id
        and citation.quote != ""
        and (gold.text in citation.quote or citation.quote in gold.text)
        for gold in occurrences
    )


def is_right(case: Case) -> bool:
    """Whether the outcome was the right one: a correct answer, or an abstention where due."""
    if not case.answerable:
        return case.answer.declined
    verdict = correct(case)
    return bool(supported(case) if verdict is None else verdict)


def confidence(case: Case) -> float | None:
    """What a system says of its own answer, else the score of its best hit; None if unanswered."""
    if not case.answer.answered:
        return None
    if case.answer.confidence is not None:
        return case.answer.confidence
    return max((hit.score for hit in case.answer.hits if hit.score is not None), default=0.0)


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that apply; None when none does."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def summarise(rows: Iterable[tuple[str, Mapping[str, float | None]]]) -> dict[str, float]:
    """Means over all questions, and of abstention recall for each kind that calls for it.

    `rows` are (kind, values by measure).
    """
    listed = list(rows)
    names = sorted({name for _, values in listed for name in values})
    result = {name: mean(values.get(name) for _, values in listed) for name in names}
    for kind in sorted({kind for kind, _ in listed}):
        of_kind = [values.get("abstention_recall") for k, values in listed if k == kind]
        result[f"abstention_recall.{kind}"] = mean(of_kind)
    return {name: value for name, value in result.items() if value is not None}


def _bears_any(citation: GivenCitation, case: Case) -> bool:
    return any(bears(citation, quote, case.corpus) for quote in case.gold.quotes)


def _keeps_speaker(citation: GivenCitation, case: Case) -> bool | None:
    """Whether a citation names who says its words; None where gold cannot tell.

    The row tells it of its own quotes. Elsewhere the document's speaker is right, and whom else a
    document may quote there is not for gold to know.
    """
    document = case.corpus.find(citation.document, citation.source)
    if document is None:
        return False
    speakers = case.gold.question.speakers
    bearing = _bears_any(citation, case)
    if bearing and speakers:
        said = citation.speaker or ""
        return any(re.search(speaker, said, re.IGNORECASE) for speaker in speakers)
    if not bearing and citation.voice != "author":
        return None
    return citation.speaker == document.speaker


def _is_exact(citation: GivenCitation, corpus: Corpus) -> bool:
    document = corpus.find(citation.document, citation.source)
    if document is None or citation.start is None or citation.end is None or not citation.quote:
        return False
    inside = 0 <= citation.start < citation.end <= len(document.text)
    return inside and document.text[citation.start : citation.end] == citation.quote


def _says(answer: GivenAnswer, expression: str) -> bool:
    return re.search(expression, answer.statement, re.IGNORECASE) is not None
