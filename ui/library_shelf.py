"""The documents of an index as the library lists them: found by conditions, sorted, cut into pages.

All of it goes over the cards, which hold no texts: ten thousand take some 20 ms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from index.documents import Document
from index.metadata import is_date
from ui.library_strings import LibraryStrings
from ui.render_parts import title
from ui.terminal_documents import format_of

ROWS = 50
"""Documents on a page: as many as somebody looks through before asking for fewer."""

LONGEST = 200
"""Characters of the words to look for."""

SORTS = ("title", "newest", "oldest", "added")
_ENDING = re.compile(r"[a-z0-9]{1,12}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")  # the longest that RFC 5646, 4.4.1 asks to allow
_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class Query:
    """What a reader looks for in the library. Empty texts narrow nothing.

    `words` must all stand in title, author, publisher or source. `since` and `until` are ISO dates
    of any precision, both included.
    """

    words: str = ""
    since: str = ""
    until: str = ""
    format: str = ""
    language: str = ""
    sort: str = SORTS[0]
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.since or self.until or self.format or self.language)

    def address(self, **changes: object) -> str:
        """The path of the list with these conditions, what is as usual left out."""
        wanted = replace(self, **changes) if changes else self  # type: ignore[arg-type]
        usual = Query()
        fields = {name: getattr(wanted, name) for name in Query.__dataclass_fields__}
        said = {name: value for name, value in fields.items() if value != getattr(usual, name)}
        return f"/library?{urlencode(said)}" if said else "/library"


def parsed(values: Mapping[str, str], strings: LibraryStrings) -> tuple[Query, dict[str, str]]:
    """The query that the parameters of an address say, and a sentence for each that says nothing.

    What is wrong stands in the query as it was given, so that it can be mended.
    """
    given = {name: values.get(name, "").strip() for name in Query.__dataclass_fields__}
    page, sort = given.pop("page"), given["sort"] or SORTS[0]
    query = Query(**(given | {"sort": sort}), page=int(page) if _NUMBER.fullmatch(page) else 1)
    wrong: dict[str, str] = {}
    if len(query.words) > LONGEST:
        wrong["words"] = strings.too_long.format(count=LONGEST)
    for name in ("since", "until"):
        if given[name] and not is_date(given[name]):
            wrong[name] = strings.bad_date
    both = not wrong and given["since"] and given["until"]
    if both and _first_day(given["since"]) > _last_day(given["until"]):
        wrong["until"] = strings.bad_order
    if query.format and not _ENDING.fullmatch(query.format):
        wrong["format"] = strings.bad_choice
    if query.language and not _LANGUAGE.fullmatch(query.language):
        wrong["language"] = strings.bad_choice
    if sort not in SORTS:
        wrong["sort"] = strings.bad_choice
    if page and not _NUMBER.fullmatch(page):
        wrong["page"] = strings.bad_page
    return query, wrong


class Shelf:
    """The documents of one snapshot. `received` tells when one of them came in, in UTC."""

    def __init__(self, cards: Sequence[Document], received: Callable[[Document], str]) -> None:
        self.cards = cards
        self._tell = received
        self._received: dict[str, str] = {}

    def received(self, card: Document) -> str:
        if card.id not in self._received:
            self._received[card.id] = self._tell(card)
        return self._received[card.id]

    @cached_property
    def formats(self) -> list[str]:
        return sorted({format_of(card) for card in self.cards})

    @cached_property
    def languages(self) -> list[str]:
        return sorted({card.language for card in self.cards if card.language})

    def found(self, query: Query) -> list[Document]:
        """Those that meet all conditions, in the order asked for."""
        wanted = _plain(query.words).split()
        cards = [
            card
            for card, text in zip(self.cards, self._texts, strict=True)
            if all(word in text for word in wanted)
            and (not query.format or format_of(card) == query.format)
            and (not query.language or card.language == query.language)
            and (not (query.since or query.until) or _within(card, query))
        ]
        return self._sorted(cards, query.sort)

    def _sorted(self, cards: list[Document], sort: str) -> list[Document]:
        cards.sort(key=lambda card: (_plain(title(card)), card.source))
        if sort == "added":
            cards.sort(key=self.received, reverse=True)
        if sort in ("newest", "oldest"):
            cards.sort(key=lambda card: card.published or "", reverse=sort == "newest")
            cards.sort(key=lambda card: card.published is None)  # the undated last, either way
        return cards

    @cached_property
    def _texts(self) -> list[str]:
        """What the words of a query are looked for in."""
        return [
            _plain(" ".join(filter(None, (c.title, c.author, c.publisher, c.source))))
            for c in self.cards
        ]


def _within(card: Document, query: Query) -> bool:
    """True when the day of publication may lie in the range, as far as it is known."""
    published = card.published
    if published is None or not is_date(published):
        return False
    after = not query.since or _last_day(published) >= _first_day(query.since)
    return after and (not query.until or _first_day(published) <= _last_day(query.until))


def _first_day(date: str) -> str:
    return date + "-01-01"[len(date) - 4 :]


def _last_day(date: str) -> str:
    """Not before the last day of a month or year, which is all that comparing needs."""
    return date + "-12-31"[len(date) - 4 :]


def _plain(text: str) -> str:
    """Without case and accents: "Fête" is found by "fete"."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()
