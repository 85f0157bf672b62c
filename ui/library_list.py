"""The list of the library: what is in it, what to look for, and how to add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from index.documents import Document
from index.readers import FORMATS
from ui.footnotes import containers
from ui.library_shelf import LONGEST, ROWS, Query, Shelf
from ui.library_strings import LibrarySpeech
from ui.render_parts import date, escaped, published, title
from ui.terminal_documents import format_of
from ui.view_parts import (
    address,
    chosen,
    labelled,
    link,
    notice,
    number,
    paging,
    size_html,
    told,
    typed,
)

_HEADS = {"title": "title", "published": "newest", "added": "added"}
"""Columns by which one can sort, and the order that it gives."""

_SORTED = {"title": ("title", "ascending"), "newest": ("published", "descending"),
           "oldest": ("published", "ascending"), "added": ("added", "descending")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rights:
    """What a reader may do: change documents, name paths of this machine, send so many bytes."""

    changes: bool
    local: bool
    most: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is to show: the query, what is wrong with it or with a form, and news.

    `news` and `fault` are HTML, of what went well and what did not; `busy`: an addition goes on.
    """

    query: Query
    wrong: Mapping[str, str]
    news: str = ""
    fault: str = ""
    busy: bool = False


def page(shelf: Shelf, passages: int, asked: Asked, rights: Rights, speech: LibrarySpeech) -> str:
    """The whole view; `passages` is how many the index has."""
    strings = speech.own
    top = f"<h1>{strings.title}</h1>"
    if shelf.cards:
        held = strings.holdings.format(
            documents=number(len(shelf.cards)), passages=number(passages)
        )
        top += f'<p class="holdings note">{held}</p>'
    top += notice("good", asked.news, "status") if asked.news else ""
    top += notice("bad", asked.fault, "alert") if asked.fault else ""
    if asked.busy:
        top += notice("", f"{strings.adding} {link('/library/work', strings.see_work)}")
    if not shelf.cards:
        told_next = strings.empty_changes if rights.changes else strings.empty_locked
        top += f'<div class="empty"><p>{strings.empty}</p><p>{told_next}</p></div>'
        return top + (adding(rights, True, speech) if rights.changes else "")
    if rights.changes:
        top += adding(rights, bool(asked.fault) and not asked.wrong, speech)
    found = [] if asked.wrong else shelf.found(asked.query)
    return top + finding(shelf, asked, speech) + _found(shelf, found, asked, speech)


def adding(rights: Rights, is_open: bool, speech: LibrarySpeech) -> str:
    """The forms for new documents, folded away unless `is_open`."""
    strings = speech.own
    most = size_html(rights.most)
    formats = f'<bdi dir="ltr">{escape(", ".join(FORMATS))}</bdi>'
    note = strings.add_files_note.format(formats=formats, most=most)
    control = f'<input %s type="file" multiple required accept="{escape(",".join(FORMATS))}">'
    files = (
        '<form class="upload" method="post" action="/library/add" enctype="multipart/form-data" '
        f'data-most="{rights.most}" data-chosen="{strings.add_chosen}" '
        f'data-heavy="{strings.add_heavy}">'
        f"{labelled('files', strings.add_files, control, note=note)}"
        f'<p class="chosen" aria-live="polite" data-drop="{strings.add_drop}"></p>'
        f'<button class="primary">{strings.add_submit}</button></form>'
    )
    folder = ""
    if rights.local:
        path = typed(
            "", f'required dir="ltr" autocomplete="off" placeholder="{strings.add_path_hint}"'
        )
        folder = (
            '<form class="add-folder" method="post" action="/library/add-folder">'
            f"{labelled('path', strings.add_folder, path, note=strings.add_folder_note)}"
            f"<button>{strings.add_folder_submit}</button></form>"
        )
    opened = " open" if is_open else ""
    return (
        f'<details class="adding"{opened}><summary class="button">{strings.add}</summary>'
        f'<div class="ways">{files}{folder}</div></details>'
    )


def finding(shelf: Shelf, asked: Asked, speech: LibrarySpeech) -> str:
    """The form that narrows and orders the list."""
    strings, query, wrong = speech.own, asked.query, asked.wrong
    dated = f'inputmode="numeric" size="10" maxlength="10" placeholder="{strings.date_hint}"'
    formats = [("", strings.any), *((name, name) for name in shelf.formats)]
    languages = [("", strings.any), *((name, name) for name in shelf.languages)]
    fields = (
        ("words", strings.words, typed(query.words, f'maxlength="{LONGEST}"')),
        ("since", strings.since, typed(query.since, dated)),
        ("until", strings.until, typed(query.until, dated)),
        ("format", strings.format, chosen(query.format, formats)),
        ("language", strings.language, chosen(query.language, languages)),
        ("sort", strings.sort, chosen(query.sort, strings.sorts)),
    )
    controls = "".join(
        labelled(name, label, control, wrong.get(name, "")) for name, label, control in fields
    )
    clear = link("/library", strings.clear, "clear") if query.narrows or wrong else ""
    said = notice("bad", f"{strings.bad_query} {wrong.get('page', '')}", "alert") if wrong else ""
    return (
        f'<search><form class="finding" method="get" action="/library" '
        f'aria-label="{strings.find}">{said}<div class="fields">{controls}'
        f'<div class="go"><button class="primary">{strings.show}</button>{clear}</div></div>'
        "</form></search>"
    )


def _found(shelf: Shelf, found: list[Document], asked: Asked, speech: LibrarySpeech) -> str:
    strings, query = speech.own, asked.query
    if asked.wrong:
        return ""
    if not found:
        return f'<p class="count" role="status">{strings.nothing_found}</p>'
    pages = -(-len(found) // ROWS)
    page = min(query.page, pages)
    first = (page - 1) * ROWS
    shown = found[first : first + ROWS]
    count = strings.found.format(count=number(len(found)))
    if pages > 1:
        span = {"first": number(first + 1), "last": number(first + len(shown))}
        count = strings.range.format(count=number(len(found)), **span)
    rows = "".join(_row(shelf, card, speech) for card in shown)
    ways = paging(page, pages, lambda to: query.address(page=to), speech)
    return (
        f'<p class="count" role="status">{count}</p>'
        f'<table role="table" class="documents" aria-label="{strings.table}">'
        f'<thead role="rowgroup"><tr role="row">{_heads(query, speech)}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>{ways}'
    )


def _heads(query: Query, speech: LibrarySpeech) -> str:
    column, direction = _SORTED[query.sort]
    cells = []
    for name, label in speech.own.columns:
        told_sort = f' aria-sort="{direction}"' if name == column else ""
        if name in _HEADS:
            sort = "oldest" if name == "published" and query.sort == "newest" else _HEADS[name]
            label = link(query.address(sort=sort, page=1), label)
        cells.append(f'<th role="columnheader" scope="col"{told_sort}>{label}</th>')
    return "".join(cells)


def _row(shelf: Shelf, card: Document, speech: LibrarySpeech) -> str:
    strings = speech.own
    names = dict.fromkeys(name for name in (card.author, card.publisher) if name)
    below = ", ".join(map(told, names))
    outer = containers(card)
    if outer:
        inside = strings.inside.format(name=told(outer[0]))
        below = f"{below}; {inside}" if below else inside
    about = f'<p class="by">{below}</p>' if below else ""
    name = link(address(card.id), f"<bdi>{escaped(title(card, speech.ask))}</bdi>", "name")
    day = shelf.received(card).partition("T")[0]
    cells = (
        published(card, speech.ask) if card.published else f"<i>{strings.unknown}</i>",
        escape(format_of(card)),
        escaped(card.language) if card.language else f"<i>{strings.unknown}</i>",
        date(day, speech.ask),
    )
    labels = [label for _, label in strings.columns][1:]
    rest = "".join(
        f'<td role="cell" data-label="{label}">{cell}</td>'
        for label, cell in zip(labels, cells, strict=True)
    )
    return f'<tr role="row"><th role="rowheader" scope="row">{name}{about}</th>{rest}</tr>'
