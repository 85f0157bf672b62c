"""Reads a document for all words in it that are not plainly its author's."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from index.documents import Document
from index.sentences import sentence_spans, trim
from rag.quotations import is_title, quotations
from rag.referents import Names, Spoken, listed_names, name_forms
from rag.reporting import clauses, says_next
from rag.reporting_words import QUOTED
from rag.surroundings import captions, comments

Range = tuple[int, int]

FEWEST_QUOTED_WORDS = 6
"""Shorter quoted words without a reporting clause stay the author's: all 30 quotations of up to
five words in the source articles are terms, titles or parts of the author's own sentence; the 10
longer ones are somebody's words, one title apart."""

_PAPERS = r"(?:report|review|study|book|paper|text|survey|statement)"
_SELF = (
    r"(?:article|essay|brief|post|blog|piece|page|column|author|(?:summary|title|headline|caption|"
    r"note)(?:\sline)?)"
)
_ITSELF = re.compile(
    rf"(?:i|we|(?:this|our|my)\s(?:\w+\s)?(?:{_PAPERS}|{_SELF})|(?:the|an?)\s(?:\w+\s)?{_SELF})"
)
"""What a document calls itself and its parts. "The report" may be another one, and is left so."""

_ENDED = re.compile(r"[.!?…][”’»“'\"]{1,2}\Z")
_SENTENCE = re.compile(r"\W[^\W\d_a-z].*[.!?…]\W", re.DOTALL)
_BEGINS = re.compile(r"\s+[^\W\d_a-z]|\s+[“\"«„]")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that are not plainly the author's; "clause" is the clause that reports others."""

    start: int
    end: int
    kind: Literal["quoted", "clause", "comment", "caption"]
    speaker: str | None = None


class Reader:
    """Reads a document from one paragraph to the next, and remembers who spoke last.

    Of a long one it reads what overlaps `part`. Comments are looked for in all of it: the heading
    above them may stand far away.
    """

    def __init__(self, document: Document, part: Range) -> None:
        self._text = document.text
        self._own = listed_names(document.speaker)
        self._all = document.paragraphs or _lines(document.text)
        self._paragraphs = [p for p in self._all if p[0] < part[1] and part[0] < p[1]]
        self._names = Names(document.text, *part)
        self._last = Spoken()
        self._quoting: str | None = None

    def stretches(self) -> Iterator[Stretch]:
        taken: set[int] = set()
        for remark in comments(self._text, self._all, [own.split()[-1] for own in self._own]):
            low, high = (
                bisect_left(self._paragraphs, (at, 0)) for at in (remark.start, remark.end)
            )
            taken.update(start for start, _ in self._paragraphs[low:high])
            if remark.name is None or not self._is_own(remark.name):
                yield Stretch(remark.start, remark.end, "comment", remark.name)
        for start, end in captions(self._text, self._paragraphs):
            if start not in taken:
                taken.add(start)
                yield Stretch(start, end, "caption")
        body = [place for place in self._paragraphs if place[0] not in taken]
        quoted = [q for q in quotations(self._text, body) if not is_title(self._text[slice(*q)])]
        before: Range = (0, 0)
        for paragraph in body:
            low = bisect_left(quoted, (paragraph[0], 0))
            high = bisect_left(quoted, (paragraph[1], 0))
            yield from self._paragraph(paragraph, before, quoted[low:high])
            before = paragraph

    def _paragraph(self, place: Range, before: Range, quoted: list[Range]) -> Iterator[Stretch]:
        """The stretches of a paragraph; each character belongs to the first that claims it."""
        if self._last.at < before[0]:
            self._last = Spoken()
        if not quoted or quoted[0][0] > place[0]:
            self._quoting = None
        blank = list(self._text[slice(*place)])
        for start, end in quoted:
            blank[start - place[0] : end - place[0]] = QUOTED * (end - start)
        masked, free = "".join(blank), _Free(place)
        for start, end in self._sentences(masked, place[0], quoted):
            inside = [q for q in quoted if q[0] - place[0] < end and start < q[1] - place[0]]
            at = place[0] + start
            yield from self._sentence(masked[start:end], at, inside, (place, before), free)

    def _sentences(self, masked: str, at: int, quoted: list[Range]) -> Iterator[Range]:
        """Sentences of a paragraph with its quotations blanked out: one may end within a mark."""
        ends = [
            end - at
            for _, end in quoted
            if _ENDED.search(self._text, max(at, end - 3), end)
            and _BEGINS.match(self._text, end)
            and not (self._text[end - 2] in "?!…" and says_next(self._text, end))
        ]
        for start, end in sentence_spans(masked, 0, len(masked)):
            for stop in [*(e for e in ends if start < e < end), end]:
                yield trim(masked, start, stop)
                start = stop

    def _sentence(
        self,
        sentence: str,
        at: int,
        quoted: list[Range],
        around: tuple[Range, Range],
        free: _Free,
    ) -> Iterator[Stretch]:
        """Clauses first, then quoted words that no clause reports."""
        if not quoted:
            self._quoting = None
        for clause in clauses(sentence):
            start, end = at + clause.start, at + clause.end
            if not free.is_free(start):
                continue  # inside what another reports
            speaker = self._names.speaker(
                (at + clause.subject[0], at + clause.subject[1]), around, self._last
            )
            subject = self._text[at + clause.subject[0] : at + clause.subject[1]]
            if self._is_own(subject) or (speaker and self._is_own(speaker)):
                self._quoting = None
                for place in quoted:
                    free.drop(*place)
                continue
            self._last = Spoken(speaker, start)
            self._quoting = speaker if quoted else None
            yield from free.take(start, end, "clause")
            for first, stop in clause.reported:
                yield from free.take(at + first, at + stop, "quoted", speaker)
        for start, end in quoted:
            goes_on = self._quoting and _SENTENCE.fullmatch(self._text, start, end)
            if goes_on or len(self._text[start:end].split()) >= FEWEST_QUOTED_WORDS:
                yield from free.take(start, end, "quoted", self._quoting)

    def _is_own(self, phrase: str) -> bool:
        """True when a phrase means the document's own author, or the document."""
        plain = phrase.strip().casefold()
        if _ITSELF.fullmatch(plain):
            return True
        for name in self._own:
            for form in (re.escape(form.casefold()) for form in name_forms(name)):
                described = rf"(?:(?!of\b|for\b|in\b|at\b|to\b|by\b|from\b)[\w.]+\s){{0,5}}{form}"
                paper = rf"(?:\w+\s)?(?:{_PAPERS}|{_SELF})(?:[’']s\s{_SELF})?"
                if re.fullmatch(rf"{described}|(?:the\s)?{form}(?:[’']s)?\s{paper}", plain):
                    return True
        return False


class _Free:
    """What of a paragraph nobody has claimed yet."""

    def __init__(self, place: Range) -> None:
        self._start = place[0]
        self._open = bytearray(b"\x01" * (place[1] - place[0]))

    def is_free(self, at: int) -> bool:
        return bool(self._open[at - self._start])

    def drop(self, start: int, end: int) -> None:
        """Leaves a stretch to the author for good."""
        low, high = max(0, start - self._start), min(len(self._open), end - self._start)
        self._open[low:high] = bytes(max(0, high - low))

    def take(
        self,
        start: int,
        end: int,
        kind: Literal["quoted", "clause"],
        speaker: str | None = None,
    ) -> Iterator[Stretch]:
        """The parts between two places that are still free, which are so no longer."""
        at = max(0, start - self._start)
        stop = min(len(self._open), end - self._start)
        while at < stop:
            first = self._open.find(1, at, stop)
            if first < 0:
                return
            last = self._open.find(0, first, stop)
            last = stop if last < 0 else last
            self._open[first:last] = bytes(last - first)
            yield Stretch(self._start + first, self._start + last, kind, speaker)
            at = last


def _lines(text: str) -> Sequence[Range]:
    """Lines that are not blank, for a document whose reader gave no paragraphs."""
    return [match.span() for match in re.finditer(r"[^\r\n]*\S[^\r\n]*", text)]
