"""What the styles of an OpenDocument text say: which text nobody sees, and which is the title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.formats.elements import PLAIN, Look, children, is_dark_colour, is_white, value

if TYPE_CHECKING:
    from lxml import etree

SMALLEST = 1.0
"""Points: smaller text is a line of dust."""

_AUTOMATIC = re.compile(r"P\d+")
_POINTS = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)pt")


@dataclass(frozen=True, slots=True)
class Style:
    """A style with all that it inherits."""

    look: Look = PLAIN
    title: bool = False


NO_STYLE = Style()
Key = tuple[str, str]
_TITLE = ("paragraph", "Title")


class Styles:
    """Styles by family and name; an unknown name is a style that says nothing."""

    def __init__(self, *groups: etree._Element | None) -> None:
        self._elements: dict[Key, etree._Element] = {}
        for group in groups:
            for name, element in children(group):
                if name == "style":
                    key = (value(element, "family") or "", value(element, "name") or "")
                    self._elements[key] = element
        self._known: dict[Key, Style] = {}

    def get(self, family: str, element: etree._Element) -> Style:
        """The style that an element names."""
        name = value(element, "style-name")
        return self._style((family, name)) if name else NO_STYLE

    def _style(self, key: Key) -> Style:
        if key not in self._known:
            chain: list[Key] = []
            at = key
            while at in self._elements and at not in chain and at not in self._known:
                chain.append(at)
                at = (key[0], value(self._elements[at], "parent-style-name") or "")
            style = self._known.get(at, Style(title=at == _TITLE))
            for step in reversed(chain):
                style = self._known[step] = _derived(self._elements[step], style, step[1])
            self._known.setdefault(key, style)  # one that no group defines
        return self._known[key]


def _derived(element: etree._Element, base: Style, name: str) -> Style:
    """A style from its own words and its parent's.

    A paragraph that somebody changed by hand has an automatic style, `P1` and so on, below the one
    that was chosen; so those inherit that they are titles, and a subtitle does not.
    """
    look = Look()
    for _, properties in children(element):
        look = _look_of(properties).over(look)
    named = value(element, "display-name") or name
    title = named == "Title" or (base.title and _AUTOMATIC.fullmatch(name) is not None)
    return Style(look.over(base.look), title)


def _look_of(properties: etree._Element) -> Look:
    """What `style:text-properties`, or the background of a paragraph, cell or table, says."""
    colour, display = value(properties, "color"), value(properties, "display")
    size = _POINTS.fullmatch(value(properties, "font-size") or "")
    background = value(properties, "background-color")
    dark = background not in (None, "transparent") and is_dark_colour((background or "")[1:])
    return Look(
        vanished=None if display is None else display == "none",
        white=None if colour is None else is_white(colour[1:]),
        dust=None if size is None else float(size[1]) <= SMALLEST,
        on_dark=dark,
    )
