"""What a reader must know of how an answer came about, as HTML: its date, what was withheld, what
went wrong, and what composed it."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import Answer, Withheld
from ui.footnotes import as_of_inferred
from ui.render_claims import verbatim
from ui.render_parts import date, escaped
from ui.strings import Strings


def status(given: Answer, strings: Strings, cautions: Sequence[str] = ()) -> str:
    """That the answer is there, as of when it holds, and notes such as that of a model that failed.

    Read out once, when it comes (`render.answer`).
    """
    said = f'<p class="unseen-label">{_announced(given, strings)}</p>'
    return said + as_of(given, strings) + notes((*given.notes, *cautions), strings)


def _announced(given: Answer, strings: Strings) -> str:
    """For whom the page is read out: how much there is, since nothing moves the focus to it."""
    count = len(given.claims)
    if not count:
        return strings.answered_none if given.hits else strings.answered_nothing
    return strings.answered_one if count == 1 else strings.answered.format(count=f"{count:,}")


def as_of(given: Answer, strings: Strings) -> str:
    """Always something: an answer without a date says that it has none."""
    form = strings.as_of_found if given.abstained else strings.as_of
    if not given.as_of:
        return f'<p class="as-of">{strings.as_of_unknown}</p>'
    words = date(given.as_of, strings)
    if as_of_inferred(given):
        words = strings.inferred.format(date=words)
    return f'<p class="as-of">{form.format(date=words)}</p>'


def notes(given: Sequence[str], strings: Strings) -> str:
    return "".join(f'<p class="caution">{strings.caution} {escaped(note)}</p>' for note in given)


def composed(given: Answer, strings: Strings) -> str:
    """What composed the answer, and whether its sentences are the documents' own."""
    known = dict(strings.composers)
    name = known.get(given.composer) or f"<bdi>{escaped(given.composer)}</bdi>"
    told = strings.composed_by.format(composer=name)
    if given.claims:
        own = all(verbatim(claim) for claim in given.claims)
        told += f" {strings.word_for_word if own else strings.with_quotes}"
    return f'<p class="note composed">{told}</p>'


def withheld(given: Sequence[Withheld], strings: Strings) -> str:
    """Statements that could not be proved, folded away and each labelled as unproven."""
    if not given:
        return ""
    count = len(given)
    summary = strings.withheld_one if count == 1 else strings.withheld.format(count=f"{count:,}")
    items = "".join(
        f'<li><p class="unproven" dir="auto"><span class="label">{strings.unproven}</span> '
        f"{escaped(held.text)}</p>"
        f'<p class="note">{strings.withheld_reason.format(reason=escaped(held.reason))}</p></li>'
        for held in given
    )
    return (
        f'<details class="withheld"><summary>{summary}</summary>'
        f'<p class="note">{strings.withheld_note}</p><ul>{items}</ul></details>'
    )
