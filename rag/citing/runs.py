"""Set text: runs in roman, italic or small capitals, and what they are in each kind of document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape

from rag.citing.fragments import web_address


@dataclass(frozen=True, slots=True)
class Run:
    """Some characters set alike; `url` is where they lead, empty for plain words."""

    text: str
    italic: bool = False
    small_caps: bool = False
    url: str = ""


Runs = tuple[Run, ...]

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&$^!])")
"""What begins markup in CommonMark and its common extensions."""


def joined(runs: Iterable[Run]) -> Runs:
    """Neighbours that are set alike as one run; empty ones go."""
    result: list[Run] = []
    for run in runs:
        if result and replace(run, text="") == replace(result[-1], text=""):
            result[-1] = replace(run, text=result[-1].text + run.text)
        elif run.text:
            result.append(run)
    return tuple(result)


def plain(runs: Runs) -> str:
    """The characters alone. Small capitals stay as they are: a name is not altered."""
    return "".join(run.text for run in runs)


def markdown(runs: Runs) -> str:
    """Italics with asterisks, addresses as links, small capitals as they are.

    What comes from documents is escaped, so that no title is read as markup.
    """
    return "".join(map(_markdown, runs))


def html(runs: Runs) -> str:
    """Elements for italics, small capitals and web addresses; everything else is escaped."""
    return "".join(map(_html, runs))


def _markdown(run: Run) -> str:
    address = web_address(run.url)
    if address and run.text == run.url:
        return f"<{address}>"
    text = _MARKUP.sub(r"\\\1", run.text)
    if run.italic and text.strip():
        inner = text.strip()
        text = text.replace(inner, f"*{inner}*", 1)
    return text


def _html(run: Run) -> str:
    text = escape(run.text)
    text = f"<i>{text}</i>" if run.italic else text
    if run.small_caps:
        text = f'<span style="font-variant: small-caps">{text}</span>'
    if address := web_address(run.url):
        text = f'<a href="{escape(address)}" rel="noopener noreferrer">{text}</a>'
    return text


@dataclass(frozen=True, slots=True)
class Note:
    """A reference to one place of one work, set in a style.

    `cited` is the footnote, or what goes into the sentence where a style has no notes (`in_text`).
    `reference` is the entry of the reference list, empty where the style has none. Each can be
    copied by itself: none says "ibid" or leaves out an author who was named before.
    """

    cited: Runs
    reference: Runs = ()
    in_text: bool = False

    @property
    def runs(self) -> Runs:
        """All that a reader needs to find the words: of styles without notes the entry follows."""
        if not self.in_text or not self.reference:
            return self.cited
        return joined((*self.cited, Run(" — "), *self.reference))

    @property
    def text(self) -> str:
        return plain(self.runs)

    @property
    def markdown(self) -> str:
        return markdown(self.runs)

    @property
    def html(self) -> str:
        return html(self.runs)
