"""Where quoted words stand in a text: exactly, or the same but for typography, or not at all.

A composer proposes words; only what this module finds is ever shown, and what is shown is the
source's own characters. There is no third way: similarity never makes a quote.
"""

from __future__ import annotations

import unicodedata

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´′", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
    }
)
_IGNORED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")  # soft hyphen, zero-width characters


def locate_quote(
    text: str, quote: str, start: int = 0, end: int | None = None
) -> tuple[int, int] | None:
    """The span of `quote` in `text[start:end]`, in code points of `text`; None if it is not there.

    Exact first; then with typographic quotation marks, dashes, compatibility forms, white space and
    invisible characters treated alike. Letters, digits and their case must agree. The first
    occurrence wins.
    """
    end = len(text) if end is None else end
    quote = quote.strip()
    if not quote:
        return None
    at = text.find(quote, start, end)
    if at >= 0:
        return at, at + len(quote)
    needle, _ = _normalised(quote)
    haystack, origins = _normalised(text[start:end])
    needle = needle.strip()
    at = haystack.find(needle)
    if not needle or at < 0:
        return None
    return start + origins[at], start + origins[at + len(needle) - 1] + 1


def _normalised(text: str) -> tuple[str, list[int]]:
    """The text in a common typography, and for each of its characters the index it came from."""
    characters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        if character in _IGNORED:
            continue
        if character.isspace():
            if characters and characters[-1] == " ":
                continue
            character = " "
        for part in unicodedata.normalize("NFKC", character).translate(_SAME):
            characters.append(part)
            origins.append(index)
    return "".join(characters), origins
