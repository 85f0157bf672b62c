"""An answer as Markdown: its sentences, and a footnote for each citation with its exact words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Citation
from rag.citing.answers import Cited
from rag.citing.fields import in_one_line
from rag.citing.fragments import link
from rag.citing.runs import Note, Run, markdown

_LIST_MARK = re.compile(r"\A(\d*)([-+.)])(?= )")
"""What would make a list of a paragraph that begins with it: "2019. A winter"."""


def answer_markdown(found: Cited, notes: Sequence[Note]) -> str:
    """Footnotes in the syntax that GitHub, Obsidian and pandoc read (`[^1]`)."""
    sentences = [
        _escaped(sentence) + "".join(f"[^{number}]" for number in dict.fromkeys(numbers))
        for sentence, numbers in found.claims
    ]
    listed = [
        _footnote(citation, note) for citation, note in zip(found.citations, notes, strict=True)
    ]
    told = _LIST_MARK.sub(r"\1\\\2", " ".join(sentences), count=1)
    return "\n\n".join((told, *listed)) + "\n"


def _footnote(citation: Citation, note: Note) -> str:
    span = citation.span
    words = link(citation.document, span.start, span.end)
    opened = f" [The words in their place](<{words}>)" if words else ""
    return f"[^{citation.number}]: “{_escaped(citation.quote)}” {note.markdown}{opened}"


def _escaped(text: str) -> str:
    """In one line, and no markup: a blank line in a quote would end its footnote."""
    return markdown((Run(in_one_line(text)),))
