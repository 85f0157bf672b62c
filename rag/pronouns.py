"""Pronouns in a question for which nothing in it can stand, and what stands for them after the
question before. English only."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from rag.nounphrases import AUXILIARIES, Phrase, content, names, phrase_with, things
from rag.wording import lexicon

_AUX = "|".join(AUXILIARIES)

_HE = r"he|she|him|his|her|hers"
_IT = r"it|its|they|them|their|theirs"
_PRONOUN = re.compile(rf"\b(?:{_HE}|{_IT})\b(?!['’])", re.IGNORECASE)
_SUBJECT = re.compile(rf"\b(?:{_AUX})(?:n['’]t)?\s+$", re.IGNORECASE)

_EMPTY_IT = re.compile(
    r"\b(?:is|was|be|been|makes?|made|finds?|found|takes?|took)\s+it\s+"
    r"(?:(?:\w+\s+){0,4}?(?:that|whether|how)\b"
    r"|(?:(?:\w+\s+){0,3}?\w+(?<!ed)(?<!en)\s+)?(?:to|for|if)\b)"
    r"|\b(?:would|did|does|will|is)\s+it\s+"
    r"(?:be|take|need|matter|cost|rain|snow|mean (?:for|to|that))\b"
    r"|\bit\s+(?:is|was|be|takes?|took)\b[^?]*\b(?:to|that|for)\b",
    re.IGNORECASE,
)
""" "It" that stands for nothing: is it true that, what makes it so hard to, will it rain in."""


_BOUNDARY = re.compile(r"[,;:]")
FEWEST_NOUNS = 3
"""So many words of substance before a pronoun are taken to hold what it stands for; two are often a
subject and its verb."""

QUESTION_WORDS = frozenset(lexicon("who whom whose what which when where why how whether"))
PREPOSITIONS = frozenset(
    lexicon("in at on by from to for since before after during until under with without about of")
)
_SUBJECTS = frozenset(("he", "she", "it", "they"))
_OBJECTS = frozenset(("it", "them", "him"))
_LAST = re.compile(r"(?:\s+(?:there|then|now|so|today))?\s*[?.!]*$")
_SUBORDINATE = re.compile(
    r"\w\s(?:.*\s)?(?:who|whom|that|which|where|when|while|after|before|if|because|since|and)\s",
    re.IGNORECASE,
)
_HEAD = re.compile(r"\b(?:who|whose|which)\b", re.IGNORECASE)
_VERB_NEXT = re.compile(r"\s+\w(?!\w?\b)")
_ABOUT = re.compile(r"\b(?:about|of|on|in|at|from|to|with|for|against|by)\s+$", re.IGNORECASE)
_OPENERS = frozenset(lexicon("besides other apart in after before despite like unlike because"))
_WHAT_IS = re.compile(r"^what (?:is|are|was|were) ((?:[^\s,;:]+ ){0,6}[^\s,;:]+)$", re.IGNORECASE)
_POSSESSIVES = frozenset(("his", "her", "its", "their"))
_DOES = "did|does|do"
PLACED = re.compile(
    r"\b(?:in|at|to|from|near|of|about|against|around)\s+(?:the\s+)?$", re.IGNORECASE
)
_SAYS = re.compile(
    r"\b(?:say|says|said|think|thinks|believe|believes|write|writes|argue|argues|claim|claims"
    r"|describe|describes|mention|mentions|tell|tells|call|calls)\b", re.IGNORECASE
)  # fmt: skip


_MOST_TOPIC_WORDS = 12
"""As many as a usual question has; a longer one is not repeated whole."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the question before was about: as it was understood, and of its answer the speakers and
    authors (`people`, case folded words) and the `answered` name that answers it, if one does."""

    question: str
    people: Set[str] = frozenset()
    answered: str | None = None

    @property
    def bare(self) -> str:
        return self.question.strip().rstrip("?.! ")


def unresolved(asked: str) -> re.Match[str] | None:
    """The first pronoun for which nothing in the question itself can stand."""
    for match in _PRONOUN.finditer(asked):
        word, ahead = match[0].casefold(), asked[: match.start()]
        if word == "it" and _EMPTY_IT.search(asked):
            continue
        if _in_another_clause(asked, match):
            continue
        inverted = _SUBJECT.search(ahead)
        if inverted and word in _SUBJECTS:
            first = re.search(rf"\b(?:{_AUX})\b", asked, re.IGNORECASE)
            if first and first.start() == inverted.start():
                return match
        elif word in _SUBJECTS and _HEAD.search(ahead) and _VERB_NEXT.match(asked, match.end()):
            continue  # the subject of a clause inside the question, whose subject it may be
        if not _antecedent(ahead, word) or _is_object(asked, match):
            return match
    return None


def _is_object(asked: str, pronoun: re.Match[str]) -> bool:
    """True for a pronoun that ends a question of one clause with one thing in it: its subject, and
    a subject is not meant by "it" or "them" of its own verb."""
    ahead = asked[: pronoun.start()]
    if pronoun[0].casefold() not in _OBJECTS or not _LAST.match(asked, pronoun.end()):
        return False
    if _SUBORDINATE.search(ahead):
        return False
    starts = {phrase.start for phrase in things(ahead)}
    alone = [n for n in names(ahead) if not any(n.start - 4 == start for start in starts)]
    return len(starts) + len(alone) == 1


def _in_another_clause(asked: str, pronoun: re.Match[str]) -> bool:
    """True when the clause before a pronoun, or after, has words for what it stands for."""
    *clauses, _ = _BOUNDARY.split(asked[: pronoun.start()])
    if any(content(clause) for clause in clauses):
        return True
    first = re.search(rf"\b(?:{_AUX})\b", asked, re.IGNORECASE)
    if first and pronoun.end() < first.start():
        owner = asked[first.end() :]  # "Which of its members has the league lost?"
        return bool(names(owner) or things(owner))
    comma = _BOUNDARY.search(asked, pronoun.end())
    later = asked[comma.end() :] if comma else ""
    if asked.split()[0].casefold() in _OPENERS:
        later = asked[pronoun.end() :]
    return bool(later and (names(later, fragment=True) or things(later)))


def _antecedent(ahead: str, word: str) -> bool:
    """True when the words before a pronoun hold something that it can stand for."""
    if _HEAD.search(ahead) and word in _POSSESSIVES and content(ahead):
        return True
    about = _ABOUT.search(ahead) and word not in _HE.split("|")
    known = () if about and _SAYS.search(ahead) else names(ahead)
    fit = [t for t in things(ahead) if _agrees(word, t)]
    return bool(known or fit or (not about and len(content(ahead)) >= FEWEST_NOUNS))


def _agrees(word: str, thing: Phrase) -> bool:
    """False for one word of several things; "they" may be of a group."""
    return word in ("they", "them", "their", "theirs") or not _several(thing)


def _several(thing: Phrase) -> bool:
    return re.search(r"[^sui]s$", thing.text) is not None


def referred(asked: str, pronoun: re.Match[str], before: Before) -> str:
    word = pronoun[0].casefold()
    subject = _SUBJECT.search(asked[: pronoun.start()]) is not None
    referent = _defined(before) or _referent(word, before, subject)
    if referent is None:
        return with_topic(asked, before)
    after = re.match(r"\s+([^\W\d_]+)", asked[pronoun.end() :])
    owner = word in ("his", "its", "their") or (
        word == "her" and after is not None and after[1].casefold() not in QUESTION_WORDS
        and after[1].casefold() not in PREPOSITIONS and after[1].casefold() not in AUXILIARIES
    )  # fmt: skip
    return put(asked, pronoun.start(), pronoun.end(), referent + ("'s" if owner else ""))


def _defined(before: Before) -> str | None:
    """What the question before asks the meaning of: all of it, not the last name in it."""
    match = _WHAT_IS.match(before.bare)
    return match[1] if match and content(match[1]) else None


def _referent(word: str, before: Before, subject: bool) -> str | None:
    """What a pronoun stands for after the question before; a subject rather for its subject
    (Grosz, Joshi and Weinstein, Centering, Computational Linguistics 1995)."""
    old = before.bare
    there, whole = names(old), things(old)
    who = re.match(r"(?:who|whose|whom|which)\b", old, re.IGNORECASE) is not None
    if word in _HE.split("|"):
        if who:
            return before.answered
        people = [n for n in there if is_person(n, before.people)]
        others = [n for n in there if not PLACED.search(old[: n.start])]
        chosen = people or others
        return chosen[0].text if chosen else before.answered
    others = [n for n in there if not is_person(n, before.people)]
    if not others and not whole and who and before.answered:
        return before.answered
    if word in ("they", "them", "their", "theirs"):
        many = re.match(r"(?:which|what|how many)\s+([^\W\d_]+s)\s+(.+)", old, re.IGNORECASE)
        if many and not re.match(rf"(?:{_DOES})\s", many[2], re.IGNORECASE):
            return f"the {many[1]} that {many[2]}"
        if many:
            return f"the {many[1]}"
    if others:
        first = [n for n in others if _SUBJECT.search(old[: n.start])]
        parallel = subject and first and not _SAYS.search(old)
        return phrase_with(old, first[0] if parallel else others[-1])
    fit = [t for t in whole if _several(t) == (word in ("they", "them", "their", "theirs"))]
    return (fit or whole)[-1].text if whole else None


def with_topic(asked: str, before: Before) -> str:
    """The question with the words of substance of the one before in parentheses."""
    topic = " ".join(content(before.bare)[:_MOST_TOPIC_WORDS])
    return f"{asked.rstrip('?.! ')} ({topic})?" if topic else asked


def is_person(name: Phrase, people: Set[str]) -> bool:
    """True when a name is that of an author or speaker of the answer."""
    return any(word.casefold() in people for word in name.text.split())


def put(text: str, start: int, end: int, words: str) -> str:
    put = words[:1].upper() + words[1:] if start == 0 else words
    return f"{text[:start]}{put}{text[end:]}"
