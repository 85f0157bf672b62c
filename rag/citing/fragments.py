"""Links that open a page in a browser at the quoted words, by text fragments.

Form and matching are those of the draft "URL Fragment Text Directives" of the Web Incubator
Community Group (wicg.github.io/scroll-to-text-fragment):
`#:~:text=[prefix-,]start[,end][,-suffix]`. A browser goes to the first place that matches, word by
word, without regard to case and accents, so a link is made only where that first place is the
quote. What the page has beside the text that was indexed (menus, captions left out) is not known
here; a browser that finds nothing opens the page as usual, at its named place if there is one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import quote, urlsplit

from index.documents import Document
from rag.pinpoints import address, as_seen

LONGEST_EXACT = 300
"""Characters of a quote that is given in full; of a longer one its first and last words. The
figure is that of the reference library (GoogleChromeLabs/text-fragments-polyfill)."""

_FEWEST, _MOST = 4, 24
"""Words of a beginning or an end: from as many as seldom stand twice to as many as are read."""

_MOST_AROUND = 12
"""Words of a prefix or suffix. Longer ones fail where the page has what was not indexed."""

_DIRECTIVE = re.compile(r":~:.*", re.DOTALL)
_NO_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f\"<>\\^`{|}]")
_QUOTE_MARKS = {**dict.fromkeys(map(ord, "‘’‚‛"), "'"), **dict.fromkeys(map(ord, "“”„‟"), '"')}
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))


@dataclass(frozen=True, slots=True)
class TextDirective:
    """The parts of a text fragment, in plain words; empty where there is none."""

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        """Percent-encoded: a comma, a hyphen or an ampersand would else divide it."""
        parts = [
            f"{_encoded(self.prefix)}-" if self.prefix else "",
            _encoded(self.start),
            _encoded(self.end),
            f"-{_encoded(self.suffix)}" if self.suffix else "",
        ]
        return f":~:text={','.join(part for part in parts if part)}"


def web_address(url: str | None) -> str | None:
    """An address that a browser may be sent to, None for any other."""
    if not url or _NO_ADDRESS.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def link(document: Document, start: int, end: int) -> str | None:
    """The address of the words between two code points; of the page alone, or of its named place,
    where no fragment tells them from others; None where the source has no web address."""
    page = web_address(address(document, start))
    if page is None:
        return None
    directive = text_directive(document, start, end)
    if directive is None:
        return page
    base, _, name = page.partition("#")
    return f"{base}#{_DIRECTIVE.sub('', name)}{directive}"


def text_directive(document: Document, start: int, end: int) -> TextDirective | None:
    """The first of `_candidates` that leads to the words between two code points.

    None where there is none: hidden words, or a paragraph that stands twice beside its like.
    """
    if document.is_hidden(start, end):
        return None
    text = as_seen(document, 0, len(document.text))
    start, end = _whole_words(text, start, end)
    folded, first, last = _fold(text), len(_fold(text[:start])), len(_fold(text[:end]))
    if first == last:
        return None
    candidates = _candidates(text, _borders(document), start, end)
    return next((d for d in candidates if _leads(d, folded, first, last)), None)


def _leads(directive: TextDirective, text: str, start: int, end: int) -> bool:
    """True when a browser that takes the first match comes to `text[start:end]`.

    Stricter than a browser, which minds spaces and where words end: what is found once here is
    found once there.
    """
    head, tail = _fold(directive.start), _fold(directive.end)
    opening, closing = _fold(directive.prefix) + head, tail + _fold(directive.suffix)
    if not directive.end:
        return only_once(text, opening + closing)
    if not (head and tail and only_once(text, opening)):
        return False
    return text.find(closing, start + len(head)) == end - len(tail)


def only_once(text: str, part: str) -> bool:
    """True when a part stands in a text at one place and no other; places may overlap."""
    found = text.find(part)
    return found >= 0 and text.find(part, found + 1) < 0


def _candidates(text: str, borders: Sequence[int], start: int, end: int) -> Iterator[TextDirective]:
    """The quote in full, or more and more of its ends; then with more and more around it."""
    bodies = list(_bodies(text, borders, start, end))
    yield from bodies
    before, after = _words_before(text, borders, start), _words_after(text, borders, end)
    for count in range(1, _MOST_AROUND + 1):
        prefix, suffix = " ".join(before[-count:]), " ".join(after[:count])
        for a, b in ((prefix, ""), ("", suffix), (prefix, suffix)):
            yield replace(bodies[0], prefix=a, suffix=b)


def _bodies(text: str, borders: Sequence[int], start: int, end: int) -> Iterator[TextDirective]:
    """What stands in one block can be given in full; of the rest each end lies in its own."""
    next_border, last_border = bisect_right(borders, start), bisect_left(borders, end)
    whole = text[start:end].split()
    short = len(" ".join(whole)) <= LONGEST_EXACT or len(whole) < 2 * _FEWEST
    if next_border == last_border and short:
        yield TextDirective(" ".join(whole))
        return
    if next_border == last_border:
        first = last = text[start:end]
    else:
        first, last = text[start : borders[next_border]], text[borders[last_border - 1] : end]
    for count in range(_FEWEST, _MOST + 1):
        head, tail = first.split()[:count], last.split()[-count:]
        if next_border < last_border or len(head) + len(tail) <= len(whole):
            yield TextDirective(" ".join(head), " ".join(tail))


def _words_before(text: str, borders: Sequence[int], place: int) -> list[str]:
    """The last words before a place that stand in one block: its own, or one before."""
    edges = [0, *borders[: bisect_left(borders, place)], place]
    for a, b in reversed(list(pairwise(edges))):
        if words := text[a:b].split():
            return words[-_MOST_AROUND:]
    return []


def _words_after(text: str, borders: Sequence[int], place: int) -> list[str]:
    """The first words from a place on that stand in one block: its own, or one behind."""
    for a, b in pairwise([place, *borders[bisect_right(borders, place) :], len(text)]):
        if words := text[a:b].split():
            return words[:_MOST_AROUND]
    return []


def _borders(document: Document) -> list[int]:
    """Where blocks begin and end, in order: no part of a directive may reach across one."""
    spans = [*document.paragraphs, *((s.start, s.end) for s in document.sections)]
    return sorted({place for span in spans for place in span})


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the spaces at its ends, and with the rest of a word that an end cuts."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while 0 < start < end and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while start < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end


def _fold(text: str) -> str:
    """Without spaces, case, accents and the difference between quotation marks.

    Code point by code point, so that the folded parts of a text make up the folded text.
    """
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_QUOTE_MARKS | _UNSEEN)
    return "".join(c for c in apart if not (c.isspace() or unicodedata.combining(c)))


def _encoded(words: str) -> str:
    """All but letters, digits and `_.~` as `%XX`; a hyphen too, which marks prefix and suffix."""
    return quote(words, safe="", errors="replace").replace("-", "%2D")
