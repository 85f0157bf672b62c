"""Conditions on what is searched, as options of a command and as JSON: `rag.filters.Filters`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import InputError

if TYPE_CHECKING:
    from rag.filters import Filters

DocumentOption = Annotated[
    list[str] | None,
    typer.Option(
        "--document", metavar="NAME", help="Only in it: an id, a file, a folder. May be repeated."
    ),
]
PublisherOption = Annotated[
    list[str] | None,
    typer.Option(
        "--publisher", metavar="NAME", help="Only what it published; a part of the name will do."
    ),
]
AuthorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--author", metavar="NAME", help="Only what they wrote; a part of the name will do."
    ),
]
LanguageOption = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="CODE", help="Only documents in it, as in: --language es"),
]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Published then or later, as in: --since 2024-05"),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Published then or earlier: --until 2024"),
]

_LISTS = (
    "documents", "publishers", "authors", "languages", "phrases", "without",
)  # fmt: skip
_DATES = ("since", "until")


def filters_from(
    document: list[str] | None,
    publisher: list[str] | None,
    author: list[str] | None,
    language: list[str] | None,
    since: str | None,
    until: str | None,
) -> Filters:
    """The conditions that the options of a command name."""
    from rag.filters import Filters

    return Filters(
        documents=tuple(document or ()),
        publishers=tuple(publisher or ()),
        authors=tuple(author or ()),
        languages=tuple(language or ()),
        since=since,
        until=until,
    )


def read_filters(given: object) -> Filters:
    """The conditions of a JSON object, as a row of a batch or a call of the HTTP API gives them.

    Null, or a key left out, asks for nothing. `InputError` for a key or a value that is none.
    """
    from rag.filters import EVERYTHING, Filters

    if given is None:
        return EVERYTHING
    if not isinstance(given, dict):
        raise InputError(
            "filters: not a JSON object", f"its keys may be: {', '.join((*_LISTS, *_DATES))}"
        )
    unknown = [key for key in given if key not in (*_LISTS, *_DATES)]
    if unknown:
        raise InputError(
            f"filters: unknown key {unknown[0]!r}", f"known keys: {', '.join((*_LISTS, *_DATES))}"
        )
    values = {key: value for key, value in given.items() if value is not None}
    for key, value in values.items():
        fits = isinstance(value, str) if key in _DATES else _is_texts(value)
        if not fits:
            wanted = "a date as text" if key in _DATES else "a list of texts"
            raise InputError(f"filters: {key} is {value!r}", f"write {wanted}")
    fields: dict[str, Any] = {k: v if k in _DATES else tuple(v) for k, v in values.items()}
    return Filters(**fields)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def nothing_found(filters: Filters) -> str:
    """Why a search found nothing, in a sentence that names the words asked for."""
    narrowed = any(
        (filters.documents, filters.publishers, filters.authors, filters.languages,
         filters.since, filters.until)
    )  # fmt: skip
    passage = "passage of the documents asked for" if narrowed else "passage"
    wanted = " and ".join(f'"{words}"' for words in filters.phrases)
    unwanted = " or ".join(f'"{words}"' for words in filters.without)
    if wanted:
        without = f" without {unwanted}" if unwanted else ""
        return f"nothing found: no {passage} holds the exact words {wanted}{without}"
    if unwanted:
        return f"nothing found: every {passage} holds {unwanted}"
    return "nothing found: no document meets all the conditions" if narrowed else "nothing found"
