"""Hostile files made from a seed: samples of each format, altered at random.

The known tricks of each format stand in `hostile_text` and `hostile_binary`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hostile_binary import DOCX, EPUB, ODT, PDF, ZIP
from hostile_text import COMMON, HTML, MAIL, MAILBOX, MARKDOWN, Tricks, csv
from samples import members, samples, zipped

UNSEEN = ("\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\U000e0041", "\0", "\x1b[2J", "\ufffd")
HUGE = (b"-1", b"0", b"99999999999999999999", b"4294967296", b"2147483648", b"1e999", b"NaN")
LARGEST = 1 << 20
"""Bytes that an alteration may make of a small sample."""


TRICKS: dict[str, Tricks] = {
    **dict.fromkeys((".md", ".markdown"), MARKDOWN),
    **dict.fromkeys((".html", ".htm", ".xhtml"), HTML),
    ".csv": csv(b","),
    ".tsv": csv(b"\t"),
    ".eml": MAIL,
    ".mbox": MAILBOX,
    ".zip": ZIP,
    ".docx": DOCX,
    ".odt": ODT,
    ".epub": EPUB,
    ".pdf": PDF,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A file. Its name tells how it was made."""

    name: str
    data: bytes


def cases(suffixes: list[str], files: int, seed: int) -> Iterator[Case]:
    """So many files, the same for the same seed: each trick once, then alterations in turn."""
    made = 0
    for suffix in suffixes:
        for name, make in (COMMON | TRICKS.get(suffix, {})).items():
            if made < files:
                yield Case(f"{name}{suffix}", make())
                made += 1
    known = [suffix for suffix in suffixes if suffix in samples()]
    for number in range(made, files):
        yield altered(known[number % len(known)], f"{seed}-{number}")


def altered(suffix: str, seed: str) -> Case:
    """A sample with one to three alterations, in a zip file mostly those of a member."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    changes = rng.sample(CHANGES, rng.choice((1, 1, 2, 3)))
    data = samples()[suffix]
    inside = data.startswith(b"PK") and rng.random() < 0.7
    for change in changes:
        data = in_member(data, change, rng) if inside else change(data, rng)
    how = "-".join(change.__name__ for change in changes)
    return Case(f"{seed}-{'member-' if inside else ''}{how}{suffix}", data)


def in_member(data: bytes, change: Change, rng: random.Random) -> bytes:
    parts = members(data)
    name = rng.choice(sorted(parts))
    return zipped(parts | {name: change(parts[name], rng)})


def span(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + int(2 ** rng.uniform(0, 12)))


def flip(data: bytes, rng: random.Random) -> bytes:
    result = bytearray(data)
    for _ in range(rng.choice((1, 4, 64)) if data else 0):
        result[rng.randrange(len(result))] ^= 1 << rng.randrange(8)
    return bytes(result)


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def behead(data: bytes, rng: random.Random) -> bytes:
    return data[rng.randrange(len(data) + 1) :]


def cut(data: bytes, rng: random.Random) -> bytes:
    start, end = span(data, rng)
    return data[:start] + data[end:]


def repeat(data: bytes, rng: random.Random) -> bytes:
    start, end = span(data, rng)
    times = min(rng.choice((2, 50, 5_000)), LARGEST // max(end - start, 1))
    return data[:start] + data[start:end] * times + data[end:]


def splice(data: bytes, rng: random.Random) -> bytes:
    other = samples()[rng.choice(sorted(samples()))]
    start, end = span(other, rng)
    place = rng.randrange(len(data) + 1)
    return data[:place] + other[start:end] + data[place:]


def join(data: bytes, rng: random.Random) -> bytes:
    other = samples()[rng.choice(sorted(samples()))]
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


def number(data: bytes, rng: random.Random) -> bytes:
    """Another number in the place of one: a size, a reference, a date."""
    places = list(re.finditer(rb"\d+", data))
    if not places:
        return data
    place = rng.choice(places)
    return data[: place.start()] + rng.choice(HUGE) + data[place.end() :]


def exchange(data: bytes, rng: random.Random) -> bytes:
    """One word of the file in the place of another: tags, keys and references that do not fit."""
    words = list(re.finditer(rb"[\w:/.-]{2,20}", data))
    if not words:
        return data
    to, of = rng.choice(words), rng.choice(words)
    return data[: to.start()] + of.group() + data[to.end() :]


def unseen(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 20))):
        place = rng.randrange(len(data) + 1)
        data = data[:place] + rng.choice(UNSEEN).encode() + data[place:]
    return data


def nuls(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + bytes(rng.choice((1, 512))) + data[place:]


def noise(data: bytes, rng: random.Random) -> bytes:
    start, end = span(data, rng)
    return data[:start] + rng.randbytes(end - start) + data[end:]


def mislabel(data: bytes, rng: random.Random) -> bytes:
    """The bytes of another format."""
    return samples()[rng.choice(sorted(samples()))]


Change = Callable[[bytes, random.Random], bytes]
CHANGES: list[Change] = [
    *(flip, truncate, behead, cut, repeat, splice, join, number, exchange),
    *(unseen, nuls, noise, mislabel),
]
