"""Lines of a page: runs that stand beside each other, as words in the order they are read.

Arabic and Hebrew are put in the order of reading here, from where their letters stand: the order
in the file is that of painting, and pdfium turns only some of it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from index.formats.pdf_glyphs import Frame, Glyph, Run
from index.formats.pdf_styles import Style

_SPACE = 0.18
"""Sizes of type between two signs from which there is a space: spaces are 0.25 em in most faces,
and seldom set tighter than 0.2; letters of a word stand closer than 0.1."""

_WIDE_SPACE = 0.25
"""The same where boxes may hug the letters, as browsers have it for Arabic: there letters of a
word stand up to 0.19 apart and words 0.32 and more (measured in a page of Chromium's)."""

_CELL = 2.0
"""Sizes of type between two runs of a line from which they are cells of a table and not words."""

LEAST_SIZE = 1.0
"""Points of type below which nobody reads a text: the smallest print of contracts has 4."""

_MARK = 4
"""Signs of the number or bullet of a list, whose distance from the text makes no table."""

_END = 40
"""Signs at the end of a line in which its page number and the dots before it are looked for."""

_LEADERS = re.compile(r"[.·…]{5,}\w{1,6}$")

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_NEUTRAL = frozenset({"WS", "ON", "CS", "ES", "ET", "BN", "NSM", "B", "S"})
_ALONE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3000-\u30ff\u31f0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Han, kana and their punctuation."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a sign of a script that has no spaces, in its box on the page as it is shown.

    `gap` is True when white space stands before it. `style` is None for what OCR has read.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    gap: bool
    style: Style | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens in the order of reading; its box, baseline and size of type are those of the flow.

    `tabular` lines are rows of a table. `aside` ones stand outside the page or across it.
    """

    tokens: tuple[Token, ...]
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    size: float
    bold: bool = False
    tabular: bool = False
    aside: bool = False
    backwards: bool = False

    @property
    def hidden(self) -> bool:
        """True when nothing of the line is seen."""
        return all(token.hidden for token in self.tokens)

    @property
    def text(self) -> str:
        return "".join((" " if t.gap and n else "") + t.text for n, t in enumerate(self.tokens))


def usual_size(lines: Iterable[Line]) -> float:
    """The size of type of most letters, in points; 0 without any."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += sum(len(token.text) for token in line.tokens)
    return max(sizes, key=lambda size: (sizes[size], size), default=0.0)


def line_of(runs: Sequence[Run], frame: Frame, aside: bool = False) -> Line:
    """The runs of one line, which may be out of order, as a line."""
    ordered = sorted(runs, key=lambda run: run.left)
    largest = max(ordered, key=lambda run: (run.size, run.right - run.left))
    gaps = [b.left - a.right for a, b in pairwise(ordered) if len(a.glyphs) > _MARK]
    glyphs = _joined(ordered, largest.size)
    backwards = any(_way(glyph.text) in _RIGHT_TO_LEFT for glyph in glyphs)
    if backwards:
        glyphs = _as_read(glyphs)
    return Line(
        tokens=tuple(_tokens(glyphs, frame)),
        left=ordered[0].left,
        top=min(run.top for run in ordered),
        right=max(run.right for run in ordered),
        bottom=max(run.bottom for run in ordered),
        baseline=largest.baseline,
        size=largest.size,
        bold=all(glyph.style.bold for glyph in glyphs if not glyph.text.isdigit()),
        tabular=max(gaps, default=0.0) > _CELL * largest.size or _has_leaders(glyphs),
        aside=aside,
        backwards=backwards,
    )


def _has_leaders(glyphs: Sequence[Glyph]) -> bool:
    """True for a line of a table of contents, with dots up to its page number."""
    return _LEADERS.search("".join(glyph.text for glyph in glyphs[-_END:])) is not None


def _joined(runs: Sequence[Run], size: float) -> list[Glyph]:
    """The signs of all runs; where two runs stand apart there is a space."""
    glyphs: list[Glyph] = []
    for run in runs:
        first = run.glyphs[0]
        apart = bool(glyphs) and first.left - glyphs[-1].right > _SPACE * size
        glyphs.append(first._replace(gap=first.gap or apart))
        glyphs.extend(run.glyphs[1:])
    return glyphs


def _way(text: str) -> str:
    """The bidirectional class of a sign (Unicode Standard Annex 9)."""
    return unicodedata.bidirectional(text[0]) if text else "ON"


def _as_read(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Signs of a line that holds letters from right to left, in the order of reading.

    They are taken as they stand from left to right and cut into stretches of one direction, and
    the Unicode algorithm (Annex 9, rule L2) is undone: stretches from the right are turned, and so
    is the order of the stretches when the line as a whole runs that way.
    """
    shown = _with_spaces(_clusters(glyphs))
    ways = [_way(cluster[0].text) if cluster else "WS" for cluster in shown]
    from_right = sum(way in _RIGHT_TO_LEFT for way in ways)
    base = "R" if from_right > sum(way == "L" for way in ways) else "L"
    ways = _resolved(ways, base)
    stretches = [
        (way, [shown[number] for number, _ in group])
        for way, group in groupby(enumerate(ways), key=lambda item: item[1])
    ]
    if base == "R":
        stretches.reverse()
    read: list[Glyph] = []
    gap = False
    for way, part in stretches:
        for cluster in _turned(part) if way == "R" else part:
            read.extend(g._replace(gap=gap and not number) for number, g in enumerate(cluster))
            gap = not cluster
    return read


def _clusters(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Signs from left to right, each with the marks that stand on it (vowel points)."""

    def middle(glyph: Glyph) -> float:
        return glyph.left + glyph.right

    bases = sorted((g for g in glyphs if _way(g.text) != "NSM"), key=middle)
    marks = sorted((g for g in glyphs if _way(g.text) == "NSM"), key=middle)
    if not bases:
        return [[mark] for mark in marks]
    clusters = [[base] for base in bases]
    at = 0
    for mark in marks:
        while at + 1 < len(bases) and abs(middle(bases[at + 1]) - middle(mark)) <= abs(
            middle(bases[at]) - middle(mark)
        ):
            at += 1
        clusters[at].append(mark)
    return clusters


def _with_spaces(clusters: Sequence[list[Glyph]]) -> list[list[Glyph]]:
    """Clusters from left to right, an empty one wherever there is room for a space."""
    result: list[list[Glyph]] = []
    right = float("inf")
    for cluster in clusters:
        first = cluster[0]
        if first.left - right > _WIDE_SPACE * first.style.size:
            result.append([])
        result.append(cluster)
        right = first.right if right == float("inf") else max(right, first.right)
    return result


def _resolved(ways: Sequence[str], base: str) -> list[str]:
    """L or R for each sign. Numbers are read from the left; a sign without a way of its own takes
    that of its neighbours, and of the whole line where they differ (rules N1 and N2)."""
    strong = ["R" if way in _RIGHT_TO_LEFT else "" if way in _NEUTRAL else "L" for way in ways]
    before, after = _last_strong(strong), _last_strong(strong[::-1])[::-1]
    return [
        way or (left if left == right else "") or base
        for way, left, right in zip(strong, before, after, strict=True)
    ]


def _last_strong(ways: Sequence[str]) -> list[str]:
    """For each sign the way of the last one, itself included, that has a way of its own."""
    found, last = [], ""
    for way in ways:
        last = way or last
        found.append(last)
    return found


def _turned(part: Sequence[list[Glyph]]) -> list[list[Glyph]]:
    """From the right, brackets as they open and close in the order of reading."""
    return [
        [glyph._replace(text=glyph.text.translate(_MIRRORED)) for glyph in cluster]
        for cluster in reversed(part)
    ]


def _tokens(glyphs: Sequence[Glyph], frame: Frame) -> Iterator[Token]:
    """Words of a line; a sign of a script without spaces is one by itself, and so is each part of
    a word that is painted in another way, so that a hidden part can be told from a visible one."""
    part: list[Glyph] = []
    for glyph in glyphs:
        if part and (
            glyph.gap
            or alone(glyph.text)
            or alone(part[-1].text)
            or _paint(glyph.style) != _paint(part[-1].style)
        ):
            yield _token(part, frame)
            part = []
        part.append(glyph)
    if part:
        yield _token(part, frame)


def alone(text: str) -> bool:
    """True for a sign of a script that sets no spaces between words."""
    return bool(_ALONE.match(text))


def _paint(style: Style) -> tuple[object, ...]:
    return (style.mode, style.fill, style.doubtful, style.size < LEAST_SIZE)


def _token(part: Sequence[Glyph], frame: Frame) -> Token:
    turn = part[0].style.turn
    x1, y1 = frame.unflow(min(g.left for g in part), min(g.top for g in part), turn)
    x2, y2 = frame.unflow(max(g.right for g in part), max(g.bottom for g in part), turn)
    # The words of a language are few and those of a book many: one string for each of the former.
    text = sys.intern("".join(glyph.text for glyph in part))
    return Token(
        text, min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), part[0].gap, part[0].style
    )
