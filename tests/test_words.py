"""The words of the pages: the same in each language, and safe where they stand."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from string import Formatter
from typing import Any

import pytest

from ui.words import LANGUAGES, chosen, direction

FOLDER = files("ui").joinpath("words")
FILES = sorted(path.name for path in FOLDER.joinpath("en").iterdir())


def read(language: str, file: str) -> dict[str, str]:
    """Each word by its place, those in tables and lists too."""
    found = tomllib.loads(FOLDER.joinpath(language, file).read_text(encoding="utf-8"))
    return dict(_flat(found))


def _flat(value: Any, place: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(place, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for name, inner in items for pair in _flat(inner, f"{place}.{name}")]


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_words_with_the_same_blanks(language: str, file: str):
    english, own = read("en", file), read(language, file)
    assert own.keys() == english.keys()
    for place, text in own.items():
        assert blanks(text) == blanks(english[place]), place
        assert text.strip() == text != "", place
        assert not re.search(r'[<>&"]', text), f"{place}: means something in HTML"


@pytest.mark.parametrize("language", list(LANGUAGES)[1:])
def test_nothing_is_left_untranslated(language: str):
    """A word or two may be the same in two languages; three are not."""
    for file in FILES:
        english, own = read("en", file), read(language, file)
        plain = {place: re.sub(r"\{.*?\}", "", text) for place, text in own.items()}
        same = [place for place, text in own.items() if text == english[place]]
        assert [place for place in same if len(re.findall("[a-z]{3,}", plain[place])) > 2] == []


@pytest.mark.parametrize(
    ("header", "named", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "", "fr"),
        ("de,ar;q=0.7", "", "ar"),
        ("de", "", "en"),
        ("", "", "en"),
        ("es", "ar", "ar"),
        ("es", "../en", "es"),
    ],
)
def test_a_reader_gets_the_language_named_or_the_first_of_the_browsers(
    header: str, named: str, language: str
):
    assert chosen(header, named) == language
    assert direction(language) == ("rtl" if language == "ar" else "ltr")
