"""Follow-up questions, by rules: which do not stand alone, and what they mean after another one.

The rules are English and lean to one side: a question that might stand alone is left alone, for a
question that is changed without need is answered wrongly and asked by nobody. What they cannot put
into a sentence they say plainly, with the words of the question before in parentheses.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag.nounphrases import AUXILIARIES, content, names, things
from rag.pronouns import (
    FEWEST_NOUNS,
    PLACED,
    PREPOSITIONS,
    QUESTION_WORDS,
    Before,
    is_person,
    put,
    referred,
    unresolved,
    with_topic,
)

_AUX = "|".join(AUXILIARIES)
_END = r"\s*[?.!]*\s*$"

_PART = re.compile(
    r"^(?:(?:and|but|so|or)\s+)?(?:what|how)\s+(?:about|of)\s+(?P<a>.+?)" + _END
    + r"|^(?:and|but|or)\s+(?P<b>[^,;:]+?)" + _END
    + r"|^(?P<c>(?:in|at|on|by|from|to|for|since|before|after|during|until|under|with|without)"
    r"\s+[^,;:]+?)(?:\s+(?:too|as well))?" + _END,
    re.IGNORECASE,
)  # fmt: skip
"""A question that gives only the part in which it differs from the one before."""

_MOST_PART_WORDS = 5
"""A longer part is a clause, and says enough by itself."""

_BARE = re.compile(
    r"^(?:(?:and|but|so)\s+)?(?:(?:since|until|by|for|to|from|with|about)\s+)?"
    r"(?:why|when|where|how|who|whom|whose|which|what|anything|anyone|anybody|somebody|more)"
    r"(?:\s+(?:many|much|long|often|far|old|so|not|exactly|else|more|ones?|others?|come|then))*"
    + _END,
    re.IGNORECASE,
)
"""Nothing but a question word: Why? How many? Who else?"""

_THESE_DAYS = (
    r"(?:\s+(?:day|week|month|year|decade|century|season|summer|winter|spring|autumn)s?)\b"
)
_SINGLE_OUT = r"(?:\s+(?:who|whom|whose|that|which|of|in|with|on|at|from|made|being|already)\b)"
_POINTER = re.compile(
    rf"\b(?:(?P<near>this|these|those)(?!{_THESE_DAYS})(?!{_SINGLE_OUT})(?:\s+(?P<noun>[^\W\d_]+))?"
    r"|(?:(?<=^)|(?<=\bof\s)|(?<=\bin\s)|(?<=\bby\s)|(?<=\bwith\s)|(?<=\babout\s)|(?<=\bat\s)"
    r"|(?<=\bon\s)|(?<=\bfrom\s)|(?<=\bto\s)|(?<=\bfor\s)|(?<=\blike\s)|(?<=\bis\s)|(?<=\bwas\s)"
    r"|(?<=\bdoes\s)|(?<=\bdid\s)|(?<=\bdo\s)|(?<=\bwill\s)|(?<=\bafter\s)|(?<=\bbefore\s))"
    r"(?P<far>that)(?!\s+(?:is|are|was|were|has|have|had)\b)(?:\s+(?P<thing>[^\W\d_]+))?"
    r"|(?P<one>(?:the|that|this|another|which)\s+(?:\w+\s+)?ones?(?=\s*[?.,]|$)"
    rf"|the\s+(?:latter|former|others)(?=\s*[?.,]|$|\s+(?:{_AUX})\b)))",
    re.IGNORECASE,
)
"""Demonstratives that point back. "That" only where it can be no conjunction."""

_THERE = re.compile(
    r"(?<!\bis\s)(?<!\bare\s)(?<!\bwas\s)(?<!\bwere\s)(?<!\bbeen\s)(?<!\bbe\s)\bthere\b"
    r"(?!\s+(?:is|are|was|were|has|have|will|be)\b)",
    re.IGNORECASE,
)
_THEN = re.compile(r"(?<!-)\bthen\b(?!-)(?!\s+(?:and|to|on|the|president)\b)", re.IGNORECASE)
_DATE = re.compile(r"\b(?:1\d|20)\d\d\b")

_LONGER = re.compile(
    r"^(?:which|who|what|whose|is|are)\b[^,;:]*\b(?:larger|bigger|smaller|older|newer|younger"
    r"|longer|shorter|higher|lower|earlier|later|better|worse|greater|stronger|weaker|faster"
    r"|slower|cheaper|fewer|heavier|lighter|taller|deeper|richer|poorer|thicker|wider"
    r"|(?:more|less)(?:\s+\w+)?)" + _END,
    re.IGNORECASE,
)
"""A comparison with something that is not named."""

_MOST_COMPARED = 1
_PREFIX = re.compile(rf"{_BARE.pattern.removesuffix(_END)}:\s+", re.IGNORECASE)
"""What a bare question word was made into."""


def followed(question: str, before: Before) -> str | None:
    """What a question means after another one; None when it stands alone."""
    before = replace(before, question=_PREFIX.sub("", before.question.strip()))
    if not before.bare:
        return None
    asked = " ".join(question.split())
    part = _differing_part(asked)
    if part:
        return _replaced(part, before)
    if _BARE.match(asked):
        return _continued(asked, before)
    pronoun = unresolved(asked)
    if pronoun:
        return referred(asked, pronoun, before)
    return _pointed(asked, before)


def _differing_part(asked: str) -> str | None:
    match = _PART.match(asked)
    part = next((p for p in match.groups() if p), None) if match else None
    if part is None or len(part.split()) > _MOST_PART_WORDS:
        return None
    first = part.split()[0].casefold()
    asking = any(word.casefold() in QUESTION_WORDS for word in part.split())
    asks = asking or first in AUXILIARIES
    return None if asks or not re.search(r"\w", part) else part


def _replaced(part: str, before: Before) -> str:
    """The question before with a part of it exchanged: a date for a date, a name for a name."""
    old = before.bare
    preposition, _, rest = part.partition(" ")
    new, date = _DATE.search(part), _DATE.search(old)
    if new and date:
        return f"{old[: date.start()]}{new[0]}{old[date.end() :]}?"
    there = names(old)
    if rest and preposition.casefold() in PREPOSITIONS:
        same = [
            n for n in there if old[: n.start].casefold().endswith(f"{preposition.casefold()} ")
        ]
        if same and not _DATE.search(part):
            return f"{old[: same[-1].start]}{rest}{old[same[-1].end :]}?"
        return f"{old} {preposition.lower()} {rest}?"
    wanted = names(part, fragment=True)
    if not wanted or not there:
        return f"{old}, as to {part}?"
    people = [n for n in there if is_person(n, before.people)]
    chosen = people[0] if people and is_person(wanted[0], before.people) else there[-1]
    return f"{old[: chosen.start]}{part}{old[chosen.end :]}?"


def _continued(asked: str, before: Before) -> str:
    """A bare question word, with what the question before asked about."""
    words = re.sub(r"^(?:and|but|so)\s+", "", asked.rstrip("?.! "), flags=re.IGNORECASE)
    words, old = words[:1].upper() + words[1:], before.bare
    head = re.match(rf"(?:(?:how|why|when|where)\s+)?(?P<rest>(?:{_AUX})\s.+)", old, re.IGNORECASE)
    adverb = re.match(r"(?:since when|why|when|where|how)( not| long| often)?$", words, re.I)
    if head and adverb:
        rest = head["rest"]
        return f"{words} {rest[:1].lower()}{rest[1:]}?"
    first, *others = old.split()
    same = words.casefold() == f"{first.casefold()} else"
    if same and first.casefold() in ("who", "what", "where"):
        return f"{words} {' '.join(others)}?"
    return f"{words}: {_lower_first(old)}?"


def _pointed(asked: str, before: Before) -> str | None:
    """A demonstrative, "there", "then" or a comparison that needs the question before."""
    if not _asks(asked) and not asked.endswith("?"):
        return None
    pointer = _POINTER.search(asked)
    if pointer and not _resolved(asked[: pointer.start()]):
        noun = pointer["noun"] or pointer["thing"]
        phrase = noun and next(
            (p for p in things(before.bare) if noun.casefold() in p.text.casefold().split()), None
        )
        if noun and phrase:
            return put(asked, pointer.start(), pointer.end(), phrase.text)
        return with_topic(asked, before)
    there = _THERE.search(asked)
    if there and not _resolved(asked[: there.start()]):
        places = [
            name
            for name in names(before.bare)
            if PLACED.search(before.bare[: name.start]) and not is_person(name, before.people)
        ]
        if not places:
            return with_topic(asked, before)
        return put(asked, *there.span(), f"in {places[-1].text}")
    then = _THEN.search(asked)
    if then and not _resolved(asked[: then.start()]) and not _DATE.search(asked):
        date = _DATE.search(before.bare)
        return put(asked, *then.span(), f"in {date[0]}") if date else with_topic(asked, before)
    few = len(content(asked)) <= _MOST_COMPARED and not names(asked)
    if (_LONGER.match(asked) and few) or (re.search(r"\w", asked) and not content(asked)):
        return with_topic(asked, before)
    return None


def _resolved(ahead: str) -> bool:
    return bool(names(ahead) or things(ahead) or len(content(ahead)) >= FEWEST_NOUNS)


def _asks(asked: str) -> bool:
    first = re.match(r"\W*([^\W\d_]+)", asked)
    return first is not None and (
        first[1].casefold() in QUESTION_WORDS or first[1].casefold() in AUXILIARIES
    )


def _lower_first(text: str) -> str:
    first = text.split(maxsplit=1)[0].casefold()
    function = first in QUESTION_WORDS or first in AUXILIARIES
    return text[:1].lower() + text[1:] if function else text
