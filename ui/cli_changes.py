"""The commands that change an index, and those that say whether it is sound and what came in."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import InputError
from ui.cli_documents import open_folder
from ui.options import (
    DEFAULT_INDEX,
    ConfigOption,
    DeviceOption,
    IndexOption,
    JsonOption,
    complain,
    progress_bar,
    say,
    say_json,
    settings_from,
)
from ui.stopping import stoppable, terminable

if TYPE_CHECKING:
    from index.news import AddReport
    from index.watching import News
    from ui.progress import Bar, Events

MetaOption = Annotated[
    list[str] | None, typer.Option("--meta", metavar="KEY=VALUE", help="For all the files.")
]
ManifestOption = Annotated[
    Path | None, typer.Option("--manifest", metavar="FILE", help="JSON Lines of metadata.")
]
OcrOption = Annotated[
    str | None,
    typer.Option(
        "--ocr", metavar="LANGS", help="Read pages that are pictures, by Tesseract: eng+spa."
    ),
]
NoKeepOption = Annotated[
    bool, typer.Option("--no-keep", help="Do not keep the files themselves in the index.")
]


def add(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    meta: MetaOption = None,
    manifest: ManifestOption = None,
    ocr: OcrOption = None,
    no_keep: NoKeepOption = False,
    device: DeviceOption = None,
    notes: Annotated[
        bool, typer.Option("--notes", help="Print all that is odd about each document.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="JSON Lines while it goes on, the report last.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Reads files and folders into the index; unchanged ones are skipped, changed ones replaced.

    Exit code 2 when a file could not be read; the others are in the index all the same. What was
    stopped with Ctrl-C goes on where it was when the same command is given again.
    """
    if events and as_json:
        raise InputError("--events and --json: both write to standard output", "choose one of them")
    from index.indexing import add as add_documents
    from index.metadata import MetadataManifest, parse_pairs
    from index.store import IndexFolder
    from ui.progress import Bar, Events

    folder = IndexFolder(index)
    settings = settings_from(config, device, ocr=ocr, keep_originals=False if no_keep else None)
    listener: Events | Bar = Events() if events else Bar()
    with stoppable(folder, listener):
        report = add_documents(
            folder,
            paths,
            settings,
            metadata=parse_pairs(meta or []),
            manifest=MetadataManifest.load(manifest) if manifest else None,
            listener=listener,
        )
    _tell_added(report, listener, as_json, notes)
    for failure in report.failed:
        complain(failure.reason)
    if report.failed:
        raise typer.Exit(InputError.exit_code)


def _tell_added(report: AddReport, listener: Events | Bar, as_json: bool, all_notes: bool) -> None:
    from ui.progress import Events
    from ui.terminal_changes import report_text

    if isinstance(listener, Events):
        listener.done(report)
    elif as_json:
        say_json(asdict(report))
    else:
        say(report_text(report, all_notes))


def remove(
    names: Annotated[list[str], typer.Argument(metavar="ID_OR_SOURCE...")],
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Takes documents out of the index; no byte of them stays in it, and in its log their SHA-256.

    The name of a container (a mailbox, a ZIP file) takes out all that came from it.
    """
    from index.indexing import remove as remove_documents

    folder = open_folder(index, config)
    with stoppable(folder):
        removed = remove_documents(folder, names)
    if as_json:
        say_json({"removed": [{"id": d.id, "source": d.source} for d in removed]})
        return
    for document in removed:
        say(f"removed   {document.source}")


def rebuild(
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Splits and encodes all documents anew, after a change of encoder or passage settings."""
    from index.indexing import rebuild as rebuild_index
    from index.store import IndexFolder

    folder = IndexFolder(index)
    with stoppable(folder), progress_bar("encoding passages") as progress:
        manifest = rebuild_index(folder, settings_from(config, device), progress)
    if as_json:
        say_json({"documents": manifest.documents, "passages": manifest.passages})
    else:
        say(f"rebuilt   {manifest.documents} documents, {manifest.passages} passages")


def watch(
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER...")],
    once: Annotated[bool, typer.Option("--once", help="Bring the index in step and end.")] = False,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    meta: MetaOption = None,
    manifest: ManifestOption = None,
    ocr: OcrOption = None,
    no_keep: NoKeepOption = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keeps the index in step with folders: what is new or changed is added, what is gone removed.

    Goes on until Ctrl-C. A folder that is missing or empty, as one whose disk is not mounted, takes
    nothing out. A file is read when nobody writes it any more. Give the same --meta, --manifest,
    --ocr and --no-keep as the files were added with.
    """
    from index.metadata import MetadataManifest, parse_pairs
    from index.store import IndexFolder
    from index.watching import Watcher
    from ui.progress import Bar

    folder = IndexFolder(index)
    settings = settings_from(config, device, ocr=ocr, keep_originals=False if no_keep else None)
    if folder.exists():
        folder.manifest().configured(settings)
    bar = Bar()
    teller = _Teller(bar, as_json)
    try:
        with terminable(), bar:
            watcher = Watcher(
                folder,
                folders,
                settings,
                teller,
                metadata=parse_pairs(meta or []),
                manifest=MetadataManifest.load(manifest) if manifest else None,
                listener=bar,
            )
            watcher.sync() if once else watcher.run()
    except KeyboardInterrupt:
        if once:
            raise
    if once and teller.failed:
        raise typer.Exit(InputError.exit_code)


class _Teller:
    """Prints what happens while a folder is watched; `failed` when the index is not in step."""

    def __init__(self, bar: Bar, as_json: bool) -> None:
        self._bar = bar
        self._as_json = as_json
        self.failed = False

    def __call__(self, news: News) -> None:
        from index.watching import Kept, Synced
        from ui.terminal_changes import news_json, news_text

        self._bar.close()
        failed = news.report.failed if isinstance(news, Synced) else ()
        self.failed = self.failed or bool(failed) or isinstance(news, Kept)
        if self._as_json:
            say_json(news_json(news))
        elif text := news_text(news, datetime.now().astimezone()):
            say(text)
        for failure in failed:
            complain(failure.reason)
        sys.stdout.flush()
