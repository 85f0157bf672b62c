"""Making an index sound again: what is whole is kept, what is not is made anew from originals.

Nothing is put into force that was not verified, and what cannot be had back is named. The log is
kept as far as it verifies; what it said beyond that is put aside under another name, and the
documents that are here are entered anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from index import intake_log
from index.config import INDEX_KEYS, Config
from index.documents import Document, document_id
from index.encoder import ENCODERS
from index.encoding import encode
from index.errors import IndexDamaged, IndexStateError, InputError
from index.files import Failure
from index.generation import Finished
from index.indexing import describe
from index.intake import Intake
from index.intake_log import Entry
from index.manifest import COPY, Manifest
from index.ragged import Blob
from index.readers import INSIDE, Part
from index.reading import Options
from index.receiving import document_of, made
from index.sandbox import shared
from index.segment import Received, document_from
from index.store import IndexFolder, damages

_UNREADABLE = (
    *(IndexDamaged, OSError, ValueError, KeyError, TypeError, IndexError, EOFError, MemoryError),
)
"""What reading altered bytes may raise."""


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What was found, the sources of documents that were made anew, and what is lost, and why."""

    found: tuple[str, ...]
    restored: tuple[str, ...] = ()
    lost: tuple[Failure, ...] = ()


def repair(folder: IndexFolder, config: Config) -> RepairReport:
    """Mends all that `damages` finds. Raises `IndexDamaged` when nothing says what the index is."""
    found = damages(folder)
    if not found:
        return RepairReport(())
    with folder.writing("repair", sound=False):
        folder.point_at_the_newest()
        return _Repair(folder, config).run(found)


class _Repair:
    """One repair, under the lock."""

    def __init__(self, folder: IndexFolder, config: Config) -> None:
        self._folder = folder
        self._root = folder.current()
        self._manifest = _manifest(self._root)
        own = {key: getattr(self._manifest, key) for key in INDEX_KEYS}
        self._config = config.model_copy(update=own)
        self._anew: list[Received] = []
        self._entries: list[Entry] = []
        self._lost: list[Failure] = []

    def run(self, found: Sequence[str]) -> RepairReport:
        rows, head = intake_log.sound(self._folder.log_path, self._manifest.log.bytes)
        if head != self._manifest.log:
            self._folder.set_log_aside()
        live = intake_log.live(rows)
        kept = [self._kept(part, live) for part in self._parts()]
        intakes = {i.digest(): i for i in (*chain(*(own for _, own in kept)), *self._intakes())}
        entered = {entry.digest for entry in self._entries}
        replaced = {entry.replaces for entry in self._entries}
        entries = [
            intake_log.REPAIRED,
            *self._entries,
            *map(intake_log.lost, sorted(live - intakes.keys() - replaced)),
            *(intake_log.added(i) for d, i in intakes.items() if d not in live | entered),
        ]
        encoder = ENCODERS[self._config.encoder](self._config.device)
        self._folder.commit(
            describe(encoder, self._config),
            chain((part for part, _ in kept if part), encode(self._anew, encoder, self._config)),
            entries=entries,
            log=head,
        )
        sources = tuple(received.document.source for received in self._anew)
        return RepairReport(tuple(found), sources, tuple(self._lost))

    def _parts(self) -> list[Finished]:
        return [Finished(self._root, row, self._manifest.files) for row in self._manifest.segments]

    def _intakes(self) -> list[Intake]:
        return [received.intake for received in self._anew]

    def _kept(self, part: Finished, live: set[str]) -> tuple[Finished | None, list[Intake]]:
        """What of a segment can stay as it is, and the intakes of its documents."""
        try:
            segment = part.load()
        except _UNREADABLE:
            self._remake(part)
            return None, []
        ids, intakes = set(), []
        for row in range(len(segment.ids)):
            document, intake = segment.document(row), segment.intake(row)
            if not intake.kept or self._has_original(intake):
                ids.add(document.id)
                intakes.append(intake)
                continue
            without = replace(intake, kept=False)
            self._anew.append(Received(document, without))
            if intake.digest() in live:
                self._entries.append(intake_log.replaced(intake, without))
            why = f"{document.source}: its original was damaged and is not where it was read"
            self._lost.append(Failure(document.source, why))
        return (part.only(ids) if ids else None), intakes

    def _has_original(self, intake: Intake) -> bool:
        return self._folder.restore_original(intake.sha256, Path(intake.source))

    def _remake(self, part: Finished) -> None:
        """The documents of a segment that was altered, from their own bytes or their originals."""
        folder = part.root / part.record.name
        cards, bodies, layouts, intakes = (
            _items(folder, blob, part.record.documents)
            for blob in ("cards", "bodies", "layouts", "intakes")
        )
        for card, body, layout, row in zip(cards, bodies, layouts, intakes, strict=True):
            document, intake = _document(card, body, layout), _intake(row)
            if intake and not (intake.kept and self._has_original(intake)):
                intake = replace(intake, kept=False)
            if document is None and intake and intake.kept:
                document = self._read_again(intake)
            if document is None:
                name = intake.source if intake else _source(card) or f"a document in {folder}"
                why = "damaged, and there is no original to read it from again"
                if intake and intake.kept:
                    why = f"damaged; its original is now {self._folder.rescue(intake)}"
                self._lost.append(Failure(name, f"{name}: {why}"))
                continue
            self._anew.append(Received(document, intake or self._entered_anew(document)))

    def _entered_anew(self, document: Document) -> Intake:
        """Of a document that is whole, while nothing is left of how it came in."""
        intake = made(document).intake
        return replace(intake, kept=self._has_original(intake))

    def _read_again(self, intake: Intake) -> Document | None:
        """A document from its original; None when it is read otherwise than it was."""
        data = self._folder.original_of(intake.sha256)
        sandbox = shared(self._config.reader_seconds, self._config.reader_megabytes)
        try:
            first = next(sandbox.parts(data, intake.source, Options(ocr=intake.ocr)))
        except (InputError, StopIteration):
            return None
        if not isinstance(first, Part):
            return None
        inside = intake.file != intake.source
        parent = intake.source.rpartition(INSIDE)[0] if inside else None
        return document_of(replace(first, parent=parent), intake.sha256, intake.given)


def _manifest(root: Path) -> Manifest:
    try:
        return Manifest.load(root)
    except IndexStateError:
        return Manifest.load(root, COPY)


def _items(folder: Path, name: str, count: int) -> list[bytes | None]:
    """The items of a list of byte strings; None for each that is not as it was written."""
    try:
        arrays = {part: np.load(folder / f"{name}.{part}.npy", allow_pickle=False)
                  for part in ("bounds", "data", "sums")}  # fmt: skip
        blob = Blob(**arrays)
    except _UNREADABLE:
        return [None] * count
    return [_item(blob, number) for number in range(count)]


def _item(blob: Blob, number: int) -> bytes | None:
    try:
        return blob[number]
    except _UNREADABLE:
        return None


def _document(card: bytes | None, body: bytes | None, layout: bytes | None) -> Document | None:
    if card is None or body is None or layout is None:
        return None
    document = document_from(card, body, layout)
    return document if document.id == document_id(document.source, document.text) else None


def _intake(row: bytes | None) -> Intake | None:
    return None if row is None else Intake.from_json(row)


def _source(card: bytes | None) -> str | None:
    return None if card is None else str(json.loads(card)["source"])
