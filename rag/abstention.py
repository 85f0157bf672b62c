"""When not to answer: nothing is about the question, no sentence answers it, nothing was proved.

Two judgements before any proof. Relevance, the mean of the best cosine and the best window's score,
tells what is foreign to the documents (AUROC .98 to .99 across two corpora); it cannot tell a near
miss from an answer. For those there is support: how likely the sentences chosen are to answer. A
near miss mostly asks for a detail that the documents leave out, and then no sentence that is close
holds a word of the kind asked for (`rag.expected`). Both are measured in docs/ANSWERS.md.
"""

from __future__ import annotations

import math

from rag.expected import Type, expected
from rag.prompting import meant_for_machines
from rag.retrieval import Found

MIN_RELEVANCE = 0.36
"""Below it an answer is withheld. On the source articles and SQuAD 2.0: 0.7 % and none of the
answerable questions lost; 70 % and 36 % of the other corpus's questions, 98 % of questions from
medicine and all plainly foreign ones withheld."""

LEAD_WEIGHT = 1.2
MISSING_WEIGHT = 4.0
"""Logistic regression of "the answer holds a gold quote" on half of SQuAD's articles and half of
our gold (`make calibration`; rounded). How similar question and sentence are has no weight:
unanswerable questions are as close as others, and in our gold even closer, which says how they were
written and nothing about answers."""

NOTHING_FOUND = "The documents do not say: no passage in them matches the question."
NOT_ABOUT = "The documents do not say: nothing in them is about this question."
AN_ORDER = "The documents do not say: this reads as an order to the program, not as a question."
NOT_PROVED = "The documents do not say: no statement could be proved with their words."
NOT_STATED = (
    "The documents do not say: they come close, but no sentence states the {kind} asked for."
)
NOT_SURE = "The documents do not say: they come close, but no sentence clearly answers this."
PARTLY = "The documents do not answer a part of the question."

_KINDS: dict[Type, str] = {
    "number": "number",
    "share": "share",
    "money": "sum",
    "duration": "length of time",
    "date": "date",
    "person": "name",
    "title": "title",
    "name": "name",
    "list": "list",
}


def foreign(found: Found) -> str | None:
    """Why the question cannot be answered from these documents, judged before composing."""
    if meant_for_machines(found.text):
        return AN_ORDER
    if not found.hits:
        return NOTHING_FOUND
    return NOT_ABOUT if found.relevance < MIN_RELEVANCE else None


def support(lead: float, missing: bool) -> float:
    """How likely sentences answer a question, between 0 and 1.

    `lead` is how far the best of them scores above the sixth; `missing`: the question asks for a
    number, date or name, and they hold none.
    """
    return 1 / (1 + math.exp(MISSING_WEIGHT * missing - LEAD_WEIGHT * lead))


def unstated(question: str) -> str:
    """The reason for an abstention where sentences came close and none was good enough."""
    wanted = expected(question)
    kind = _KINDS.get(wanted.type) if wanted.strict else None
    return NOT_STATED.format(kind=kind) if kind else NOT_SURE
