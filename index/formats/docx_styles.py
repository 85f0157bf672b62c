"""What the styles of a Word document say: which are headings, and which text nobody sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.formats.elements import (
    PLAIN,
    Look,
    child,
    children,
    is_dark_colour,
    is_white,
    local,
    value,
)

if TYPE_CHECKING:
    from lxml import etree

OFF = ("0", "false", "off", "none")
_DIGITS = tuple("0123456789")
TITLE = -1
_LEVELS = 9
"""Outline levels 0 to 8 are headings, 9 is body text (ECMA-376 17.3.1.20)."""

SMALLEST = 2
"""Half points: text of 1 point is a line of dust. Word's smallest size is one point."""


def is_on(element: etree._Element | None) -> bool | None:
    """A switch such as `w:vanish`: None when it is not there, else what it says."""
    return None if element is None else (value(element) or "on") not in OFF


def is_dark(shading: etree._Element | None) -> bool:
    """True for a background (`w:shd`, `w:highlight`) on which white letters can be read."""
    if shading is None:
        return False
    fill = value(shading, "fill")
    return is_dark_colour(value(shading) if fill is None else fill)


def look_of(properties: etree._Element | None) -> Look:
    """What `w:rPr` says."""
    if properties is None or not len(properties):
        return PLAIN
    known = dict(children(properties))
    colour, size = value(known.get("color")), value(known.get("sz"))
    return Look(
        vanished=is_on(known.get("vanish")),
        white=None if colour is None else is_white(colour),
        dust=None if size is None else size.isdecimal() and int(size[:6]) <= SMALLEST,
        on_dark=is_dark(known.get("shd")) or is_dark(known.get("highlight")),
    )


@dataclass(frozen=True, slots=True)
class Style:
    """A style with all that it inherits. `level` is that of a heading, from 0, or `TITLE`."""

    name: str = ""
    level: int | None = None
    look: Look = PLAIN
    numbered: bool = False
    shaded: bool = False


NO_STYLE = Style()


class Styles:
    """The styles of a document by their ids; an unknown id is a style that says nothing."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements = {
            value(element, "styleId") or "": element
            for name, element in children(root)
            if name == "style"
        }
        self._known: dict[str, Style] = {}

    def __getitem__(self, style_id: str | None) -> Style:
        if not style_id:
            return NO_STYLE
        if style_id not in self._known:
            chain: list[str] = []
            at: str | None = style_id
            while at and at in self._elements and at not in chain and at not in self._known:
                chain.append(at)
                at = value(child(self._elements[at], "basedOn"))
            style = self._known.get(at or "", NO_STYLE)
            for name in reversed(chain):
                style = self._known[name] = _derived(self._elements[name], style)
            self._known.setdefault(style_id, style)
        return self._known[style_id]


def _derived(element: etree._Element, base: Style) -> Style:
    """A style from its own words and the style that it is based on."""
    paragraph = child(element, "pPr")
    name = (value(child(element, "name")) or "").lower()
    level = level_of(paragraph)
    if level is None:
        level = _named_level(name)
    inherited = None if base.level == TITLE else base.level  # a subtitle is no title
    shadings = [found for found in element.iter() if is_shading(found)]
    return replace(
        base,
        name=name,
        level=inherited if level is None else level,
        look=look_of(child(element, "rPr")).over(base.look),
        numbered=base.numbered or is_numbered(paragraph),
        shaded=base.shaded or any(map(is_dark, shadings)),
    )


def is_shading(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and local(element.tag) == "shd"


def is_numbered(properties: etree._Element | None) -> bool:
    """True when `w:pPr` makes the paragraph an item of a list; list 0 is none (17.9.18)."""
    return (value(child(properties, "numPr", "numId")) or "0") != "0"


def _named_level(name: str) -> int | None:
    """Built-in styles keep their English names in the file, whatever language Word shows."""
    if name == "title":
        return TITLE
    number = name.removeprefix("heading ")
    return int(number) - 1 if number != name and number in _DIGITS else None


def level_of(properties: etree._Element | None) -> int | None:
    """The outline level that `w:pPr` gives; 9 is none and overrules a style's."""
    level = value(child(properties, "outlineLvl"))
    return int(level) if level in _DIGITS else None


def is_heading(level: int | None) -> bool:
    return level is not None and level < _LEVELS
