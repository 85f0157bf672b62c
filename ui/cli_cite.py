"""`onrecord cite`: the citations of an answer as footnotes, records and annotations."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import InputError
from ui.options import DEFAULT_INDEX, ConfigOption, IndexOption

if TYPE_CHECKING:
    from rag.citing import Extras
    from rag.citing.answers import Cited


class Form(StrEnum):
    """What is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"
    ANNOTATIONS = "annotations"


_SET_IN_A_STYLE = (Form.TEXT, Form.MARKDOWN)


def cite(
    answer: Annotated[
        str, typer.Argument(metavar="FILE", help="An Answer object as JSON; - is standard input.")
    ],
    style: Annotated[
        str | None,
        typer.Option(
            help="plain (default); chicago, apa, mla, oscola, bluebook (with the extra styles)."
        ),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="Footnotes, a file of references, or annotations.")
    ] = Form.TEXT,
    accessed: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="When the web sources were opened: YYYY-MM-DD."),
    ] = None,
    hashes: Annotated[
        bool, typer.Option("--hash", help="With the SHA-256 of each source in its footnote.")
    ] = False,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
) -> None:
    """Footnotes, references and annotations of an answer's citations, each checked anew."""
    if form not in _SET_IN_A_STYLE and (style or hashes):
        what = "--style" if style else "--hash"
        raise InputError(f"{what} is for footnotes", f"leave it out with --format {form}")
    from rag.citing.answers import cited
    from ui.cli_documents import open_folder

    text, where = _read(answer)
    extras = _extras(accessed, hashes)
    _write(_written(cited(text, open_folder(index, config).open(), where), form, style, extras))


def _written(found: Cited, form: Form, style: str | None, extras: Extras) -> str:
    from rag.citing import PLAIN, exported, footnotes
    from rag.citing.annotations import web_annotations

    if form is Form.ANNOTATIONS:
        return web_annotations(found.citations, datetime.now(UTC), found.borne)
    if form not in _SET_IN_A_STYLE:
        return exported((c.document for c in found.citations), form.value, extras)
    notes = footnotes(found.citations, style or PLAIN, extras)
    if form is Form.MARKDOWN:
        from rag.citing.markdown import answer_markdown

        return answer_markdown(found, notes)
    numbered = zip(found.citations, notes, strict=True)
    return "".join(f"[{citation.number}] {note.text}\n" for citation, note in numbered)


def _extras(accessed: str | None, hashes: bool) -> Extras:
    from rag.citing import Extras, date_of

    try:
        return Extras(date_of(accessed) if accessed else None, hashes)
    except ValueError as error:
        raise InputError(f"--accessed {accessed}: not a date", "write YYYY-MM-DD") from error


def _read(name: str) -> tuple[str, str]:
    """What a file or standard input holds, and how it is called in errors."""
    where = "standard input" if name == "-" else name
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig"), where
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{where}: cannot be read ({error})", "name a file of: onrecord ask --json"
        ) from error


def _write(text: str) -> None:
    """As it is, line ends too; what cannot be UTF-8 (a lone surrogate) is escaped."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
