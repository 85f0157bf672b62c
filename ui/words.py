"""What the pages say, by language: one TOML file for each page in `ui/words/<language>/`.

A page has a frozen dataclass of strings, whose `FILE` names its file. A translation that misses a
field, or has one too many, does not start. Words are trusted: they go into pages as they are, and
hold no character that means something there (`tests/test_words.py`).
"""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Protocol, TypeVar

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français", "ar": "العربية"}
"""Those the pages are written in, by their own names; the first is for everybody else."""

RIGHT_TO_LEFT = frozenset({"ar"})
LISTED = 20
"""Languages of a browser that are looked at; more make no difference to anybody."""


class Words(Protocol):
    """A frozen dataclass of strings. Pairs stand in a table, lists are tuples."""

    FILE: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


Page = TypeVar("Page", bound=Words)


def words(page: type[Page], language: str = "en") -> Page:
    """The words of a page. `ValueError` names what a file misses or has too many."""
    return page(**_read(page, language))


@cache
def _read(page: type[Words], language: str) -> dict[str, Any]:
    path = files("ui").joinpath("words", language, f"{page.FILE}.toml")
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    wanted = {field.name for field in fields(page)}
    if wanted != found.keys():
        odd = ", ".join(sorted(wanted ^ found.keys()))
        raise ValueError(f"ui/words/{language}/{page.FILE}.toml: missing or unknown: {odd}")
    return {name: _frozen(value) for name, value in found.items()}


def chosen(accept_language: str, named: str = "") -> str:
    """The language for a reader: the one named, else the first of an Accept-Language header
    (RFC 9110, 12.5.4; browsers send them best first), else the first of ours."""
    for part in (named, *accept_language.split(",")[:LISTED]):
        language = part.split(";")[0].strip().lower().split("-")[0]
        if language in LANGUAGES:
            return language
    return next(iter(LANGUAGES))


def direction(language: str) -> str:
    """For the attribute `dir`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value
