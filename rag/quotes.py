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
_IGNORED = frozenset(
    [
        *"\u00ad\u180e\u200b\u200c\u200d\ufeff",  # soft hyphen, zero-width characters
        *map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F))),  # marks of direction
        *map(chr, range(0x2060, 0x2070)),  # joiners, isolates
        *map(chr, range(0xE0000, 0xE0080)),  # tags: letters that nobody sees
        *(chr(c) for c in range(0xA0) if unicodedata.category(chr(c)) == "Cc" and chr(c).strip()),
    ]
)
"""What nobody sees (Unicode's default ignorable characters, apart from fillers and variation
selectors, and control codes): models leave it out, `rag.prompting` keeps it from them."""


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
    at = haystack.find(needle) if needle else -1
    while at >= 0:
        last = at + len(needle) - 1
        # One character may have become several ("…", "ﬁ"): a quote begins and ends between them.
        if (at == 0 or origins[at - 1] < origins[at]) and (
            last + 1 == len(origins) or origins[last] < origins[last + 1]
        ):
            return start + origins[at], start + origins[last] + 1
        at = haystack.find(needle, at + 1)
    return None


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
        # Superscript digits stay: a footnote mark behind a number is not its last digit.
        if unicodedata.category(character) != "No":
            character = unicodedata.normalize("NFKC", character)
        for part in character.translate(_SAME):
            characters.append(part)
            origins.append(index)
    return "".join(characters), origins
