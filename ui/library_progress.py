"""The additions that readers asked for: how far they are, and what became of each file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ui.footnotes import legible
from ui.library_results import ENDED, Result, Told
from ui.library_strings import LibrarySpeech
from ui.library_uploads import FOLDER
from ui.progress import duration
from ui.render_parts import escaped
from ui.view_parts import address, link, notice, number, size_html, told

NAMED = 3
"""Files named in the heading of an addition."""

SHOWN = 50
"""Results of one kind that are listed openly; further ones are folded away."""

_FAULTS = ("failed", "left_out")


def page(additions: Sequence[Told], fault: str, changes: bool, speech: LibrarySpeech) -> str:
    """The whole view. `library.js` asks for it again as long as `#work` says that it is busy.

    What it reads out (`role="status"`) changes only when an addition ends.
    """
    strings = speech.own
    busy = any(addition.state not in ENDED for addition in additions)
    again = link("/library/work", strings.work_again, "button again") if busy else ""
    body = "".join(_addition(addition, changes, speech) for addition in additions)
    return (
        f'<p class="up">{link("/library", strings.back)}</p><h1>{strings.work}</h1>'
        f"{notice('bad', fault, 'alert') if fault else ''}"
        f'<p class="unseen-label" role="status" id="work-said">{_said(additions, speech)}</p>'
        f'<div id="work" data-busy="{"yes" if busy else "no"}">'
        f"{body or f'<p>{strings.work_none}</p>'}{again}</div>"
    )


def _said(additions: Sequence[Told], speech: LibrarySpeech) -> str:
    """In one sentence how the last addition that is over ended."""
    strings = speech.own
    over = [addition for addition in additions if addition.state in ENDED]
    if not over:
        return ""
    state = dict(strings.states)[over[0].state]
    values = {"number": over[0].number, "state": state, "counts": _counts(over[0], speech)}
    return strings.work_ended.format(**values)


def _addition(addition: Told, changes: bool, speech: LibrarySpeech) -> str:
    strings = speech.own
    names = ", ".join(told(name) for name in addition.names[:NAMED])
    if len(addition.names) > NAMED:
        more = number(len(addition.names) - NAMED)
        names = strings.work_names.format(names=names, more=more)
    title = f"work-{addition.number}"
    return (
        f'<section class="addition {addition.state}" data-number="{addition.number}" '
        f'aria-labelledby="{title}"><h2 id="{title}" tabindex="-1">'
        f"{strings.work_of.format(number=addition.number)} "
        f'<span class="state">{dict(strings.states)[addition.state]}</span></h2>'
        f'<p class="names">{names}</p>{_progress(addition, changes, speech)}'
        f"{_outcome(addition, speech)}{_results(addition.results, addition, speech)}</section>"
    )


def _progress(addition: Told, changes: bool, speech: LibrarySpeech) -> str:
    strings = speech.own
    if addition.state in ENDED:
        return ""
    shown = ""
    if addition.state == "running":
        label = strings.work_of.format(number=addition.number)
        value = f'value="{addition.done}" max="{addition.total}"' if addition.total else ""
        shown = (
            f'<progress {value} aria-label="{label}"></progress><p>{_pace(addition, speech)}</p>'
        )
        if addition.file:
            name = f"<bdi>{escaped(_short(addition.file))}</bdi>"
            shown += f'<p class="note">{strings.work_file.format(name=name)}</p>'
    if not changes:
        return shown
    return (
        f'{shown}<form method="post" action="/library/stop">'
        f'<input type="hidden" name="number" value="{addition.number}">'
        f"<button>{strings.work_stop}</button></form>"
    )


def _pace(addition: Told, speech: LibrarySpeech) -> str:
    strings = speech.own
    if not addition.total:
        return strings.work_starting
    done, total = size_html(addition.done), size_html(addition.total)
    said = [strings.work_progress.format(done=done, total=total)]
    if addition.rate is not None and addition.left is not None:
        said.append(strings.work_rate.format(rate=size_html(addition.rate)))
        said.append(strings.work_left.format(time=escape(duration(addition.left))))
    counts = _counts(addition, speech)
    return " · ".join([*said, counts] if counts else said)


def _outcome(addition: Told, speech: LibrarySpeech) -> str:
    strings = speech.own
    if addition.state == "stopped":
        return notice("warn", strings.work_stopped)
    if addition.state == "failed":
        return notice("bad", strings.work_failed.format(reason=escaped(addition.error)))
    counts = _counts(addition, speech) if addition.state == "done" else ""
    faults = any(addition.counts.get(name) for name in _FAULTS)
    return notice("warn" if faults else "good", counts) if counts else ""


def _counts(addition: Told, speech: LibrarySpeech) -> str:
    """ "Added: 3. Failed: 1." """
    labels = speech.own.outcomes
    counts = addition.counts
    return " ".join(f"{label}: {number(counts[key])}." for key, label in labels if counts.get(key))


def _results(results: Sequence[Result], addition: Told, speech: LibrarySpeech) -> str:
    """A list for each kind of outcome, what went wrong first."""
    kinds = dict.fromkeys(result.outcome for result in results)
    return "".join(
        _of_a_kind(kind, [r for r in results if r.outcome == kind], addition, speech)
        for kind in kinds
    )


def _of_a_kind(kind: str, results: Sequence[Result], addition: Told, speech: LibrarySpeech) -> str:
    strings = speech.own
    items = [f"<li>{_result(result, speech)}</li>" for result in results]
    unlisted = addition.counts.get(kind, 0) - len(results)
    if unlisted > 0:
        items.append(f"<li>{strings.work_more.format(count=number(unlisted))}</li>")
    note = f'<p class="note">{strings.work_replaced_note}</p>' if kind == "replaced" else ""
    label = f"{dict(strings.outcomes)[kind]}: {number(addition.counts.get(kind, len(results)))}"
    folded = kind == "skipped" or len(results) > SHOWN
    shown = f'<ul class="results {kind}">{"".join(items)}</ul>'
    if folded:
        return f"<details><summary>{label}</summary>{note}{shown}</details>"
    return f"<h3>{label}</h3>{note}{shown}"


def _result(result: Result, speech: LibrarySpeech) -> str:
    strings = speech.own
    name = f"<bdi>{escaped(_short(result.source))}</bdi>"
    if result.document:
        count = strings.work_passages.format(count=number(result.passages))
        name = f'{link(address(result.document), name)} <span class="note">{count}</span>'
    notes = "".join(f'<p class="said">{told(note)}</p>' for note in result.notes)
    return name + notes


def _short(source: str) -> str:
    """Without the folder that all files have which were sent."""
    return legible(source.removeprefix(f"{FOLDER}/"))
