"""Pieces of HTML that the library and the list of checks share. What is not ours is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import ClassVar, Generic, TypeVar
from urllib.parse import quote

from index.documents import Document
from ui.progress import size
from ui.render_parts import date, escaped
from ui.strings import Strings
from ui.words import Words, words


@dataclass(frozen=True, slots=True)
class ViewStrings:
    """What these views have in common; `ui/words/<language>/view.toml` holds it."""

    FILE: ClassVar = "view"

    pages: str
    page_of: str
    first_page: str
    previous_page: str
    next_page: str
    last_page: str
    moment: str


Own = TypeVar("Own", bound=Words)


@dataclass(frozen=True, slots=True)
class Speech(Generic[Own]):
    """The words of a view in a language; of all views; and of the page where one asks."""

    own: Own
    view: ViewStrings
    ask: Strings


def speech_in(language: str, own: type[Own]) -> Speech[Own]:
    """`own` is the view's dataclass of strings."""
    return Speech(words(own, language), words(ViewStrings, language), words(Strings, language))


def address(document: str, step: str = "") -> str:
    """The path of a document, by id, and of what is done with it."""
    return f"/library/{quote(document, safe='')}{step and '/' + step}"


def link(href: str, label: str, kind: str = "") -> str:
    """`label` is HTML."""
    named = f' class="{kind}"' if kind else ""
    return f'<a href="{escape(href)}"{named}>{label}</a>'


def notice(kind: str, text: str, role: str = "") -> str:
    """A sentence set off: "good", "warn", "bad" or "" for neither. `text` is HTML."""
    said = f' role="{role}"' if role else ""
    return f'<div class="notice {kind}"{said}><p>{text}</p></div>'


def labelled(name: str, label: str, control: str, wrong: str = "", note: str = "") -> str:
    """A form's control below its label, with what is wrong with it and a note.

    `control` is HTML with one `%s`, for the attributes that tie all this to it.
    """
    ties = [f"{name}-{kind}" for kind, text in (("wrong", wrong), ("note", note)) if text]
    said = f' aria-describedby="{" ".join(ties)}"' if ties else ""
    said += ' aria-invalid="true"' if wrong else ""
    below = f'<p class="wrong" id="{name}-wrong">{wrong}</p>' if wrong else ""
    below += f'<p class="note" id="{name}-note">{note}</p>' if note else ""
    tied = control.replace("%s", f'id="{name}" name="{name}"{said}', 1)
    return f'<div class="field {name}"><label for="{name}">{label}</label>{tied}{below}</div>'


def typed(value: str, attributes: str = "") -> str:
    """A line to write in, for `labelled`."""
    return f'<input %s type="text" value="{escape(value)}" {attributes}>'


def chosen(value: str, choices: Iterable[tuple[str, str]]) -> str:
    """A list to choose from, for `labelled`; what is chosen stands in it, known or not."""
    offered, selected = dict(choices), " selected"
    offered.setdefault(value, value)
    options = "".join(
        f'<option value="{escape(key)}"{selected if key == value else ""}>{escape(label)}</option>'
        for key, label in offered.items()
    )
    return f"<select %s>{options}</select>"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values, which are HTML; rows without a value are left out."""
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows if value)
    return f'<dl class="facts">{items}</dl>' if items else ""


def told(text: str | None) -> str:
    """A text of the document's as HTML, in a direction of its own."""
    return f"<bdi>{escaped(text)}</bdi>" if text else ""


def moment(stamp: str, speech: Speech[Own]) -> str:
    """A time in UTC, "2026-01-31T09:30:00Z", to the minute."""
    day, _, time = stamp.partition("T")
    return speech.view.moment.format(date=date(day, speech.ask), time=escape(time[:5]))


def size_html(count: float) -> str:
    """Bytes for people, as HTML."""
    return f"<bdi>{escape(size(count))}</bdi>"


def number(count: int) -> str:
    return f"{count:,}"


def paging(page: int, pages: int, address_of: Callable[[int], str], speech: Speech[Own]) -> str:
    """The way from page to page of a list, counted from 1; empty where there is one only."""
    if pages == 1:
        return ""
    strings = speech.view
    steps = (
        (strings.first_page, 1, page > 2),
        (strings.previous_page, page - 1, page > 1),
        (strings.next_page, page + 1, page < pages),
        (strings.last_page, pages, page < pages - 1),
    )
    links = [link(address_of(to), label, "button") for label, to, there in steps if there]
    place = strings.page_of.format(page=number(page), pages=number(pages))
    before = sum(there for _, to, there in steps if to < page)
    links.insert(before, f'<span class="place">{place}</span>')
    return f'<nav class="paging" aria-label="{strings.pages}">{"".join(links)}</nav>'


def is_stated(document: Document, field: str) -> bool:
    return field not in document.uncertain
