"""When not to answer: nothing in the documents is about the question, or nothing could be proved.

Relevance is the mean of the best cosine and the best window's score, which fail differently. It
tells what is foreign to the documents from what is not (AUROC .98 to .99 across two corpora); it
cannot tell a near miss from an answer (docs/RETRIEVAL.md).
"""

from __future__ import annotations

from rag.retrieval import Found

MIN_RELEVANCE = 0.36
"""Below it an answer is withheld. On the source articles and SQuAD 2.0: 0.7 % and none of the
answerable questions lost; 70 % and 36 % of the other corpus's questions, 98 % of questions from
medicine and all plainly foreign ones withheld."""

NOTHING_FOUND = "The documents do not say: no passage in them matches the question."
NOT_ABOUT = "The documents do not say: nothing in them is about this question."
NOT_PROVED = "The documents do not say: no statement could be proved with their words."


def foreign(found: Found) -> str | None:
    """Why the question cannot be answered from these documents, judged before composing."""
    if not found.hits:
        return NOTHING_FOUND
    return NOT_ABOUT if found.relevance < MIN_RELEVANCE else None
