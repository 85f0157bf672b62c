"""Sentences of an answer as HTML: who says each, its short answer, its citations, and where the
sources differ or say otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag.answer import Answer, Citation, Claim, Difference
from rag.proof import in_order
from ui.render_checks import Checks, actions, key, said
from ui.render_parts import escaped, opener, published, reference
from ui.render_take import notes
from ui.strings import Strings


def claims(given: Iterable[Claim], strings: Strings, checks: Checks | None = None) -> str:
    items = "".join(_claim(claim, strings, checks) for claim in given)
    return f'<ol class="claims">{items}</ol>'


def verbatim(claim: Claim) -> bool:
    """True when the sentence shown is the quote itself, white space apart."""
    return any(_same_words(claim.text, c.quote) for c in claim.citations)


def told(
    given: Sequence[Claim],
    differences: Sequence[Difference],
    strings: Strings,
    checks: Checks | None = None,
) -> str:
    """What an answer says: what contradicts the question first, then the rest, then differences.

    The three parts are always there, so that the page can mend one and leave the others as they
    are. With `checks`, each citation has its row of actions: of an answer that is whole.
    """
    premises = [d for d in differences if d.kind == "premise"]
    contradicting, rest = in_order(given, differences)
    otherwise = "".join(_premise(premise, strings) for premise in premises)
    if otherwise:
        contrary = claims(contradicting, strings, checks)
        otherwise = f"<h3>{strings.otherwise}</h3>{otherwise}{contrary}"
    cited = {c.number: c for claim in given for c in claim.citations}
    differing = "".join(
        _sides(d, cited, strings, checks) for d in differences if d.kind != "premise"
    )
    shown = claims(rest, strings, checks)
    return (
        f'<div class="otherwise">{otherwise}</div>{shown}<div class="differing">{differing}</div>'
    )


def turn(given: Answer, strings: Strings, checks: Checks | None = None) -> str:
    """An earlier question and, folded away, what was answered."""
    read = f" {understood(given.understood, strings)}" if given.understood else ""
    body = (
        told(given.claims, given.differences, strings, checks) + notes(given, strings)
        if given.abstention is None
        else f"<p>{escaped(given.abstention)}</p>"
    )
    question = f'<span dir="auto">{escaped(given.question)}</span>{read}'
    return (
        f'<li data-answer="{key(given)}"><details class="turn"><summary>{question}</summary>{body}'
        "</details></li>"
    )


def understood(question: str, strings: Strings) -> str:
    """How a question was read that was not read as it was put."""
    told_as = strings.understood.format(question=f"<bdi>{escaped(question)}</bdi>")
    return f'<span class="understood">{told_as}</span>'


def emphasised(text: str, places: Iterable[tuple[int, int]]) -> str:
    """Text with some of its places in a `<strong>`; its text content is the text."""
    parts, at = [], 0
    for start, end in sorted(places):
        start = max(start, at)
        if start < end:
            short = escaped(text[start:end])
            parts += [escaped(text[at:start]), f'<strong class="short">{short}</strong>']
            at = end
    return "".join(parts) + escaped(text[at:])


def short_places(text: str, citation: Citation) -> Iterator[tuple[int, int]]:
    """Where the short answer stands in a sentence that is the quote with other white space.

    Both have the same characters apart from white space, so those are counted.
    """
    if not _same_words(text, citation.quote):
        return
    solid = [index for index, character in enumerate(text) if not character.isspace()]
    for start, end in _in_quote(citation):
        first, last = _solid(citation.quote[:start]), _solid(citation.quote[:end])
        if first < last:
            yield solid[first], solid[last - 1] + 1


def _same_words(one: str, other: str) -> bool:
    return one.split() == other.split()


def _solid(text: str) -> int:
    return sum(not character.isspace() for character in text)


def _in_quote(citation: Citation) -> list[tuple[int, int]]:
    """The places of the short answer, counted from the start of the quote."""
    at = citation.span.start
    return [(start - at, end - at) for start, end in citation.short]


def _claim(claim: Claim, strings: Strings, checks: Checks | None) -> str:
    """Who says it, the sentence, then each citation; the quotes too where it is none of them."""
    lead = f'<bdi class="lead">{escaped(claim.lead)}</bdi> ' if claim.lead else ""
    shorts = {place for c in claim.citations for place in short_places(claim.text, c)}
    quotes = not verbatim(claim)
    return (
        f'<li class="claim"><p class="sentence" dir="auto">{lead}'
        f'<span class="said">{emphasised(claim.text, shorts)}</span></p>'
        + "".join(_citation(citation, strings, quotes, checks) for citation in claim.citations)
        + "</li>"
    )


def _citation(citation: Citation, strings: Strings, with_quote: bool, checks: Checks | None) -> str:
    quote = _quote(citation) if with_quote else ""
    about = reference(citation.document, citation.voice, citation.pinpoint, strings)
    row = actions(citation, checks, strings) if checks else ""
    return quote + opener(citation.span, f"{_number(citation)} {about}") + row


def _quote(citation: Citation) -> str:
    words = emphasised(citation.quote, _in_quote(citation))
    return f'<blockquote dir="auto">{words}</blockquote>'


def _number(citation: Citation) -> str:
    return f'<span class="number">{citation.number}</span>'


def _premise(premise: Difference, strings: Strings) -> str:
    taken = strings.taken_for_granted.format(subject=f"<bdi>{escaped(premise.subject)}</bdi>")
    return f'<p class="note">{taken}</p>' if premise.subject else ""


def _sides(
    difference: Difference, cited: dict[int, Citation], strings: Strings, checks: Checks | None
) -> str:
    """Citations that differ, side by side, each below its date."""
    sides = []
    for number in difference.citations:
        citation = cited[number]
        document, place = citation.document, citation.pinpoint
        about = reference(document, citation.voice, place, strings, dated=False)
        found = said(citation, checks, strings) if checks else ""
        sides.append(
            f'<li><p class="when">{published(document, strings)}</p>'
            f"{_quote(citation)}{opener(citation.span, f'{_number(citation)} {about}')}{found}</li>"
        )
    return (
        f'<div class="difference"><h3>{strings.differ}</h3>'
        f'<p class="note">{strings.differ_note}</p><ol class="sides">{"".join(sides)}</ol></div>'
    )
