"""Whether a question asks about another country or year than the sentence that comes closest.

"How many ships did Chile export?" comes close to a sentence about the ships of Peru, and that is no
answer. Only two kinds of names are compared, because they have few other names for the same thing:
years, and countries (`countries.txt`: in a line a country's name, its people, and its capital where
that stands for nothing else). What else a question names may be called otherwise in the text.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from index.documents import Document

AROUND = 400
"""Characters on either side of a sentence in which its country or year may be named."""

_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")


def about_another(question: str, document: Document, start: int, end: int) -> bool:
    """True when the question names a country or year that neither stands around a sentence nor in
    what is known of its document, and the sentence names another one."""
    text = document.text
    sentence = text[start:end]
    around = f"{document.header} {text[max(0, start - AROUND) : end + AROUND]}"
    for named in (_years, _countries):
        asked = named(question)
        absent = asked - named(around)
        if absent and named(sentence) - asked:
            return True
    return False


def _years(text: str) -> set[str]:
    return set(_YEAR.findall(text))


def _countries(text: str) -> set[str]:
    """The countries that a text names in any form."""
    pattern, country = _forms()
    return {country[match[1]] for match in pattern.finditer(text)}


@cache
def _forms() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern for all forms, and the country of each."""
    lines = (files("rag") / "countries.txt").read_text(encoding="utf-8").splitlines()
    country = {form: line.split(",")[0] for line in lines for form in line.split(",")}
    longest_first = sorted(country, key=len, reverse=True)
    choices = "|".join(re.escape(form) for form in longest_first)
    return re.compile(rf"(?<![\w-])({choices})(?:s|'s|’s)?(?![\w])"), country
