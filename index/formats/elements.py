"""Elements of office documents by their local names, and how letters look in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

_WHITE = ("FFFFFF", "FEFEFE")
_NO_FILL = (None, "", "auto", "clear", "white", "none")
_LIGHT = 0xE0
"""Each part of a colour that is as light as this or lighter: white letters on it cannot be read."""


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """A tag without its namespace: transitional and strict documents differ in it alone."""
    return tag.rpartition("}")[2]


def children(element: etree._Element | None) -> Iterator[tuple[str, etree._Element]]:
    """The elements directly below one, each with its local name."""
    if element is None:
        return
    for child in element:
        if isinstance(child.tag, str):
            yield local(child.tag), child


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element at a path of local names."""
    for step in path:
        element = next((found for name, found in children(element) if name == step), None)
    return element


def value(element: etree._Element | None, name: str = "val") -> str | None:
    """An attribute by its local name; None when the element or the attribute is not there."""
    if element is None:
        return None
    return next((str(text) for key, text in element.attrib.items() if local(key) == name), None)


def is_white(colour: str) -> bool:
    return colour.upper() in _WHITE


def is_dark_colour(colour: str | None) -> bool:
    """True unless a colour (`RRGGBB`, or a name) is none, white or close to it."""
    if colour in _NO_FILL:
        return False
    try:
        parts = bytes.fromhex(colour or "")
    except ValueError:
        return True  # a name of another colour than white
    return len(parts) != 3 or min(parts) < _LIGHT


@dataclass(frozen=True, slots=True)
class Look:
    """How letters look, as far as it matters; None where nothing is said."""

    vanished: bool | None = None
    white: bool | None = None
    dust: bool | None = None
    on_dark: bool = False

    def over(self, below: Look) -> Look:
        """This look where it says something, the one below it elsewhere."""
        return Look(
            below.vanished if self.vanished is None else self.vanished,
            below.white if self.white is None else self.white,
            below.dust if self.dust is None else self.dust,
            self.on_dark or below.on_dark,
        )

    @property
    def hidden(self) -> bool:
        return bool(self.vanished or self.dust or (self.white and not self.on_dark))


PLAIN = Look()
DARK = Look(on_dark=True)
