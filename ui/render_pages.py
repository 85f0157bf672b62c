"""Pages of a source as pictures, as HTML: where they come from, and where their marks stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from index.documents import Document, Span
from index.layout import boxes
from index.page_images import MARK
from ui.render_parts import escaped, title
from ui.strings import Strings

LONGEST_QUOTE = 300
"""Characters of the quote in the words that stand for a picture; the text has all of it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with a part of the quote. `top`, `bottom` and `left` are of its marks, in points from
    the top left corner.

    `width` is that of the page in points, as far as its text tells: its right margin is taken to be
    as wide as its left one. It only serves to bring the marks into view, where `page.js` does not
    find them by their colour.
    """

    index: int
    label: str
    top: float
    bottom: float
    left: float
    width: float


def sheets(document: Document, span: Span, numbers: Sequence[int]) -> list[Sheet]:
    """The pages of these numbers in the file, with the place of the span on each."""
    marks = boxes(document.layout, span.start, span.end)
    found = []
    for number in numbers:
        here = [mark for mark in marks if mark.page == number]
        if here:
            top, bottom = min(mark.top for mark in here), max(mark.bottom for mark in here)
            left, width = min(mark.left for mark in here), _width(document, number)
            found.append(Sheet(number, _label(document, number), top, bottom, left, width))
    return found


def pictures(document: Document, span: Span, shown: Sequence[Sheet], strings: Strings) -> str:
    """The pages below each other, in a region of their own; empty where there are none."""
    if not shown:
        return ""
    quote = " ".join(document.text[span.start : span.end].split())
    if len(quote) > LONGEST_QUOTE:
        quote = f"{quote[:LONGEST_QUOTE]}…"
    figures = "".join(_figure(document, span, sheet, quote, strings) for sheet in shown)
    return (
        f'<div class="pages" role="region" tabindex="0" aria-label="{strings.page_pictures}">'
        f"{figures}</div>"
    )


def switch(strings: Strings) -> str:
    """Two buttons, of which one is pressed: what is shown of the source."""
    buttons = "".join(
        f'<button type="button" class="as" data-as="{name}" aria-pressed="{pressed}">'
        f"{label}</button>"
        for name, label, pressed in (
            ("page", strings.as_page, "true"),
            ("text", strings.as_text, "false"),
        )
    )
    return f'<div class="switch" role="group" aria-label="{strings.show_as}">{buttons}</div>'


def _figure(document: Document, span: Span, sheet: Sheet, quote: str, strings: Strings) -> str:
    caption = strings.page_caption.format(page=f"<bdi>{escaped(sheet.label)}</bdi>")
    words = strings.page_alt.format(
        page=escape(sheet.label), title=escape(title(document, strings)), quote=escape(quote)
    )
    source = f"/pictures/{document.id}/{sheet.index}?at={span.start}-{span.end}"
    return (
        f'<figure><figcaption>{caption}</figcaption><img src="{escape(source)}" alt="{words}" '
        f'loading="lazy" data-top="{sheet.top:.1f}" data-bottom="{sheet.bottom:.1f}" '
        f'data-left="{sheet.left:.1f}" data-width="{sheet.width:.1f}" '
        f'data-mark="{" ".join(map(str, MARK))}"></figure>'
    )


def _label(document: Document, number: int) -> str:
    return next((page.label for page in document.pages if page.index == number), str(number + 1))


def _width(document: Document, number: int) -> float:
    """Left and right margin are taken to be equal, see `Sheet`."""
    starts = [(page.start, page.index) for page in document.pages]
    at = next((n for n, (_, index) in enumerate(starts) if index == number), None)
    start = starts[at][0] if at is not None else 0
    end = starts[at + 1][0] if at is not None and at + 1 < len(starts) else len(document.text)
    lines = [box for box in boxes(document.layout, start, end) if box.page == number]
    left = min((line.left for line in lines), default=0.0)
    return left + max((line.right for line in lines), default=0.0)
