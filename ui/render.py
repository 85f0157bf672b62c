"""From answers and documents to HTML, as pure functions. Nothing here knows Gradio.

What comes from a document passes through `ui.render_parts`, so the words in a `<mark>` are the
quote and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from index.documents import Document, Span
from rag.answer import Answer, Citation, Claim
from ui import render_hits
from ui.render_parts import date, escaped, opener, place, reference, safe_link, title
from ui.strings import ENGLISH, Strings

CONTEXT = 4000
"""Characters of a document shown on either side of a quote: some five pages, quick on a phone."""


def header(documents: int, passages: int, strings: Strings = ENGLISH) -> str:
    """Name, promise, and how much is on the record."""
    holdings = strings.holdings.format(documents=f"{documents:,}", passages=f"{passages:,}")
    return (
        f'<header class="masthead"><h1>{strings.name}</h1>'
        f'<p>{strings.promise} <span class="holdings">{holdings}</span></p></header>'
    )


def no_answer_yet(strings: Strings = ENGLISH) -> str:
    return _answer_pane("waiting", strings.answer, f"<p>{strings.answer_hint}</p>")


def searching(strings: Strings = ENGLISH) -> str:
    return _answer_pane("waiting", strings.answer, f"<p>{strings.searching}</p>")


def problem(message: str, strings: Strings = ENGLISH) -> str:
    """An error that people can mend, in the place of the answer."""
    return _answer_pane("problem", strings.problem, f"<p>{escaped(message)}</p>")


def answer(given: Answer, strings: Strings = ENGLISH, narrowed: str = "") -> str:
    """An answer or an abstention, and what was searched for it.

    `narrowed` is HTML that says which conditions held.
    """
    searched = render_hits.searched(given, strings)
    question = f'<p class="question" dir="auto">{escaped(given.question)}</p>{narrowed}'
    if given.abstention is not None:
        reason = f'{question}<p class="reason">{escaped(given.abstention)}</p>'
        if narrowed and not given.hits:
            reason += f"<p>{strings.nothing_meets}</p>"
        closest = render_hits.closest(given.hits, strings)
        return _answer_pane("abstention", strings.no_answer, reason, closest + searched)
    verbatim = all(_verbatim(claim) for claim in given.claims)
    note = strings.word_for_word if verbatim else strings.with_quotes
    claims = "".join(_claim(claim, strings) for claim in given.claims)
    dated = strings.as_of.format(date=date(given.as_of, strings)) if given.as_of else ""
    live = (
        f'{question}<p class="note">{note}</p><ol class="claims">{claims}</ol>'
        + (f'<p class="note">{dated}</p>' if dated else "")
    )  # fmt: skip
    return _answer_pane("answer", strings.answer, live, searched)


def no_source_yet(strings: Strings = ENGLISH) -> str:
    return _source_pane("", strings.source_hint, strings)


def lost_source(strings: Strings = ENGLISH) -> str:
    """For a place that the index does not hold, as after a removal."""
    return _source_pane("", strings.no_such_place, strings)


def source(
    document: Document, span: Span, strings: Strings = ENGLISH, context: int = CONTEXT
) -> str:
    """A document's text around a span, the span's words marked, and what is known of it."""
    first, last = window(document, span, context)
    before, after = first, len(document.text) - last
    cut = [
        f'<p class="cut">{text.format(count=f"{count:,}")}</p>' if count else ""
        for text, count in ((strings.cut_before, before), (strings.cut_after, after))
    ]
    language = f' lang="{escape(document.language)}"' if document.language else ""
    page = document.page_at(span.start)
    link = f'<p class="address">{safe_link(document.url)}</p>' if document.url else ""
    body = (
        f'<p class="title" dir="auto"><cite>{escaped(title(document))}</cite></p>'
        f"<p>{reference(document, document.author, page, strings, titled=False)}</p>{link}"
        f"{_facts(document, span, strings)}"
        f'<button type="button" class="back">{strings.back}</button>'
        f'<div class="text" role="region" tabindex="0" aria-label="{strings.source_text}">'
        f'{cut[0]}<div class="words" dir="auto"{language}>'
        f"{marked(document, span, first, last)}</div>{cut[1]}</div>"
    )
    return _source_pane(f' data-place="{place(span)}"', body, strings)


def window(document: Document, span: Span, context: int) -> tuple[int, int]:
    """The part of a document to show: `context` characters either side, cut between paragraphs.

    Where one paragraph is longer than that, the cut is at the character.
    """
    first, last = max(0, span.start - context), min(len(document.text), span.end + context)
    if first:
        starts = (start for start, _ in document.paragraphs if first <= start <= span.start)
        first = min(starts, default=first)
    if last < len(document.text):
        ends = (end for _, end in document.paragraphs if span.end <= end <= last)
        last = max(ends, default=last)
    return first, last


def marked(document: Document, span: Span, first: int, last: int) -> str:
    """The text from `first` to `last`, headings strong and the span in a `<mark>`.

    Its text content is `document.text[first:last]`, to the code point.
    """
    pieces = []
    at = first
    for start, end, tag in _tagged(document, span, first, last):
        pieces.append(escaped(document.text[at:start]))
        pieces.append(f"<{tag}>{escaped(document.text[start:end])}</{tag.split()[0]}>")
        at = end
    return "".join(pieces) + escaped(document.text[at:last])


def _tagged(
    document: Document, span: Span, first: int, last: int
) -> Iterable[tuple[int, int, str]]:
    """(start, end, tag) of what stands out in the text: headings, and the quote, in order."""
    found = [(span.start, span.end, 'mark tabindex="-1"')]
    for section in document.sections:
        in_quote = section.start < span.end and span.start < section.end
        if first <= section.start < section.end <= last and not in_quote:
            found.append((section.start, section.end, "strong"))
    return sorted(found)


def _answer_pane(kind: str, heading: str, live: str, rest: str = "") -> str:
    """The same frame for every state: Gradio mends the page in place, and a live region is read
    out only when it was on the page before its words changed."""
    return (
        f'<section class="pane {kind}" aria-labelledby="answer-heading">'
        f'<div aria-live="polite" aria-atomic="true">'
        f'<h2 id="answer-heading">{heading}</h2>{live}</div>{rest}</section>'
    )


def _source_pane(attributes: str, body: str, strings: Strings) -> str:
    content = body if body.startswith("<") else f"<p>{body}</p>"
    return (
        f'<section class="pane source" aria-labelledby="source-heading"{attributes}>'
        f'<h2 id="source-heading">{strings.source}</h2>{content}</section>'
    )


def _claim(claim: Claim, strings: Strings) -> str:
    """A sentence, then each of its citations; the quote too where the sentence is not the quote."""
    quotes = not _verbatim(claim)
    return (
        f'<li class="claim"><p class="sentence" dir="auto">{escaped(claim.text)}</p>'
        + "".join(_citation(citation, strings, quotes) for citation in claim.citations)
        + "</li>"
    )


def _verbatim(claim: Claim) -> bool:
    """True when the sentence shown is the quote itself, white space apart."""
    return any(claim.text.split() == c.quote.split() for c in claim.citations)


def _citation(citation: Citation, strings: Strings, with_quote: bool) -> str:
    about = reference(citation.document, citation.speaker, citation.page, strings)
    number = f'<span class="number">{citation.number}</span>'
    quote = f'<blockquote dir="auto">{escaped(citation.quote)}</blockquote>' if with_quote else ""
    return quote + opener(citation.span, f"{number} {about}")


def _facts(document: Document, span: Span, strings: Strings) -> str:
    """What a footnote needs and a reader seldom does, folded away."""
    section = document.section_at(span.start)
    rows = [
        (strings.section, escaped(section) if section else ""),
        (strings.licence, escaped(document.licence) if document.licence else ""),
        (strings.file, escaped(document.source)),
        (strings.sha256, f"<code>{escape(document.sha256)}</code>"),
    ]
    items = "".join(
        f"<div><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>" for name, value in rows if value
    )
    return (
        f'<details class="about"><summary>{strings.about}</summary>'
        f'<dl class="facts">{items}</dl></details>'
    )
