"""What stands around an article on its page: lines under pictures, and readers' comments below it.

Plain text has lost what told them apart on the page; line shapes are all that is left of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Range = tuple[int, int]

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan\\.?|Feb\\.?|Mar\\.?|Apr\\.?|Jun\\.?|Jul\\.?|Aug\\.?|Sept?\\.?|Oct\\.?|Nov\\.?|Dec\\.?"
)
_DATE = (
    rf"(?:(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}\.?\s(?:{_MONTHS})\s\d{{4}}|"
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4})"
)
_DATE_LINE = re.compile(
    rf"(?:Posted\s|on\s)*(?:on\s)?{_DATE}(?:,?\s(?:at\s)?\d{{1,2}}[:.]\d\d(?:\s?[ap]\.?m\.?)?)?\.?",
    re.IGNORECASE,
)

_LABEL = re.compile(
    r"(?:IMAGE|Image|PHOTO|Photo|Photograph|Picture|CAPTION|Caption|Illustration|Foto|Imagen|Bild)"
    r"(?:\s(?:credit|by|\d+))?\s?[:.]\s|Figure\s\d+[:.]\s|Fig\.\s\d+[:.]\s"
)
_CREDIT = re.compile(
    r"©\s?(?:\d{4}\s)?\w|\((?:Photo|Image|Picture|Foto)\b|\b(?:Photo|Photograph|Image|Picture) by "
    r"[A-Z]|[(/]\s?(?:via\s)?(?:Getty Images|AFP|Reuters|Alamy|Shutterstock)\b|via Getty Images|"
    r"/AP\b|\(AP\)"
)
_RIGHTS = re.compile(r"all rights reserved|copyright", re.IGNORECASE)
_DATED = re.compile(rf",\s(?:on\s)?{_DATE}\.?\Z")
_PAST = re.compile(r"\b(?:was|were|had|said|did|has been|have been|will|would)\b")
_LONGEST_CAPTION = 600
"""Characters; two pictures with their credits share a line of 400 in the first corpus."""
_FEWEST_REPEATED = 6
_MOST_DATED = 60
"""Words of a line that stands twice, and of one that ends with a date as captions of agencies do:
shorter ones are headings and buttons, longer ones are paragraphs."""

_HEADING = re.compile(
    r"(?:#+\s*)?(?:(?:\d+|No|Reader(?:s[’']|[’']s)?|Your|All|View|User)\s)?(?:Comments?|Responses?|"
    r"Replies|Kommentare|Comentarios|Commentaires|تعليقات)(?:\s\(?\d+\)?|\s(?:to|on)\s.{1,80})?:?",
    re.IGNORECASE,
)
_END_OF_ARTICLE = re.compile(
    r"About the authors?\b|For more information|Share (?:this|on)|Filed under|Tags?:|Topics?:|"
    r"Follow\b|Read more|Related\b|Leave a (?:comment|reply)|Log in|Sign in",
    re.IGNORECASE,
)
_END_OF_COMMENTS = re.compile(
    r"Latest\b|Related\b|Recent\b|Popular\b|Trending\b|Most (?:read|popular)|"
    r"More (?:from|stories|on)|You may also|Newsletter|Subscribe|About\b|Copyright|©|Tags?:|"
    r"Share (?:this|on)|Filed under|"
    r"Leave a (?:comment|reply)|Comments (?:are )?closed|Privacy|Terms of|Contact us",
    re.IGNORECASE,
)
_SAYS = re.compile(rf"(?P<name>.{{1,40}}?)\s(?:says|wrote|commented|on\s{_DATE}.*)\s?:?\Z")
_BYLINE = re.compile(
    r"(?:(?:Posted|Written|Published) by|About the [Aa]uthor:)\s"
    r"(?P<name>[A-Z][\w’'-]*(?:\s[A-Z][\w’'.-]*)+)"
)
_CAPITAL = r"[^\W\d_a-z](?:[\w’'-]*|\.)"
_NAME_LINE = re.compile(
    rf"(?P<name>{_CAPITAL}(?:\s(?:{_CAPITAL}|d[eu]|van|von|der|bin|al)){{0,3}}|[\w-]{{3,30}}),?\Z"
)
_LONGEST_LINE = 60
"""Characters of a name, a place or a title line around a comment."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A reader's words below an article, with the lines above them that say whose they are."""

    start: int
    end: int
    name: str | None


def captions(text: str, paragraphs: Sequence[Range]) -> list[Range]:
    """The paragraphs that belong to pictures: labelled, credited, repeated, or dated at the end."""
    lines = [text[start:end].strip() for start, end in paragraphs]
    times = Counter(lines)
    return [
        place
        for place, line in zip(paragraphs, lines, strict=True)
        if len(line) <= _LONGEST_CAPTION and _is_caption(line, times[line])
    ]


def _is_caption(line: str, times: int) -> bool:
    words = len(line.split())
    if "caption" in line[1:].casefold() and not _LABEL.match(line):
        return False  # a text about captions
    if _LABEL.match(line) or (_CREDIT.search(line) and not _RIGHTS.search(line)):
        return True
    if re.search(r"[.!?]\s+[A-Z]", re.sub(r"\b\w{1,4}\.", "", line)):
        return False  # more than one sentence
    if times > 1 and _FEWEST_REPEATED <= words <= _MOST_DATED:
        return True
    return words <= _MOST_DATED and bool(_DATED.search(line)) and not _PAST.search(line)


def comments(text: str, paragraphs: Sequence[Range], own: Sequence[str]) -> list[Comment]:
    """Readers' comments: under a heading, or name, place and date over a text behind the article.

    `own` are the author's names: a line with one of them is the site's again, not a reader's.
    """
    lines = [text[start:end].strip() for start, end in paragraphs]
    if not any(_HEADING.fullmatch(line) for line in lines):
        bylines = (_BYLINE.match(line) for line in lines)
        own = [*own, *(byline["name"] for byline in bylines if byline)]
    found: list[Comment] = []
    number = 0
    open_, headed = False, False
    while number < len(lines):
        if _HEADING.fullmatch(lines[number]):
            open_, headed = True, True
        elif _END_OF_ARTICLE.match(lines[number]) or _gap(text, paragraphs, number):
            open_ = open_ or number > 0
        if headed and found and _is_end(lines[number], own):
            open_ = headed = False
        head = _head(lines, number, own, headed) if open_ else None
        if head is None:
            number += 1
            continue
        name, body = head
        stop = _stop(lines, body, own, headed)
        found.append(Comment(paragraphs[number][0], paragraphs[stop - 1][1], name))
        number = stop
    return found


def _head(
    lines: list[str], number: int, own: Sequence[str], headed: bool
) -> tuple[str | None, int] | None:
    """Name of who comments and the number of the comment's first paragraph, if one begins here."""
    said = _SAYS.match(lines[number]) if len(lines[number]) <= 2 * _LONGEST_LINE else None
    if headed and said and number + 1 < len(lines):
        return said["name"], number + (2 if _DATE_LINE.fullmatch(lines[number + 1]) else 1)
    named = _NAME_LINE.fullmatch(lines[number])
    if _HEADING.fullmatch(lines[number]):
        named = None
    if named and len(lines[number]) <= _LONGEST_LINE and not _is_end(lines[number], own):
        for date in range(number + 1, min(number + 3, len(lines) - 1)):
            if _DATE_LINE.fullmatch(lines[date]) and len(lines[date + 1].split()) > 1:
                return named["name"], date + 1
    text_here = headed and len(lines[number].split()) > 3 and not _HEADING.fullmatch(lines[number])
    return (None, number) if text_here and not _is_end(lines[number], own) else None


def _stop(lines: list[str], body: int, own: Sequence[str], headed: bool) -> int:
    """Number of the first paragraph behind a comment that begins at `body`."""
    number = body + 1
    while number < len(lines):
        if _is_end(lines[number], own) or _HEADING.fullmatch(lines[number]):
            break
        if (head := _head(lines, number, own, headed)) and head[0]:
            break
        number += 1
    return min(number, len(lines))


def _is_end(line: str, own: Sequence[str]) -> bool:
    if _END_OF_COMMENTS.match(line) and len(line) <= _LONGEST_LINE:
        return True
    short = len(line) <= 2 * _LONGEST_LINE and not line.endswith((".", "!", "?", "”", '"'))
    return short and any(re.search(rf"\b{re.escape(name)}\b", line) for name in own)


def _gap(text: str, paragraphs: Sequence[Range], number: int) -> bool:
    """True when two blank lines or more stand before a paragraph."""
    before = text[paragraphs[number - 1][1] : paragraphs[number][0]] if number else ""
    return before.replace("\r\n", "\n").count("\n") > 2
