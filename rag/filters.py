"""Which passages may be found at all: by their documents, by exact words in them, by words not.

Conditions come from options and from the question itself, which is read as people write into a
search box: `"exact words"` must stand in a passage, `-word` and `-"some words"` must not.
"""

from __future__ import annotations

import os.path
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from index.documents import Document
from index.errors import InputError
from index.keywords import primary
from index.metadata import is_date
from index.snapshot import Snapshot
from index.vectors import Mask

_MOST_NAMED = 10
"""How many known values an error lists; all of a large index would fill the screen."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that a passage must meet, all of them; an empty one asks for nothing.

    Of `documents`, `publishers`, `authors` and `languages` a passage's document must fit one value
    of each field that is given. `since` and `until` are ISO dates of any precision, both included.
    All `phrases` must stand in the passage, and none of `without`.
    """

    documents: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, date in (("since", self.since), ("until", self.until)):
            if date is not None and not is_date(date):
                raise InputError(f"{name} is {date!r}", "write YYYY, YYYY-MM or YYYY-MM-DD")
        if self.since and self.until and _first_day(self.since) > _last_day(self.until):
            raise InputError(
                f"since {self.since} is later than until {self.until}", "exchange the two"
            )
        for phrase in (*self.phrases, *self.without):
            if not _plain(phrase):
                raise InputError(
                    f"{phrase!r} holds no word to look for", "name one, or leave it out"
                )

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def merged(self, other: Filters) -> Filters:
        """The values of both, as if one list had named them; of two dates the narrower."""
        since = [date for date in (self.since, other.since) if date]
        until = [date for date in (self.until, other.until) if date]
        return Filters(
            documents=_each_once(self.documents + other.documents),
            publishers=_each_once(self.publishers + other.publishers),
            authors=_each_once(self.authors + other.authors),
            languages=_each_once(self.languages + other.languages),
            since=max(since, key=_first_day, default=None),
            until=min(until, key=_last_day, default=None),
            phrases=_each_once(self.phrases + other.phrases),
            without=_each_once(self.without + other.without),
        )


EVERYTHING = Filters()

_UNSPACED_SCRIPTS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: each character is compared as a word."""

_UNSPACED = re.compile(f"[{_UNSPACED_SCRIPTS}]")

# A straight mark inside or behind a word is none: 6" of snow, Hebrew abbreviations.
_LETTER = rf"[^\W_{_UNSPACED_SCRIPTS}]"
_QUOTED = (
    rf"""(?<!{_LETTER})"(?P<{{0}}a>[^"]*)"(?!{_LETTER})"""
    r"|[“”„](?P<{0}b>[^“”„]*)[“”]|«(?P<{0}c>[^«»]*)»"
)
_PARTS = re.compile(
    rf"""(?<!\S)-(?:{_QUOTED.format("w")}|(?P<word>[^\W_](?:[^\s"“”„«»]*[^\W_])?))"""
    rf"|{_QUOTED.format('p')}"
)


def parse_query(text: str) -> tuple[str, Filters]:
    """The question to search with, and what its quotation marks and minus signs ask for.

    Quoted words stay in the question, without the marks; excluded ones leave it. A minus inside a
    word and a lone mark are text like any other. Raises `InputError` when only exclusions are left.
    """
    phrases: list[str] = []
    without: list[str] = []

    def read(found: re.Match[str]) -> str:
        given = {name: value for name, value in found.groupdict().items() if value is not None}
        (name, value), *_ = given.items()
        if not _plain(value):
            return found[0]
        (phrases if name.startswith("p") else without).append(value.strip())
        return value.strip() if name.startswith("p") else ""

    rest = _PARTS.sub(read, text)
    if without:
        rest = " ".join(rest.split())
        if not _plain(rest):
            raise InputError("nothing to search for", "add what the passages should be about")
    return rest, Filters(phrases=_each_once(phrases), without=_each_once(without))


def permitted(snapshot: Snapshot, filters: Filters, language: str) -> Mask | None:
    """[passages] True where a passage meets the conditions; None when there are none.

    `language` is that of documents that name none. A name that fits no document is an `InputError`:
    nothing could ever be found with it, and it is a slip more often than a wish.
    """
    if not filters:
        return None
    documents = _documents(snapshot, filters, language)
    passages = np.asarray(documents[snapshot.owners])
    if not (filters.phrases or filters.without):
        return passages
    for phrase in filters.phrases:
        passages &= _holding(snapshot, phrase)
    doubtful = passages.copy()
    if not filters.phrases:
        doubtful &= np.logical_or.reduce([_holding(snapshot, words) for words in filters.without])
    _verify(snapshot, passages, doubtful, wording(filters))
    return passages


def wording(filters: Filters) -> Callable[[str], bool]:
    """Says of a text whether it holds all phrases and nothing of what must not stand in it."""
    wanted = [_plain(phrase) for phrase in filters.phrases]
    unwanted = [_plain(words) for words in filters.without]

    def fits(text: str) -> bool:
        plain = _plain(text)
        return all(w in plain for w in wanted) and not any(w in plain for w in unwanted)

    return fits


def _documents(snapshot: Snapshot, filters: Filters, language: str) -> Mask:
    """[documents] True where a document meets the conditions on documents."""
    cards = snapshot.cards
    kept = np.ones(len(cards), np.bool_)
    if filters.documents:
        sources = [os.path.normpath(card.source) for card in cards]
        ids = {id_ for name in filters.documents for id_ in _named(snapshot, sources, name)}
        kept &= _mask(card.id in ids for card in cards)
    if filters.publishers:
        names = [card.publisher for card in cards]
        kept &= _fitting("publisher", filters.publishers, names, _contains)
    if filters.authors:
        kept &= _fitting("author", filters.authors, [card.author for card in cards], _contains)
    if filters.languages:
        names = [card.language or language for card in cards]
        kept &= _fitting("language", filters.languages, names, _same)
    if filters.since or filters.until:
        since, until = filters.since, filters.until
        kept &= _mask(_published_within(card, since, until) for card in cards)
    return kept


def _mask(values: Iterable[bool]) -> Mask:
    return np.fromiter(values, np.bool_)


def _named(snapshot: Snapshot, sources: Sequence[str], name: str) -> list[str]:
    """Ids of the documents that a name means: one by id or source, all of a folder, or one by the
    end of its source. A folder may be named by its whole path or, as a document may, by the end."""
    folder = os.path.normpath(name).rstrip("/")
    if folder not in ("", ".") and name not in snapshot.documents and folder not in sources:
        below = [source.startswith(folder + "/") for source in sources]
        if not any(below):
            inner = f"/{folder.lstrip('/')}/"
            below = [inner in source for source in sources]
        if any(below):
            pairs = zip(snapshot.cards, below, strict=True)
            return [card.id for card, is_below in pairs if is_below]
    return [snapshot.find(name).id]


def _fitting(
    field: str,
    values: Iterable[str],
    known: Sequence[str | None],
    fits: Callable[[str, str], bool],
) -> Mask:
    """For each known name whether it fits one of the values; each value must fit a name."""
    names = [name for name, _ in Counter(name for name in known if name).most_common()]
    found: set[str] = set()
    for value in values:
        fitting = [name for name in names if fits(value, name)]
        if not fitting:
            listed = ", ".join(names[:_MOST_NAMED]) + (", ..." if names[_MOST_NAMED:] else "")
            raise InputError(
                f"no document has the {field} {value!r} (there are: {listed or 'none'})",
                "see: onrecord list",
            )
        found.update(fitting)
    return _mask(name in found for name in known)


def _contains(value: str, name: str) -> bool:
    wanted = " ".join(value.casefold().split())
    return bool(wanted) and wanted in " ".join(name.casefold().split())


def _same(value: str, language: str) -> bool:
    return bool(value.strip()) and primary(value) == primary(language)


def _published_within(card: Document, since: str | None, until: str | None) -> bool:
    """True when the day of publication may lie in the range, as far as it is known."""
    published = card.published
    if published is None or not is_date(published):
        return False
    return (since is None or _last_day(published) >= _first_day(since)) and (
        until is None or _first_day(published) <= _last_day(until)
    )


def _first_day(date: str) -> str:
    return date + "-01-01"[len(date) - 4 :]


def _last_day(date: str) -> str:
    """Not before the last day of a month or year, which is all that comparing needs."""
    return date + "-12-31"[len(date) - 4 :]


def _holding(snapshot: Snapshot, phrase: str) -> Mask:
    """[passages] True where the phrase may stand; its words may still be apart or inflected."""
    if _UNSPACED.search(phrase):  # the keyword index has whole clauses as words there
        return np.ones(len(snapshot), np.bool_)
    mask = np.zeros(len(snapshot), np.bool_)
    mask[snapshot.keywords.holding(phrase)] = True
    return mask


def _verify(
    snapshot: Snapshot, passages: Mask, doubtful: Mask, fits: Callable[[str], bool]
) -> None:
    """Sets `passages` to what their words say where they are doubtful. Passages stand in the order
    of their documents, so each document is read once."""
    base = 0
    for number, segment in enumerate(snapshot.segments):
        rows = np.flatnonzero(doubtful[base : base + len(segment)])
        owner, text, answers = -1, "", []
        for document, start, end in segment.places[rows].tolist():
            if document != owner:
                owner, text = document, snapshot.document_at(number, document).text
            answers.append(fits(text[start:end]))
        passages[base + rows] = answers
        base += len(segment)


class _Table(dict[int, str]):
    """For `str.translate`: what each character counts as when words are compared, found once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cf", "Me") or "\ufe00" <= character <= "\ufe0f":
            counts_as = ""  # soft hyphens and the like are not there
        elif category[0] not in "LM" and category not in ("Nd", "Nl"):
            counts_as = " "  # also superscripts: a footnote mark is no part of the word before it
        else:
            counts_as = f" {character} " if _UNSPACED.match(character) else character
        self[code] = counts_as
        return counts_as


_TABLE = _Table()


def _plain(text: str) -> str:
    """The words of a text, case-folded, in a common form, with one space around each: words stand
    in a row in a text when this of them is part of this of the text. Empty without a word."""
    common = unicodedata.normalize("NFKC", text.translate(_TABLE)).casefold()
    words = " ".join(common.split())
    return f" {words} " if words else ""


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
