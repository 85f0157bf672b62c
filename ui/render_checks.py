"""What a reader may do with a citation, and what people found of it, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.documents import sha256_hex
from rag.answer import Answer, Citation
from ui.checking import Verdict
from ui.render_parts import date, escaped
from ui.strings import Strings

Place = tuple[str, int, int]
"""A document's id and the code points of the words that were looked up."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The last verdict on each place that somebody looked up, and whether others may be added."""

    found: Mapping[Place, Verdict] = field(default_factory=dict)
    open: bool = True

    def of(self, citation: Citation) -> Verdict | None:
        return self.found.get(place_of(citation))


def place_of(citation: Citation) -> Place:
    span = citation.span
    return span.document_id, span.start, span.end


def key(given: Answer) -> str:
    """By which the page names an answer of its conversation: two that say other things, or that
    were asked otherwise, have two keys."""
    said = "\0".join((given.fingerprint, given.question, *(c.sentence for c in given.claims)))
    return sha256_hex(said.encode())[:12]


def actions(citation: Citation, checks: Checks, strings: Strings) -> str:
    """The row below a citation: copy, confirm, reject; then the last verdict, if there is one."""
    verdict = checks.of(citation)
    buttons = _button("copy", strings.copy)
    if checks.open:
        for name, label in (("confirmed", strings.confirm), ("rejected", strings.reject)):
            buttons += _button("check", label, f' data-verdict="{name}" aria-expanded="false"')
    group = strings.citation.format(number=citation.number)
    return (
        f'<div class="actions" role="group" aria-label="{group}" data-number="{citation.number}">'
        f"{_state(verdict, strings) if verdict else ''}{buttons}</div>"
    )


def said(citation: Citation, checks: Checks, strings: Strings) -> str:
    """The last verdict alone, where a citation is shown a second time; `errands.js` fills it in."""
    verdict = checks.of(citation)
    state = _state(verdict, strings) if verdict else ""
    return f'<div class="found" data-number="{citation.number}">{state}</div>'


def told(verdict: Verdict, strings: Strings) -> str:
    """A verdict in a sentence, as HTML without its note."""
    form = strings.confirmed if verdict.verdict == "confirmed" else strings.rejected
    day = date(verdict.when[: len("2026-11-22")], strings)
    return form.format(who=f"<bdi>{escaped(verdict.who)}</bdi>", date=day)


def _state(verdict: Verdict, strings: Strings) -> str:
    note = f': <bdi class="why">{escaped(verdict.note)}</bdi>' if verdict.note else ""
    return f'<p class="verdict {verdict.verdict}">{told(verdict, strings)}{note}</p>'


def _button(name: str, label: str, attributes: str = "") -> str:
    return f'<button type="button" class="{name}"{attributes}>{label}</button>'
