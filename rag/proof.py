"""Proof: what a composer proposes is shown only if its words stand in the source.

A draft becomes a claim when each of its quotes is located in the passage it names, and when the
quotes say what the claim says (`rag.support`); with a model that judges entailment, when they
entail it for that model too. Whoever wrote the draft, the rules are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from index.documents import Document, Span
from rag.answer import Citation, Claim, Difference, Hit, Voice, Withheld
from rag.composers import Draft
from rag.quotes import locate_quote
from rag.speakers import lead, voice_at
from rag.support import Quoted, unsupported

NO_QUOTE = "its quote does not stand in the passage it names"
HIDDEN = "its quote stands hidden in the source"
MIXED = "its quotes are partly a reader's comment, partly somebody else's words"
NOT_ENTAILED = "its quote does not entail this for the model that judges it"

Entails = Callable[[str, str], bool]
"""Whether a text (the quotes) entails a claim; `rag.entailment` has one."""

_Place = tuple[Hit, int, int]
"""A located quote: its hit, and the code points of the document at which it starts and ends."""


def prove(
    drafts: Iterable[Draft], entails: Entails | None = None, language: str = "en"
) -> Iterator[Claim | Withheld]:
    """Each draft as it comes: a claim with a numbered citation per quote if it holds, else withheld
    with the reason. `language` is that of documents that do not name theirs."""
    numbers = count(1)
    before: Voice | None = None
    for draft in drafts:
        places = _located(draft)
        if places is None:
            yield Withheld(draft.text, NO_QUOTE)
            continue
        voices = [voice_at(hit.document, start, end) for hit, start, end in places]
        quotes = [_quoted(*pair, language) for pair in zip(places, voices, strict=True)]
        reason = _barred(places, voices) or unsupported(draft.text, quotes)
        if reason is None and entails is not None:
            together = " ".join(quote.text for quote in quotes)
            reason = None if entails(together, draft.text) else NOT_ENTAILED
        if reason:
            yield Withheld(draft.text, reason)
            continue
        citations = tuple(
            _citation(next(numbers), place, voice, draft.short if not at else ())
            for at, (place, voice) in enumerate(zip(places, voices, strict=True))
        )
        yield Claim(draft.text, citations, _lead_after(before, voices[0], draft.text))
        before = voices[0]


def led(claims: Iterable[Claim]) -> list[Claim]:
    """Claims as they follow one another here, each with who says it where the one before does not
    tell: for those who show them in another order or not all."""
    result: list[Claim] = []
    before: Voice | None = None
    for claim in claims:
        voice = claim.citations[0].voice
        result.append(replace(claim, lead=_lead_after(before, voice, claim.text)))
        before = voice
    return result


def in_order(
    claims: Sequence[Claim], differences: Iterable[Difference]
) -> tuple[list[Claim], list[Claim]]:
    """Claims that contradict what the question takes for granted, which are to be told first, and
    the others; each with who says it as it follows there."""
    premises = [difference for difference in differences if difference.kind == "premise"]
    against = {number for premise in premises for number in premise.citations}
    first = [c for c in claims if any(x.number in against for x in c.citations)]
    if not first:
        return [], list(claims)
    return led(first), led(claim for claim in claims if claim not in first)


def _lead_after(before: Voice | None, voice: Voice, text: str) -> str:
    """Who says a sentence, unless the one before was led by the same. Comments and captions say it
    each time: two of them are seldom one."""
    told = voice == before and voice.kind in ("author", "quoted")
    return "" if told else lead(voice, text)


def _barred(places: list[_Place], voices: list[Voice]) -> str | None:
    """Why quotes bear no claim whatever they say: words that a reader of the source does not see,
    or a reader's comment that would speak in another's name."""
    if any(hit.document.is_hidden(start, end) for hit, start, end in places):
        return HIDDEN
    mixed = len(set(voices)) > 1 and any(voice.kind == "comment" for voice in voices)
    return MIXED if mixed else None


def _quoted(place: _Place, voice: Voice, language: str) -> Quoted:
    """A quote as evidence: with the rest of its sentences, and the names that go without saying."""
    hit, start, end = place
    document = hit.document
    overlapping = [(a, b) for a, b in hit.passage.sentences if a < end and start < b]
    first = min([start, *(a for a, _ in overlapping)])
    last = max([end, *(b for _, b in overlapping)])
    return Quoted(
        text=document.text[start:end],
        before=document.text[first:start],
        after=document.text[end:last],
        speaker=voice.speaker or "",
        known=_names(document, voice),
        language=document.language or language,
        attributed=voice.kind == "quoted" and voice.speaker is not None,
    )


def _names(document: Document, voice: Voice) -> str:
    """Who else may be named for a quote: the document itself only for words of its own."""
    own = (document.author, document.publisher, document.title) if voice.kind == "author" else ()
    return " | ".join(name for name in (voice.reported_by, *own) if name)


def _located(draft: Draft) -> list[_Place] | None:
    """Where the quotes stand: the first at the place the draft names, or wherever it is in its
    passage, as the others; None when any does not stand there."""
    result: list[_Place] = []
    for place, (hit, quote) in enumerate([(draft.hit, draft.quote), *draft.more]):
        found = _place(hit, quote, draft.start if place == 0 else None)
        if found is None:
            return None
        result.append((hit, *found))
    return result


def _place(hit: Hit, quote: str, start: int | None) -> tuple[int, int] | None:
    text, span = hit.document.text, hit.passage.span
    if start is None:
        return locate_quote(text, quote, span.start, span.end)
    end = start + len(quote)
    inside = span.start <= start < end <= span.end
    return (start, end) if inside and text[start:end] == quote else None


def _citation(
    number: int, place: _Place, voice: Voice, short: tuple[tuple[int, int], ...]
) -> Citation:
    hit, start, end = place
    return Citation(
        number=number,
        span=Span(hit.document.id, start, end),
        quote=hit.document.text[start:end],
        voice=voice,
        document=hit.document,
        short=tuple((a, b) for a, b in short if start <= a < b <= end),
    )
