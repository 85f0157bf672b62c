"""Gold made easy: rows proposed from a document, for a person to accept, edit or throw away.

No model: sentences that hold a number, a date or a name make good questions, and the expression
that recognises the answer can be written down from them. What to ask is left to a person: a
question made from the sentence's own words would measure keyword search and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePath

from eval.gold import GoldQuestion, Kind, Pointer
from index.documents import Document
from index.snapshot import Snapshot

DRAFT = "TODO "
"""How the question of an unedited row begins; `onrecord eval check` refuses it."""

FEWEST_WORDS = 5
"""A shorter sentence is a heading or a fragment more often than a statement."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something to ask for: the words that answer, where in the sentence, and how to know them."""

    start: int
    end: int
    must: tuple[str, ...]


_UNITS = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SPELLED = {
    **{word: value for value, word in enumerate(_UNITS, 2)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    **{
        f"{ten}-{unit}": 10 * tens + value
        for tens, ten in enumerate(_TENS, 2)
        for value, unit in enumerate(["one", *_UNITS[:8]], 1)
    },
}
_WRITTEN = {value: word for word, value in _SPELLED.items()}
_NUMBER = re.compile(
    r"(?<![\w\[(#.,/–-])(?!(?:1\d|20)\d\d\b(?![.,]\d))(?P<digits>\d+(?:[.,]\d+)*)(?![\w\]/]|[.,–-]\d)"
    rf"|\b(?P<word>{'|'.join(sorted(_SPELLED, key=len, reverse=True))})\b(?!-\w)",
    re.IGNORECASE,
)
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} )?(?:{_MONTH})(?: \d{{1,2}},)? \d{{4}}\b"
    rf"|\b(?:{_MONTH}) \d{{1,2}}\b(?![,.]\d)|\b\d{{1,2}} (?:{_MONTH})\b|\b\d{{4}}-\d\d-\d\d\b"
    r"|(?:(?<=\b[IiOoBb][nfy] )|(?<=\b[Ss]ince )|(?<=\b[Uu]ntil ))(?:1\d|20)\d\d\b(?![,.]\d)"
)
"""A date, or a year after "in", "of", "by", "since" or "until": other years may be counts."""
_NAME_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_INSIDE_NAMES = frozenset(["of", "de", "del", "la", "von", "van", "der", "al", "bin", "ibn"])
_OPENERS = frozenset([
    "a", "after", "all", "an", "and", "as", "at", "before", "both", "but", "by", "during", "even",
    "every", "for", "from", "he", "her", "his", "how", "if", "in", "it", "its", "last", "most",
    "no", "not", "on", "one", "or", "she", "since", "so", "some", "still", "that", "the", "their",
    "then", "these", "they", "this", "those", "though", "to", "under", "unlike", "until", "we",
    "what", "when", "where", "which", "while", "who", "why", "with", "yet",
])  # fmt: skip


def find_number(sentence: str) -> Found | None:
    """The first number that is not part of a date (or looks like a year) or of a footnote mark."""
    dates = [match.span() for match in _DATE.finditer(sentence)]
    for match in _NUMBER.finditer(sentence):
        if not any(start < match.end() and match.start() < end for start, end in dates):
            return Found(*match.span(), (_number_expression(match),))
    return None


def find_date(sentence: str) -> Found | None:
    """The first date; each of its parts must be said, in whatever order."""
    match = _DATE.search(sentence)
    if not match:
        return None
    parts = re.findall(r"\w+", match[0])
    return Found(*match.span(), tuple(rf"\b{part}\b" for part in parts))


def find_name(sentence: str) -> Found | None:
    """The first two or more words in a row that are written like a name; its last word is asked."""
    words = list(_NAME_WORD.finditer(sentence))
    if words and words[0][0].casefold() in _OPENERS:
        words = words[1:]
    run: list[re.Match[str]] = []
    for word, following in zip_longest(words, words[1:]):
        inside = bool(run) and word[0] in _INSIDE_NAMES
        if word[0][0].isupper() or inside:
            run.append(word)
            if following and sentence[word.end() : following.start()] == " ":
                continue
        while run and not run[-1][0][0].isupper():
            run.pop()
        if len([w for w in run if w[0][0].isupper()]) > 1 and not _is_date(run):
            last = re.sub(r"[’'-]+s?$", "", run[-1][0])
            end = run[-1].start() + len(last)
            return Found(run[0].start(), end, (rf"\b{re.escape(last)}\b",))
        run = []
    return None


FINDERS: dict[Kind, Callable[[str], Found | None]] = {
    "number": find_number,
    "when": find_date,
    "who": find_name,
}
"""What is looked for in a sentence, by the kind of question it would make."""


def draft(snapshot: Snapshot, name: str, *, pointers: bool = False) -> list[GoldQuestion]:
    """Candidate rows for a document, in its order; at most one of each kind from a sentence.

    With `pointers` no words of the sentence are copied, for texts that may not be.
    """
    document = snapshot.find(name)
    known_as = _short_name(snapshot, document)
    passages = [p for p in snapshot.passages if p.span.document_id == document.id]
    rows: dict[str, GoldQuestion] = {}
    for span in (span for passage in passages for span in passage.sentences):
        sentence = document.text[slice(*span)]
        if document.in_heading(span[0]) or len(sentence.split()) < FEWEST_WORDS:
            continue
        for kind, find in FINDERS.items():
            found = find(sentence)
            if found:
                place = Pointer(document=known_as, start=span[0], end=span[1])
                row = GoldQuestion(
                    id=f"{PurePath(known_as).stem}-{span[0]}-{kind}",
                    question=_template(sentence, found, whole=not pointers),
                    lang=document.language or "und",
                    kind=kind,
                    documents=(known_as,),
                    quotes=(place if pointers else sentence,),
                    must=found.must,
                    must_not=(),
                    needs_all=False,
                )
                rows[row.id] = row
    return list(rows.values())


def _template(sentence: str, found: Found, whole: bool) -> str:
    """What is to be asked for and, for a look at what is known, the sentence without it."""
    asked = f"{DRAFT}ask for “{' '.join(sentence[found.start : found.end].split())}”"
    blank = f"{sentence[: found.start]}…{sentence[found.end :]}"
    return f"{asked}: {' '.join(blank.split())}" if whole else asked


def _number_expression(match: re.Match[str]) -> str:
    """A number however it is written: 3,500 and 3500, eight and 8."""
    if match["digits"]:
        digits = match["digits"]
        value = int(digits) if len(digits) < 3 and digits.isascii() else -1
    else:
        value = _SPELLED[match["word"].lower()]
        digits = str(value)
    pattern = re.sub(r"[.,](?=\d{3}(?!\d))", "[.,]?", digits)
    pattern = re.sub(r"(?<!\[)[.,](?=\d)", "[.,]", pattern)
    word = _WRITTEN.get(value)
    return rf"\b({pattern}|{word.replace('-', '[- ]')})\b" if word else rf"\b{pattern}\b"


def _is_date(run: list[re.Match[str]]) -> bool:
    return any(re.fullmatch(_MONTH, word[0]) for word in run)


def _short_name(snapshot: Snapshot, document: Document) -> str:
    """The file's name as gold has it; the whole source where two documents end alike."""
    name = PurePath(document.source).name
    alike = [d for d in snapshot.documents.values() if PurePath(d.source).name == name]
    return name if len(alike) == 1 else document.source
