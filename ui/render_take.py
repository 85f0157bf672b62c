"""What a reader takes away from an answer, as HTML: files to save, and its notes in print."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import Answer
from rag.citing import Run, footnotes
from ui.render_parts import escaped
from ui.strings import Strings

_OF_TALK = ("markdown", "docx", "print")
_OF_ANSWER = ("pack", "annotations")
_OF_SOURCES = ("bibtex", "ris", "csl-json")


def panel(given: Answer, styles: Sequence[tuple[str, str]], strings: Strings) -> str:
    """The fold-out below an answer. What lists citations is offered only where there are some."""
    options = "".join(f'<option value="{name}">{label}</option>' for name, label in styles)
    style = (
        f'<label class="style"><span>{strings.take_style}</span>'
        f'<select name="style" autocomplete="off">{options}</select></label>'
    )
    of_answer = _OF_ANSWER if given.citations else _OF_ANSWER[:1]
    rows = _row(strings.take_talk, _OF_TALK, strings)
    rows += _row(strings.take_answer, of_answer, strings)
    if given.citations:
        rows += _row(strings.take_sources, _OF_SOURCES, strings)
    return (
        f'<details class="take"><summary>{strings.take}</summary>'
        f'<dl class="files">{rows}</dl>{style if given.citations else ""}'
        f'<p class="note">{strings.take_note}</p><p class="outcome"></p></details>'
    )


def notes(given: Answer, strings: Strings) -> str:
    """Full references of the citations, for print alone: on the screen each sentence has its own.

    In the plain style, which needs no program beside it.
    """
    if not given.citations:
        return ""
    items = "".join(
        f'<li value="{citation.number}">{"".join(map(_run, note.runs))}</li>'
        for citation, note in zip(given.citations, footnotes(given.citations), strict=True)
    )
    return f'<div class="printed"><p class="heading">{strings.notes}</p><ol>{items}</ol></div>'


def _run(run: Run) -> str:
    """On paper an address needs no link; what reorders the words around it is shut in."""
    text = escaped(run.text)
    return f"<i>{text}</i>" if run.italic else text


def _row(heading: str, kinds: Sequence[str], strings: Strings) -> str:
    labels = dict(strings.take_kinds)
    buttons = "".join(
        f'<button type="button" class="file" data-kind="{kind}">{labels[kind]}</button>'
        for kind in kinds
    )
    return f"<div><dt>{heading}</dt><dd>{buttons}</dd></div>"
