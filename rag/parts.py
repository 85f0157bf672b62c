"""The parts of a question that asks several things at once, each as a question of its own.

"The bridge: who built it, and when did it fall?" is two questions. One sentence seldom answers
both, and asked together the commoner one crowds the other out of what is found; asked apart each
finds its own passage. English question words only: a question in another language stays whole.
"""

from __future__ import annotations

import re

from rag.followups import followed
from rag.pronouns import Before

_PREPOSITION = r"(?:(?:in|on|at|to|from|by|for|under|with) )?"
_ASKING = rf"{_PREPOSITION}(?:what|which|who|whom|whose|how|when|where|why)\b"
_JOINED = re.compile(rf",? and (?={_ASKING})", re.IGNORECASE)
_LISTED = re.compile(rf"[,;] (?={_ASKING})", re.IGNORECASE)
_FIRST = re.compile(_ASKING, re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?:when|where)\b"
    r"(?! (?:did|do|does|is|are|was|were|will|has|have|had|can|could|should|would)\b)",
    re.IGNORECASE,
)
"""A question word that begins a clause and not a question: "When the mill burned, who ..."."""

MOST_PARTS = 6
"""More are a list of questions, and better asked one by one: each part costs a search."""

FEWEST_WORDS = 4
"""A part with fewer words ("and in what job?") asks for a detail of the one before."""

_ASIDE = re.compile(r"(?:according to|in the view of|as seen by|for|per|by)\b.*", re.IGNORECASE)
_EMPTY = re.compile(
    r"(?:what|which|who|whom|whose|how|when|where|why|many|much|did|does|do|is|are|was|were|the|an?|"
    r"and|says?|of|in)$",
    re.IGNORECASE,
)


def parts(question: str) -> tuple[str, ...]:
    """The parts in order, each with what stands before the first of them; where nothing does, a
    later part is read as a follow-up of the first ("it" stands for what that asks of). None for a
    single question."""
    body = question.strip().rstrip("?").strip()
    head, _, rest = body.rpartition(": ")
    first, *others = _JOINED.split(rest)
    if not others or not _FIRST.search(first):
        return ()
    lead, *asked = _LISTED.split(first)
    if (start := _FIRST.search(lead)) and not _CLAUSE.match(lead[start.start() :]):
        lead, asked = lead[: start.start()], [lead[start.start() :], *asked]
    head = ": ".join(text for text in (head, lead.strip(" ,")) if text)
    pieces = list(dict.fromkeys([*asked, *others]))
    if not 2 <= len(pieces) <= MOST_PARTS or not all(map(_asks, pieces)):
        return ()
    if head:
        return tuple(f"{head}: {piece}?" for piece in pieces)
    first, *others = (f"{piece}?" for piece in pieces)
    return (first, *(followed(other, Before(first)) or other for other in others))


def _asks(piece: str) -> bool:
    """True for a part that has a subject of its own, unlike "and how many according to Brill?"."""
    words = re.findall(r"\w+", _ASIDE.sub("", piece))
    own = [word for word in words if not _EMPTY.match(word)]
    return len(piece.split()) >= FEWEST_WORDS and bool(own)
