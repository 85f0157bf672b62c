"""Pieces of HTML that the pages of the library share. What is not ours goes through `escaped`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from index.documents import Document
from ui.library_strings import LibraryStrings
from ui.progress import size
from ui.render_parts import date, escaped
from ui.strings import Strings
from ui.words import words


@dataclass(frozen=True, slots=True)
class Tongue:
    """The words of the library in a language, and those of the page where one asks."""

    own: LibraryStrings
    ask: Strings


def tongue(language: str) -> Tongue:
    return Tongue(words(LibraryStrings, language), words(Strings, language))


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


def moment(stamp: str, speech: Tongue) -> str:
    """A time in UTC, "2026-01-31T09:30:00Z", to the minute."""
    day, _, time = stamp.partition("T")
    return speech.own.received_at.format(date=date(day, speech.ask), time=escape(time[:5]))


def heft(count: float) -> str:
    """Bytes for people, as HTML."""
    return f"<bdi>{escape(size(count))}</bdi>"


def number(count: int) -> str:
    return f"{count:,}"


def is_stated(document: Document, field: str) -> bool:
    return field not in document.uncertain
