"""What a page's style hides from somebody who looks at it, as far as simple rules tell.

Rules of `<style>` with selectors of one element (`p`, `.note`, `#x`, `p.note`) and `style`
attributes are read; other selectors, `@media` and linked style sheets are not, so text that they
hide is taken as seen. So is what a click opens (`<details>`), and what is there for the eye alone
(`aria-hidden`). https://www.w3.org/TR/css-2022/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

Style = dict[str, str]
Colour = tuple[float, float, float]

NEVER_SEEN = frozenset(["sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text"])
"""Class names by which Bootstrap, HTML5 Boilerplate and WordPress write for screen readers only."""

OFF_SCREEN = -500
"""Pixels; the usual tricks move text by -999 or -9999, and menus slide in from some 300."""

LEAST_CONTRAST = 1.2
"""By the formula of WCAG 2.2, which asks for 4.5; pale grey (#eee) on white has 1.16."""

MOST_RULES = 100
"""For one class, name or tag; more would make a hostile sheet cost its length for each element."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SELECTOR = re.compile(r"(?P<tag>[a-z][a-z0-9]*|\*)?(?P<rest>(?:[.#][\w-]+)*)", re.IGNORECASE)
_LENGTH = re.compile(r"(-?\d{0,9}\.?\d{0,9})\s*(px|pt|em|rem|ex|ch|vw|vh|%|)")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0}
_PIXELS |= {"%": 10.0, "vw": 10.0, "vh": 10.0}
"""Pixels of each unit: letters of 16 and a window of 1,000, as browsers begin with."""
_READ = frozenset(
    (
        *("display", "visibility", "content-visibility", "opacity", "font-size", "transform"),
        *("color", "background", "background-color", "clip", "clip-path", "overflow"),
        *("position", "left", "right", "top", "bottom", "text-indent"),
        *("width", "height", "max-width", "max-height"),
    )
)
"""The properties that are read."""
_NAMED = {
    "white": "#ffffff",
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "red": "#ff0000",
    "yellow": "#ffff00",
    "lime": "#00ff00",
    "blue": "#0000ff",
    "navy": "#000080",
    "green": "#008000",
    "teal": "#008080",
    "maroon": "#800000",
    "purple": "#800080",
    "olive": "#808000",
    "aqua": "#00ffff",
    "fuchsia": "#ff00ff",
}
"""The sixteen colours that HTML 4.01 names."""
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+%?))?\s*\)")


@dataclass(frozen=True, slots=True)
class Sight:
    """What an element inherits of the things that decide whether its text is seen.

    `gone` cannot be undone inside (`display: none`, off the screen); the others can. A colour that
    is not known is None; `clear` is text in no colour at all.
    """

    gone: bool = False
    invisible: bool = False
    tiny: bool = False
    clear: bool = False
    colour: Colour | None = (0.0, 0.0, 0.0)
    background: Colour | None = (255.0, 255.0, 255.0)

    @property
    def hidden(self) -> bool:
        if self.gone or self.invisible or self.tiny or self.clear:
            return True
        if self.colour is None or self.background is None:
            return False
        return _contrast(self.colour, self.background) < LEAST_CONTRAST


class Styles:
    """The rules of a page. `linked`: it has style sheets that are not here, so that the colours
    under its text are not known unless an element gives them itself."""

    def __init__(self, sheets: Iterable[str], linked: bool = False) -> None:
        self._rules: dict[str, list[tuple[frozenset[str], int, Style]]] = {}
        self._complex = linked
        for sheet in sheets:
            for selector, style in _rules(sheet):
                self._add(selector.strip(), style)

    def _add(self, selector: str, style: Style) -> None:
        match = _SELECTOR.fullmatch(selector)
        if not match or not selector:
            self._complex = self._complex or any("color" in n or "background" in n for n in style)
            return
        names = re.findall(r"[.#][\w-]+", match["rest"])
        tag = (match["tag"] or "*").lower()
        weight = sum(100 if name[0] == "#" else 10 for name in names) + (tag != "*")
        parts = frozenset(names) | ({tag} - {"*"})
        rules = self._rules.setdefault(names[0] if names else tag, [])
        if len(rules) < MOST_RULES:
            rules.append((parts, weight, style))

    def start(self) -> Sight:
        """What holds outside all elements: black on white, unless other sheets may say more."""
        return Sight(colour=None, background=None) if self._complex else Sight()

    def sight(self, element: _Element, tag: str, outer: Sight) -> Sight:
        """What an element's text inherits. A page that hides all of itself until a script runs
        (`html`, `body`) is taken as shown: nothing else would be left of it."""
        classes = (element.get("class") or "").split()
        style = self._of(element, tag, classes)
        gone = element.get("hidden") is not None or not NEVER_SEEN.isdisjoint(classes)
        gone = gone or (tag == "dialog" and element.get("open") is None)
        if not style and not gone:
            return outer
        whole = tag in ("html", "body")
        sight = _inherited(style, outer)
        if whole:
            return replace(sight, invisible=False, tiny=False)
        return replace(sight, gone=True) if gone or _is_gone(style) else sight

    def _of(self, element: _Element, tag: str, classes: list[str]) -> Style:
        """The declarations that hold for an element, the weightier and later ones winning."""
        style: Style = {}
        if self._rules:
            names = {tag, *(f".{name}" for name in classes)}
            if identity := element.get("id"):
                names.add(f"#{identity}")
            keys = sorted(names & self._rules.keys()) + (["*"] if "*" in self._rules else [])
            fitting = [rule for key in keys for rule in self._rules[key] if rule[0] <= names]
            for _, _, declarations in sorted(fitting, key=lambda rule: rule[1]):
                style |= declarations
        for attribute, name in (("bgcolor", "background-color"), ("color", "color")):
            if (value := element.get(attribute)) and (tag == "font" or attribute == "bgcolor"):
                style[name] = value.strip().lower()
        if own := element.get("style"):
            style |= _declarations(own)
        return style


def _rules(sheet: str) -> Iterator[tuple[str, Style]]:
    """Selectors and declarations of a sheet; what stands in `@` blocks is passed over."""
    sheet = _COMMENT.sub(" ", sheet)
    depth, start, head = 0, 0, ""
    for match in re.finditer(r"[{};]", sheet):
        mark, at = match[0], match.start()
        if mark == "{":
            if depth == 0:
                head, start = sheet[start:at].strip(), match.end()
            depth += 1
        elif mark == "}" and depth:
            depth -= 1
            if depth == 0:
                if not head.startswith("@") and (style := _declarations(sheet[start:at])):
                    yield from ((selector, style) for selector in head.split(","))
                start = match.end()
        elif mark == ";" and depth == 0:
            start = match.end()


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition(":") for part in text.lower().split(";"))
    return tuple(
        (name.strip(), value.replace("!important", "").strip())
        for name, colon, value in pairs
        if colon and name.strip() in _READ
    )


def _declarations(text: str) -> Style:
    return dict(_parsed(text))


def _inherited(style: Style, outer: Sight) -> Sight:
    """Visibility, size and colours, which an element inside may set again."""
    sight = outer
    if value := style.get("visibility"):
        sight = replace(sight, invisible=value in ("hidden", "collapse"))
    if value := style.get("font-size"):
        sight = replace(sight, tiny=_is_tiny(value))
    if (value := style.get("color")) and value != "inherit":
        sight = replace(sight, colour=_colour(value), clear=_is_clear(value))
    for name in ("background", "background-color"):
        value = style.get(name, "")
        if value and not _is_clear(value) and value not in ("none", "inherit", "initial"):
            sight = replace(sight, background=_colour(value))
    return sight


def _is_gone(style: Style) -> bool:
    """Not drawn, drawn through, clipped to nothing, or drawn where no screen is."""
    if style.get("display") == "none" or style.get("content-visibility") == "hidden":
        return True
    if _pixels(style.get("opacity", "")) == 0:
        return True
    placed = style.get("position") in ("absolute", "fixed")
    sides = ("left", "right", "top", "bottom", "text-indent") if placed else ("text-indent",)
    if any((_pixels(style.get(side, "")) or 0) <= OFF_SCREEN for side in sides):
        return True
    clip = style.get("clip", "") + style.get("clip-path", "")
    if re.match(r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]", clip) or re.match(
        r"inset\(\s*(?:50|100)%", clip
    ):
        return True
    if re.match(r"scale[xy]?\(\s*0\s*[,)]|translate[xy]?\(\s*-\d{3,}", style.get("transform", "")):
        return True
    sizes = (style.get(name, "") for name in ("height", "width", "max-height", "max-width"))
    return style.get("overflow", "").startswith(("hidden", "clip")) and any(
        (size := _pixels(value)) is not None and size <= 1 for value in sizes if value
    )


def _pixels(value: str) -> float | None:
    """A length in pixels, as a page of ordinary settings has it; None for what is no length."""
    match = _LENGTH.fullmatch(value)
    if not match or not any(digit.isdigit() for digit in match[1]):
        return None
    return float(match[1]) * _PIXELS[match[2]]


def _is_tiny(size: str) -> bool:
    """A letter of one pixel or less is not read; a percentage is one of 16 pixels."""
    pixels = _pixels(size)
    if pixels is None:
        return False
    return (pixels / _PIXELS["%"] * 0.16 if size.endswith("%") else pixels) <= 1


def _is_clear(value: str) -> bool:
    match = _RGB.fullmatch(value)
    return value == "transparent" or bool(match and match[4] and _pixels(match[4]) == 0)


def _colour(value: str) -> Colour | None:
    """Red, green and blue from 0 to 255; None for what is not plainly one colour."""
    value = _NAMED.get(value, value)
    if match := _RGB.fullmatch(value):
        return float(match[1]), float(match[2]), float(match[3])
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        value = "#" + "".join(2 * digit for digit in value[1:])
    if not re.fullmatch(r"#[0-9a-f]{6}", value):
        return None
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio of WCAG 2.2, from 1 (the same) to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=256)
def _luminance(colour: Colour) -> float:
    parts = (c / 255 for c in colour)
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
