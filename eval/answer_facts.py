"""Numbers, dates and names that an answer has and its sources have not: counted, not judged.

The proof looks at the same thing before a claim is shown (`rag.support`). This looks at what was
shown, from outside and by fewer rules, so that a hole in the proof is seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.answers import GivenAnswer
from rag.answer import Claim
from rag.facts import Date, Number, facts
from rag.names import missing_name
from rag.operators import attributions
from rag.wording import tokens


def missing_facts(text: str, sources: Sequence[str], language: str = "en") -> list[str]:
    """The numbers and dates of a text that no source gives, as the text writes them.

    Values are compared (`rag.facts`), so "sixty-six" is 66. The number one is passed over: it is a
    pronoun as often as a number.
    """
    found = tokens(text)
    given = [facts(source, language) for source in sources]
    numbers = [number for of_one, _ in given for number in of_one]
    dates = [date for _, of_one in given for date in of_one]
    years = frozenset(int(n.value) for n in numbers if n.kind == "year" or 1000 <= n.value < 2200)
    own_numbers, own_dates = facts(text, language)
    missing = [date for date in own_dates if not any(d.bears(date, years) for d in dates)]
    starts = {date.start for date in missing}
    absent = [
        number
        for number in own_numbers
        if number.value != 1
        and number.start not in starts
        and not any(other.same(number) for other in numbers)
    ]
    strange: list[Number | Date] = [*missing, *absent]
    spans = sorted((fact.start, fact.end) for fact in strange)
    return [" ".join(token.text for token in found[start:end]) for start, end in spans]


def unquoted(claim: Claim) -> list[str]:
    """What a claim that is shown names and its quotes do not: numbers, dates, and the first name.
    Who says it may be named from what is known of the document."""
    quotes = [citation.quote for citation in claim.citations]
    document = claim.citations[0].document
    missing = missing_facts(claim.text, quotes, document.language or "en")
    voices = [citation.voice for citation in claim.citations]
    known = (
        *(name for voice in voices for name in (voice.speaker, voice.reported_by)),
        *(document.author, document.publisher, document.title),
    )
    own = tokens(claim.text)
    name = missing_name(
        own,
        tokens(" | ".join(quotes)),
        tokens(" | ".join(filter(None, known))),
        attributions(own),
    )
    return [*missing, *([name] if name else [])]


_ENUMERATED = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)


def strange(answer: GivenAnswer) -> list[str]:
    """Numbers and dates of an answer that stand neither in the passages it was made from nor in the
    question. The figures of a numbered list are no statement."""
    if not answer.answered:
        return []
    said = _ENUMERATED.sub(" ", answer.statement)
    return missing_facts(said, [*(hit.text for hit in answer.hits), answer.question or ""])
