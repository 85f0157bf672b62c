"""From answers and documents to HTML, as pure functions. Nothing here knows Gradio.

What comes from a document passes through `ui.render_parts`, so the words in a `<mark>` are the
quote and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from index.documents import Document, Span
from rag.answer import Answer, Claim, Voice
from rag.pinpoints import Pinpoint, address, pinpoint, unseen
from ui import render_account, render_claims, render_hits, render_pages, render_take
from ui.footnotes import legible
from ui.render_checks import Checks, key
from ui.render_pages import Sheet
from ui.render_parts import escaped, hidden, place, reference, safe_link, title
from ui.strings import ENGLISH, Strings

CONTEXT = 4000
"""Characters of a document shown on either side of a quote: some five pages, quick on a phone."""


def header(documents: int, passages: int, strings: Strings = ENGLISH, navigation: str = "") -> str:
    """Name, the ways to the other views, promise, and how much is on the record."""
    holdings = strings.holdings.format(documents=f"{documents:,}", passages=f"{passages:,}")
    return (
        f'<header class="masthead"><h1 class="brand">{strings.name}</h1>{navigation}'
        f'<p>{strings.promise} <span class="holdings">{holdings}</span></p></header>'
    )


def no_answer_yet(strings: Strings = ENGLISH) -> str:
    return _answer_pane("waiting", strings.answer, told=f"<p>{strings.answer_hint}</p>")


def progress(
    question: str, claims: Sequence[Claim] = (), strings: Strings = ENGLISH, narrowed: str = ""
) -> str:
    """An answer on its way: the claims proved so far."""
    saying = strings.reading_on if claims else strings.searching
    status = f'<p class="working">{saying}</p>'
    told = render_claims.told(claims, (), strings) if claims else ""
    asked = _asked(question, None, strings, narrowed)
    return _answer_pane("working", strings.answer, asked=asked, status=status, told=told)


def stopped(question: str, claims: Sequence[Claim] = (), strings: Strings = ENGLISH) -> str:
    """An answer that the reader stopped: the claims proved by then."""
    saying = strings.stopped if claims else strings.stopped_early
    status = f'<p class="caution">{saying}</p>'
    told = render_claims.told(claims, (), strings) if claims else ""
    asked = _asked(question, None, strings)
    return _answer_pane("stopped", strings.answer, asked=asked, status=status, told=told)


def problem(message: str, strings: Strings = ENGLISH) -> str:
    """An error that people can mend, in the place of the answer."""
    told = f'<p class="reason">{escaped(message)}</p>'
    return _answer_pane("problem", strings.problem, told=told)


def answer(
    given: Answer,
    strings: Strings = ENGLISH,
    narrowed: str = "",
    checks: Checks | None = None,
    styles: Sequence[tuple[str, str]] = (),
    cautions: Sequence[str] = (),
) -> str:
    """An answer or an abstention, and how it came about.

    `narrowed` is HTML that says which conditions held. With `checks`, what people found of its
    citations, an answer can be worked with: there are actions for each citation, and files to take
    away, footnotes in one of `styles`. `cautions` tell what went wrong beside it.
    """
    asked = _asked(given.question, given.understood, strings, narrowed)
    status = render_account.status(given, strings, cautions)
    take = render_take.panel(given, styles, strings) if checks else ""
    account = (
        render_take.notes(given, strings)
        + render_account.withheld(given.withheld, strings)
        + render_account.composed(given, strings)
        + take
        + render_hits.searched(given, strings)
    )
    if given.abstention is None:
        kind, heading, closest = "answer", strings.answer, ""
        told = render_claims.told(given.claims, given.differences, strings, checks)
    else:
        kind, heading = "abstention", strings.no_answer
        closest = render_hits.closest(given.hits, strings)
        told = f'<p class="reason">{escaped(given.abstention)}</p>'
        if narrowed and not given.hits:
            told += f"<p>{strings.nothing_meets}</p>"
    return _answer_pane(
        kind, heading, asked=asked, status=status, told=told, rest=closest + account, key=key(given)
    )


def conversation(
    earlier: Sequence[Answer], strings: Strings = ENGLISH, checks: Checks | None = None
) -> str:
    """Earlier questions of a conversation, each with its answer folded away, and the way out."""
    turns = "".join(render_claims.turn(given, strings, checks) for given in earlier)
    heading, named = "", ""
    if turns:
        heading = f'<h2 id="talk-heading">{strings.talk}</h2><ol class="turns">{turns}</ol>'
        named = ' aria-labelledby="talk-heading"'
    return (
        f'<section class="pane talk"{named}>{heading}<p class="note">{strings.talk_note} '
        f'<button type="button" class="new-talk">{strings.new_talk}</button></p></section>'
    )


def no_source_yet(strings: Strings = ENGLISH) -> str:
    return _source_pane("", strings.source_hint, strings)


def lost_source(strings: Strings = ENGLISH) -> str:
    """For a place that the index does not hold, as after a removal."""
    return _source_pane("", strings.no_such_place, strings)


def source(
    document: Document,
    span: Span,
    strings: Strings = ENGLISH,
    context: int = CONTEXT,
    sheets: Sequence[Sheet] = (),
) -> str:
    """A document's text around a span, the span's words marked, and what is known of it; first the
    pages that it stands on, as pictures, where there are any."""
    first, last = window(document, span, context)
    before, after = first, len(document.text) - last
    cut = [
        f'<p class="cut">{text.format(count=f"{count:,}")}</p>' if count else ""
        for text, count in ((strings.cut_before, before), (strings.cut_after, after))
    ]
    language = f' lang="{escape(document.language)}"' if document.language else ""
    where, voice = pinpoint(document, span.start, span.end), Voice(document.author)
    url = address(document, span.start)
    link = f'<p class="address">{safe_link(url)}</p>' if url else ""
    body = (
        f'<p class="title"><cite dir="auto">{escaped(title(document, strings))}</cite></p>'
        f"<p>{reference(document, voice, where, strings, titled=False)}</p>{link}"
        f'<p class="address"><a href="/library/{document.id}?at={span.start}-{span.end}#hit-1">'
        f"{strings.in_library}</a></p>"
        f"{_facts(document, where, strings)}"
        f"{_bar(strings, bool(sheets))}{render_pages.pictures(document, span, sheets, strings)}"
        f'<div class="text" role="region" tabindex="0" aria-label="{strings.source_text}">'
        f'{cut[0]}<div class="words" dir="auto"{language}>'
        f"{marked(document, span, first, last, strings)}</div>{cut[1]}</div>"
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


def marked(
    document: Document, span: Span, first: int, last: int, strings: Strings = ENGLISH
) -> str:
    """The text from `first` to `last`, headings strong and the span in a `<mark>`; what is hidden
    in the source is set off and named.

    Its text content is `document.text[first:last]`, to the code point.
    """
    pieces = []
    at = first
    for start, end, tag in _tagged(document, span, first, last):
        pieces.append(_words(document, at, start, strings))
        pieces.append(f"<{tag}>{_words(document, start, end, strings)}</{tag.split()[0]}>")
        at = end
    return "".join(pieces) + _words(document, at, last, strings)


def _words(document: Document, first: int, last: int, strings: Strings) -> str:
    """A part of the text, what a reader of the source does not see in an element of its own."""
    pieces = []
    at = first
    for start, end in unseen(document, first, last):
        pieces.append(escaped(document.text[at:start]))
        pieces.append(hidden(document.text[start:end], strings))
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


def _bar(strings: Strings, pictured: bool) -> str:
    """From one citation to the next (`page.js` knows how many there are), and back."""
    back, on = (
        f'<button type="button" class="step" data-step="{step}" aria-disabled="true">{words}'
        "</button>"
        for step, words in ((-1, strings.step_back), (1, strings.step_on))
    )
    at = f'<span class="at" role="status" data-says="{strings.step_of}"></span>'
    return (
        f'<div class="bar"><button type="button" class="back">{strings.back}</button>'
        f'<div class="steps">{back}{at}{on}</div>'
        f"{render_pages.switch(strings) if pictured else ''}</div>"
        f'<p class="caution no-picture" hidden>{strings.no_picture}</p>'
    )


def _asked(question: str, understood: str | None, strings: Strings, narrowed: str = "") -> str:
    read = f"<p>{render_claims.understood(understood, strings)}</p>" if understood else ""
    return f'<p class="question" dir="auto">{escaped(question)}</p>{read}{narrowed}'


def _answer_pane(
    kind: str,
    heading: str,
    *,
    asked: str = "",
    status: str = "",
    told: str,
    rest: str = "",
    key: str = "",
) -> str:
    """The same frame for every state; `key` is that of an answer that is whole.

    Gradio mends the page in place, element by element. A live region is read out only when it was
    on the page before its words changed: so the status is there always, and says when an answer is
    there. The answer itself is no such region: a reader goes to it by its heading.
    """
    of = f' data-answer="{key}"' if key else ""
    return (
        f'<section class="pane {kind}" aria-labelledby="answer-heading"{of}>'
        f'<h2 id="answer-heading">{heading}</h2><div class="asked">{asked}</div>'
        f'<div class="status" role="status">{status}</div>'
        f'<div class="told">{told}</div>{rest}</section>'
    )


def _source_pane(attributes: str, body: str, strings: Strings) -> str:
    content = body if body.startswith("<") else f"<p>{body}</p>"
    return (
        f'<section class="pane source" aria-labelledby="source-heading"{attributes}>'
        f'<h2 id="source-heading">{strings.source}</h2>{content}</section>'
    )


def _facts(document: Document, where: Pinpoint, strings: Strings) -> str:
    """What a footnote needs and a reader seldom does, folded away."""
    rows = [
        (strings.section, [where.section or ""]),
        (strings.licence, [document.licence or ""]),
        (strings.not_stated, [", ".join(document.uncertain)]),
        (strings.left_out, document.notes),
        (strings.file, [legible(document.source)]),
    ]
    items = "".join(
        f"<div><dt>{name}</dt>{''.join(f'<dd><bdi>{escaped(v)}</bdi></dd>' for v in values)}</div>"
        for name, values in rows
        if any(values)
    )
    items += f"<div><dt>{strings.sha256}</dt><dd><code>{escape(document.sha256)}</code></dd></div>"
    return (
        f'<details class="about"><summary>{strings.about}</summary>'
        f'<dl class="facts">{items}</dl></details>'
    )
