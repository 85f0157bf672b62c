"""The text of a document from its paragraphs, and where each word of it stands on the pages.

Words that the end of a line cuts are put together here. A hyphen may be the typesetter's or the
word's own, and a file seldom says which: the rest of the document is asked how it writes the word.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from index.documents import Page, Section
from index.formats.pdf_lines import Line, Token, alone
from index.formats.pdf_paragraphs import Paragraph
from index.layout import Box, Word

_HYPHENS = "-\u2010\u00ad"
_SOFT = "\u00ad"
_BULLET = re.compile(r"[•◦▪■□●○‣⁃∙·–—*-]|[\uf0a7\uf0b7]")
_ATTACHED = re.compile(r"\w[—–/]$")
_ATTACHING = re.compile(r"—\w")
"""Signs without spaces around them, after or before which a line may end."""

_PARTS = re.compile(r"[-\u2010]")

_SYLLABLE = 3
"""Letters of the second part up to which it may be a mere syllable that happens to be a word."""

_CUT = 0.03
"""Share of lines that end in a hyphen from which a typesetter cuts words: compounds alone come to
1 or 2 % of lines, narrow columns that are hyphenated to 5 % and more."""

_CONJUNCTIONS = frozenset(
    {"and", "or", "nor", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e"}
)
"""After a hyphen that stands for the rest of a word: "pre- and post-war"."""

_OWN_HYPHEN = re.compile(
    "all|anti|cross|ex|far|full|half|high|ill|long|low|mid|multi|near|non|one|pre|post|pro|self"
    "|semi|short|so|two|three|vice|well"
)
"""First parts of compounds that English writes with a hyphen (Chicago Manual of Style, 7.96)."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The words of a document that no line end cuts, in lower case and without punctuation, and
    whether its typesetter cut words at line ends, as far as that can be told."""

    words: frozenset[str]
    cuts_words: bool


@dataclass(slots=True)
class Composed:
    """All that is known by code points of the text, while it grows.

    Words are kept in arrays, 40 bytes each: as objects, those of long files would take a gigabyte.
    `ends` has start, end and page of each word, `sides` its left, top, right and bottom.
    """

    parts: list[str] = field(default_factory=list)
    length: int = 0
    ends: array[int] = field(default_factory=lambda: array("Q"))
    sides: array[float] = field(default_factory=lambda: array("f"))
    paragraphs: list[tuple[int, int]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    hidden_on: Counter[int] = field(default_factory=Counter)
    joined: int = 0
    kept: int = 0

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def words(self) -> Iterator[Word]:
        """The words with their boxes, in their order."""
        for number in range(0, len(self.ends), 3):
            start, end, page = self.ends[number : number + 3]
            left, top, right, bottom = self.sides[number // 3 * 4 : number // 3 * 4 + 4]
            yield Word(start, end, Box(page, left, top, right, bottom))

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def put_token(self, token: Token, page: int) -> None:
        start = self.length
        self.put(token.text)
        self.ends.extend((start, self.length, page))
        self.sides.extend((token.left, token.top, token.right, token.bottom))
        if not token.hidden:
            return
        self.hidden_on[page] += len(token.text)
        if self.hidden and start - self.hidden[-1][1] <= 1:
            start = self.hidden.pop()[0]
        self.hidden.append((start, self.length))

    def drop_hyphen(self) -> None:
        """Takes the hyphen off the end; its box stays with the part of the word before it."""
        self.parts[-1] = self.parts[-1][:-1]
        self.length -= 1
        self.ends[-2] = self.length
        if self.hidden and self.hidden[-1][1] > self.length:
            self.hidden[-1] = (self.hidden[-1][0], self.length)
        self.joined += 1


def composed(paragraphs: list[Paragraph], spelling: Spelling) -> Composed:
    """Paragraphs joined by blank lines; `spelling` decides about hyphens.

    The list is emptied: words of long files take hundreds of megabytes, and need not do so twice.
    """
    result = Composed()
    paragraphs.reverse()
    while paragraphs:
        paragraph = paragraphs.pop()
        if result.parts:
            result.put("\n\n")
        start, first = result.length, len(result.parts)
        _put_lines(result, paragraph, spelling)
        end = result.length
        bullet = result.parts[first]
        behind = start + len(bullet) + 1
        hung = _BULLET.fullmatch(bullet) and behind < end
        result.paragraphs.append((behind if hung else start, end))
        if paragraph.kind == "heading":
            result.sections.append(Section("".join(result.parts[first:]), start, end))
    return result


def _put_lines(result: Composed, paragraph: Paragraph, spelling: Spelling) -> None:
    last: Token | None = None
    for page, line in paragraph.lines:
        for number, token in enumerate(line.tokens):
            if last is not None and number:
                result.put(" " if token.gap else "")
            elif last is not None:
                result.put(_between_lines(result, last, line.tokens, spelling))
            result.put_token(token, page)
            last = token


def _between_lines(
    result: Composed, last: Token, tokens: Sequence[Token], spelling: Spelling
) -> str:
    """What stands between the last word of a line and the first of the next; a hyphen that only
    the line end has put there is taken away."""
    following = "".join(token.text for token in _first_word(tokens))
    if alone(last.text[-1]) and alone(following):
        return ""
    if _ATTACHED.search(last.text) or _ATTACHING.match(following):
        return ""
    if last.text[-1] not in _HYPHENS or not last.text[-2:-1].isalnum():
        return " "
    rest = _bare(following)
    if last.text[-1] != _SOFT:
        if rest.casefold() in _CONJUNCTIONS:
            return " "
        if _is_own_hyphen(_bare(last.text), rest, spelling):
            result.kept += 1
            return ""
    result.drop_hyphen()
    return ""


def _first_word(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens of the first word."""
    yield tokens[0]
    yield from takewhile(lambda token: not token.gap, tokens[1:])


def _is_own_hyphen(head: str, rest: str, spelling: Spelling) -> bool:
    """True when a word has its hyphen wherever it stands: "Anglo-Saxon", "1914-1918", "well-known".

    The document's own way of writing it decides. Without it, two parts that are words of the
    document by themselves are taken for a compound; all else for one word that was cut, if the
    document cuts words at all: browsers and most letters do not.
    """
    first, second = head.casefold(), rest.casefold()
    if not rest[:1].islower() or not head[-1:].isalpha() or _PARTS.search(head + rest):
        return True
    words = spelling.words
    if first + second in words or f"{first}-{second}" in words:
        return first + second not in words
    if _OWN_HYPHEN.fullmatch(first) or not spelling.cuts_words:
        return True
    return first in words and second in words and len(second) > _SYLLABLE


def _bare(word: str) -> str:
    """A word without the punctuation around it."""
    inner = [number for number, sign in enumerate(word) if sign.isalnum()]
    return word[inner[0] : inner[-1] + 1] if inner else ""


def spelling_of(lines: Iterable[Line]) -> Spelling:
    """What the lines of a document tell about its words."""
    words: set[str] = set()
    cut: list[str] = []
    count, last = 0, ""
    for line in lines:
        count += 1
        parts = [_bare(token.text).casefold() for token in line.tokens]
        words.update(part.replace("\u2010", "-") for part in parts[1:-1])
        first = line.tokens[0].text
        if last and first[0].islower():
            cut.append(last + parts[0])
        end = line.tokens[-1].text
        last = parts[-1] if end[-1] in _HYPHENS and end[-2:-1].isalpha() else ""
    sure = any(word in words for word in cut)
    return Spelling(frozenset(words), sure or len(cut) > _CUT * count)


def page_starts(
    result: Composed, labels: Sequence[str], confidences: Mapping[int, float]
) -> tuple[Page, ...]:
    """Every page at its first word; one without words where the next one begins."""
    starts: dict[int, int] = {}
    for start, page in zip(result.ends[::3], result.ends[2::3], strict=True):
        starts.setdefault(page, start)
    pages: list[Page] = []
    start = result.length
    for index in reversed(range(len(labels))):
        start = min(start, starts.get(index, start))
        pages.append(Page(labels[index], start if index else 0, index, confidences.get(index)))
    return tuple(reversed(pages))
