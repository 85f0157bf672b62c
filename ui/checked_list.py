"""The list of checks: found by conditions, cut into pages, newest first. Records to HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlencode

from rag.ledger_export import REMOVED, gold_rows
from rag.ledger_rows import Check, Entry
from ui.checked_entry import Later, entry_html
from ui.checked_strings import CheckedSpeech
from ui.view_parts import chosen, labelled, link, notice, number, paging

ROWS = 50
"""Checks on a page."""

_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class Query:
    """Which checks to show: of a verdict, by somebody's initials; empty texts narrow nothing."""

    verdict: str = ""
    who: str = ""
    page: int = 1

    def address(self, **changes: object) -> str:
        """The path of the list with these conditions."""
        wanted = replace(self, **changes)  # type: ignore[arg-type]
        said = {"verdict": wanted.verdict, "who": wanted.who}
        fields = {name: value for name, value in said.items() if value}
        if wanted.page > 1:
            fields["page"] = str(wanted.page)
        return f"/checked?{urlencode(fields)}" if fields else "/checked"


def parsed(values: Mapping[str, str]) -> Query:
    """The query in the parameters of an address; a page that is no number is the first."""
    page = values.get("page", "")
    return Query(
        values.get("verdict", "").strip(),
        values.get("who", "").strip(),
        int(page) if _NUMBER.fullmatch(page) else 1,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """`kept`: something was just added; `changes`: readers may add to the ledger."""

    kept: bool
    changes: bool


def page(
    entries: Sequence[Entry],
    faults: Sequence[str],
    query: Query,
    shown: Shown,
    speech: CheckedSpeech,
) -> str:
    """The whole view. `faults` are what is left over."""
    strings = speech.own
    top = f'<h1>{strings.title}</h1><p class="note about-checks">{strings.about}</p>'
    top += notice("good", strings.kept, "status") if shown.kept else ""
    if not entries:
        told = f"<p>{strings.empty}</p><p>{strings.empty_next}</p>"
        return f'{top}<div class="empty">{told}</div>'
    top += _chain(entries, faults, speech)
    return top + _finding(entries, query, speech) + _found(entries, query, shown.changes, speech)


def damaged(why: str, speech: CheckedSpeech) -> str:
    """The view where the ledger cannot be believed."""
    strings = speech.own
    told = f"{strings.damaged} <bdi>{escape(why)}</bdi>"
    return f"<h1>{strings.title}</h1>{notice('bad', told, 'alert')}"


def problem(title: str, text: str, speech: CheckedSpeech) -> str:
    """A view in the place of one that cannot be had. `text` is HTML."""
    back = f'<p class="up">{link("/checked", speech.own.back)}</p>'
    return f"<h1>{title}</h1><p>{text}</p>{back}"


def kind(entry: Entry) -> str:
    """Its verdict, or that its document was removed."""
    return entry.check.verdict if entry.check else REMOVED


def overruled(entries: Sequence[Entry]) -> dict[int, Entry]:
    """For each row that a later one overrules the last that does: one of the same words, cited for
    the same question, as gold questions are made (`rag.ledger_export`)."""
    last = {_place(entry.check): entry for entry in entries if _judges(entry)}
    return {
        entry.row.row: last[_place(entry.check)]
        for entry in entries
        if _judges(entry) and last[_place(entry.check)] is not entry
    }


def _judges(entry: Entry) -> bool:
    return entry.check is not None and entry.check.verdict != "right"


def _place(check: Check | None) -> tuple[object, ...]:
    return (check.question, check.document, check.start, check.end) if check else ()


def _chain(entries: Sequence[Entry], faults: Sequence[str], speech: CheckedSpeech) -> str:
    strings, count = speech.own, len(entries)
    told = strings.intact_one if count == 1 else strings.intact.format(count=number(count))
    last = strings.last_hash.format(hash=f"<code>{escape(entries[-1].row.hash)}</code>")
    result = notice("good", f"{told} <small>{last}</small>")
    if faults:
        listed = "".join(f"<br><bdi>{escape(fault)}</bdi>" for fault in faults)
        result += notice("warn", f"{strings.left_over}{listed}")
    return result


def _finding(entries: Sequence[Entry], query: Query, speech: CheckedSpeech) -> str:
    """A form that narrows the list, and what can be taken away."""
    strings = speech.own
    people = sorted({entry.check.initials for entry in entries if entry.check})
    kinds = [("", strings.any), *strings.verdicts]
    who = [("", strings.any), *((name, name) for name in people)]
    clear = query.verdict or query.who
    return (
        '<form class="finding checks" method="get" action="/checked"><div class="fields">'
        + labelled("verdict", strings.verdict, chosen(query.verdict, kinds))
        + labelled("who", strings.who, chosen(query.who, who))
        + f'<div class="go"><button class="primary">{strings.show}</button>'
        + (link("/checked", strings.clear, "clear") if clear else "")
        + "</div></div></form>"
        + _taking(entries, speech)
    )


def _taking(entries: Sequence[Entry], speech: CheckedSpeech) -> str:
    strings = speech.own
    gold, waiting = gold_rows(entries)
    links = [
        _download("csv", strings.take_csv),
        _download("json", strings.take_json),
        *([_download("gold", strings.take_gold.format(count=number(len(gold))))] if gold else []),
    ]
    rejected = bool(gold or waiting)
    told = f'<p class="note">{strings.gold_note}</p>' if rejected else ""
    if waiting:
        told += f'<p class="note">{strings.gold_open.format(count=number(len(waiting)))}</p>'
    return (
        f'<details class="take-checks"><summary>{strings.take}</summary>'
        f'<p class="actions">{" ".join(links)}</p>{told}</details>'
    )


def _download(form: str, label: str) -> str:
    return f'<a class="button" download href="/checked/export?format={form}">{label}</a>'


def _found(entries: Sequence[Entry], query: Query, changes: bool, speech: CheckedSpeech) -> str:
    strings, later = speech.own, overruled(entries)
    found = [entry for entry in reversed(entries) if _meets(entry, query)]
    if not found:
        return f'<p class="count" role="status">{strings.nothing_found}</p>'
    form = strings.found if len(found) == len(entries) else strings.found_of
    count = form.format(count=number(len(found)), all=number(len(entries)))
    pages = -(-len(found) // ROWS)
    at = min(query.page, pages)
    items = "".join(
        entry_html(entry, _later(entry, later, len(entries)), changes, speech)
        for entry in found[(at - 1) * ROWS : at * ROWS]
    )
    return f'<p class="count" role="status">{count}</p><ol class="checks">{items}</ol>' + paging(
        at, pages, lambda to: query.address(page=to), speech
    )


def _later(entry: Entry, later: Mapping[int, Entry], count: int) -> Later | None:
    found = later.get(entry.row.row)
    if found is None:
        return None
    page = (count - found.row.row) // ROWS + 1
    return Later(found, f"{Query().address(page=page)}#row-{found.row.row}")


def _meets(entry: Entry, query: Query) -> bool:
    if query.verdict and kind(entry) != query.verdict:
        return False
    return not query.who or (entry.check is not None and entry.check.initials == query.who)


def check_of_row(entries: Sequence[Entry], row: int) -> Check | None:
    """The rejecting check in a row of the ledger, where it is one."""
    if not 1 <= row <= len(entries):
        return None
    check = entries[row - 1].check
    return check if check and check.verdict == "rejected" else None
