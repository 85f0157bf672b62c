"""`onrecord list` and `onrecord show`: the documents of an index, and one of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import InputError
from ui.options import (
    DEFAULT_INDEX,
    ConfigOption,
    IndexOption,
    JsonOption,
    say,
    say_json,
    settings_from,
)

if TYPE_CHECKING:
    from index.documents import Document
    from index.layout import Box
    from index.store import IndexFolder

PICTURE_SCALE = 2.0
"""Pixels for a point of a page (1/72 inch): 144 to the inch, readable when it is printed too."""

_SPAN = re.compile(r"([0-9]{1,12})-([0-9]{1,12})")


def list_documents(
    index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Lists the documents: format, pages, language, date, notes of what was left out, file."""
    from ui.documents_json import listed
    from ui.terminal_documents import documents_text

    documents = open_folder(index, config).open().documents.values()
    if as_json:
        say_json([listed(document) for document in documents])
    else:
        say(documents_text(documents))


def show(
    name: Annotated[str, typer.Argument(metavar="ID_OR_SOURCE")],
    notes: Annotated[
        bool, typer.Option("--notes", help="What was left out, is hidden, or was inferred.")
    ] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="START-END", help="Only these code points.")
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="FILE", help="With --at: draws the page, the words marked."),
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints a document's text exactly as the index holds it; offsets count its code points."""
    if png and at is None:
        raise InputError("--png draws the page of a place", "name the place: --at START-END")
    folder = open_folder(index, config)
    document = folder.open().find(name)
    start, end = _span(at, document) if at is not None else (0, len(document.text))
    pictures = _draw(folder, document, start, end, png) if png else []
    if as_json:
        from ui.documents_json import place, whole

        shown = whole(document) if at is None else place(document, start, end)
        say_json(shown | ({"pictures": pictures} if pictures else {}))
    elif pictures:
        for path in pictures:
            say(f"drawn     {path}")
    elif notes:
        from ui.terminal_documents import notes_text

        say(notes_text(document))
    else:
        sys.stdout.buffer.write(document.text[start:end].encode())


def open_folder(index: Path, config: Path | None) -> IndexFolder:
    """The index, if the configuration does not say that it should be another."""
    from index.store import IndexFolder

    folder, settings = IndexFolder(index), settings_from(config)
    folder.manifest().configured(settings)
    return folder


def _span(at: str, document: Document) -> tuple[int, int]:
    found = _SPAN.fullmatch(at)
    start, end = (int(found[1]), int(found[2])) if found else (0, 0)
    if not start < end <= len(document.text):
        raise InputError(
            f"--at {at}: no such place in {document.source}",
            f"give START-END in code points, from 0 to {len(document.text)}",
        )
    return start, end


def _draw(folder: IndexFolder, document: Document, start: int, end: int, png: Path) -> list[str]:
    """Writes the picture of each page on which the span stands; returns the names of the files:
    that of the first is as given, further ones have "-2" and so on before the ending."""
    from index.layout import boxes

    found = boxes(document.layout, start, end)
    if not document.layout:
        what = f"{document.source}: there are no pages to draw in a {_kind(document)} file"
        raise InputError(what, "print the words instead: --at without --png")
    if not found:
        raise InputError(
            f"{document.source}: no word stands on a page at {start}-{end}", "name another place"
        )
    from index.page_images import render

    original = folder.original(document)
    pages: dict[int, list[Box]] = {}
    for box in found:
        pages.setdefault(box.page, []).append(box)
    paths = [png, *(png.with_stem(f"{png.stem}-{n}") for n in range(2, len(pages) + 1))]
    for path, (page, marked) in zip(paths, pages.items(), strict=True):
        picture = render(original, page, marked, PICTURE_SCALE)
        try:
            path.write_bytes(picture)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error})", "name another file") from error
    return [str(path) for path in paths]


def _kind(document: Document) -> str:
    from ui.terminal_documents import format_of

    return format_of(document)
