"""HTML inside Markdown that nobody sees on the page: comments, scripts, styles, hidden elements.

Comments, scripts and styles are no prose and leave the paragraphs. The text of hidden elements
stays in them, marked as hidden, and so does a comment in mid-sentence, which cannot be cut out. In
code all of it is shown as it stands, so there it is text. One pass, in linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from index.formats.composing import count
from index.formats.plain import LINE

Range = tuple[int, int]

_CODE_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_BLANK_LINE = re.compile(r"(?>\r\n|\r|\n)[ \t\xa0]*(?=\r|\n)")
_TOKEN = re.compile(r"\\[<`\\]|`+|<!--|<(?=[A-Za-z])")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s[^<>]*)?)>")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_HIDDEN = re.compile(r"\shidden(?=[\s=/]|\Z)", re.IGNORECASE)
_STYLE = re.compile(
    r"\sstyle\s*=[^=]*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE
)
_INDENT = re.compile(r"[ \t>]*")
_KINDS = {"script": "script", "style": "style sheet", "template": "template"}
_COMMENT = "HTML comment"
_VOID = (
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
    *("track", "wbr"),
)


@dataclass(frozen=True, slots=True)
class RawHtml:
    """`code` are starts of lines inside fences; `unseen` is markup that is no text, with what it
    is; `hidden` is text that is not shown. Spans are in order and do not overlap."""

    code: set[int] = field(default_factory=set)
    unseen: dict[Range, str] = field(default_factory=dict)
    hidden: list[Range] = field(default_factory=list)

    def visible(self, block: Sequence[Range], text: str) -> Iterator[list[Range]]:
        """A block of lines without the unseen markup at their ends; a line of nothing else parts
        the block, as a blank one does."""
        spans = list(self.unseen)
        lines: list[Range] = []
        for start, end in block:
            line = _trimmed(text, start, end, spans) if spans else (start, end)
            if line:
                lines.append(line)
            elif lines:
                yield lines
                lines = []
        if lines:
            yield lines

    def hidden_in(self, paragraphs: Sequence[Range]) -> tuple[Range, ...]:
        """What nobody sees inside the paragraphs."""
        starts = [start for start, _ in paragraphs]
        found: list[Range] = []
        for a, b in sorted([*self.unseen, *self.hidden]):
            first = max(0, bisect_right(starts, a) - 1)
            for start, end in paragraphs[first : bisect_left(starts, b)]:
                if max(a, start) < min(b, end):
                    found.append((max(a, start), min(b, end)))
        return tuple(found)

    def notes(self, hidden: Sequence[Range]) -> Iterator[str]:
        """What was left out of the paragraphs and what is hidden in them, for people."""
        within = {start for start, _ in hidden}
        kinds = Counter(kind for (start, _), kind in self.unseen.items() if start not in within)
        if kinds:
            what = ", ".join(count(number, kind) for kind, number in kinds.items())
            yield f"left out of the passages: {what}"
        if hidden:
            yield f"hidden text: {count(sum(b - a for a, b in hidden), 'character')}"


def _trimmed(text: str, start: int, end: int, spans: Sequence[Range]) -> Range | None:
    """A line without the spans at its ends; None when nothing else is in it."""
    cut = (start, end)
    while True:
        first, last = _stripped(text, start, end)
        if first == last:
            return None
        number = bisect_right(spans, first, key=lambda span: span[0]) - 1
        if number >= 0 and spans[number][1] > first:
            start, cut = min(spans[number][1], end), (0, 0)
            continue
        number = bisect_left(spans, last, key=lambda span: span[0]) - 1
        if number >= 0 and spans[number][1] >= last:
            end, cut = max(spans[number][0], start), (0, 0)
            continue
        return cut if cut[1] else (first, last)


def _stripped(text: str, start: int, end: int) -> Range:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _hides(attributes: str) -> bool:
    """True for the attribute `hidden`, which may have any value, or a style that hides."""
    if _STYLE.search(attributes):
        return True
    return _HIDDEN.search(_QUOTED.sub("''", attributes)) is not None


def scan(text: str, body: int) -> RawHtml:
    """The code, the unseen markup and the hidden text from `body` on."""
    return _Scanner(text, body).result


class _Scanner:
    """Goes from line to line, and over what spans several."""

    def __init__(self, text: str, body: int) -> None:
        self._text = text
        self.result = RawHtml()
        self._endless: set[str] = set()
        fence = ""
        at = body
        for line in LINE.finditer(text, body):
            mark = _CODE_FENCE.match(text, *line.span())
            rest = text[mark.end() : line.end()] if mark else ""
            if fence:
                self.result.code.add(line.start())
                if mark and mark[1].startswith(fence) and not rest.strip():
                    fence = ""
            elif line.end() <= at:
                continue
            elif at <= line.start() and mark and not (mark[1][0] == "`" and "`" in rest):
                fence = mark[1]
            else:
                at = self._line(max(at, line.start()), line.start(), line.end())

    def _line(self, at: int, start: int, end: int) -> int:
        """Reads a line from `at`, and returns where reading goes on, which may be lines below."""
        while at < end and (token := _TOKEN.search(self._text, at, end)):
            first = token.start()
            alone = _INDENT.fullmatch(self._text, start, first) is not None
            if token[0][0] == "`":
                at = self._code_span(first, len(token[0]))
            elif token[0] == "<!--":
                at = self._unseen(first, self._comment_end(first, alone), _COMMENT)
            elif token[0] == "<":
                at = self._tag(first, alone)
            else:
                at = token.end()
        return at

    def _unseen(self, start: int, end: int, kind: str) -> int:
        """Notes a span that is no text; an empty one is a sign that is none."""
        if end > start:
            self.result.unseen[start, end] = kind
        return max(end, start + 1)

    def _comment_end(self, start: int, alone: bool) -> int:
        """Where a comment ends. At the start of a line it is a block of its own, which goes on to
        the end when nothing closes it; elsewhere it is a part of its paragraph (CommonMark 4.6)."""
        end = self._find("-->", start + 2)
        if alone:
            return end if end >= 0 else len(self._text)
        return end if 0 <= end <= self._block_end(start) else start

    def _find(self, mark: str, at: int) -> int:
        """Behind the next mark, or -1; that there is none is remembered."""
        if mark in self._endless:
            return -1
        found = self._text.find(mark, at)
        if found < 0:
            self._endless.add(mark)
            return -1
        return found + len(mark)

    def _tag(self, start: int, alone: bool) -> int:
        tag = _TAG.match(self._text, start)
        if not tag or tag[1]:
            return start + 1
        name = tag[2].lower()
        if name in _KINDS:
            end = self._closed.get(start)
            if end is None:
                end = len(self._text) if alone else self._block_end(start)
            return self._unseen(start, end, _KINDS[name])
        if name not in _VOID and _hides(tag[3]):
            end = self._closed.get(start, self._block_end(start))
            self.result.hidden.append((start, end))
            return end
        return tag.end()

    @cached_property
    def _closed(self) -> dict[int, int]:
        """Ends of the elements by the starts of their tags. An end closes the last open one of its
        name; scripts and the like hold no elements, so the first open one is meant there."""
        opened: dict[str, list[int]] = defaultdict(list)
        ends: dict[int, int] = {}
        for tag in _TAG.finditer(self._text):
            name = tag[2].lower()
            if not tag[1]:
                opened[name].append(tag.start())
            elif opened[name]:
                first = 0 if name in _KINDS else -1
                ends[opened[name][first]] = tag.end()
                del opened[name][first:]
        return ends

    def _code_span(self, start: int, ticks: int) -> int:
        """Behind a span of code, or behind its mark when none of the same length closes it."""
        closing = self._ticks.get(ticks, [])
        number = bisect_right(closing, start)
        if number < len(closing) and closing[number] < self._block_end(start):
            return closing[number] + ticks
        return start + ticks

    @cached_property
    def _ticks(self) -> dict[int, list[int]]:
        """Starts of the runs of backticks by their lengths."""
        found: dict[int, list[int]] = defaultdict(list)
        for run in re.finditer("`+", self._text):
            found[len(run[0])].append(run.start())
        return found

    @cached_property
    def _blanks(self) -> list[int]:
        return [blank.start() for blank in _BLANK_LINE.finditer(self._text)]

    def _block_end(self, at: int) -> int:
        """Where the next blank line is, or the text ends."""
        number = bisect_left(self._blanks, at)
        return self._blanks[number] if number < len(self._blanks) else len(self._text)
