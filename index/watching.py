"""Keeps an index in step with folders: what is new or changed comes in, what is gone goes out.

Notifications of the system only say that it is time to look; what is to be done is found by looking
at the folders. So nothing is missed when notifications are lost, a whole folder is moved in, or the
disk is one that sends none. A file is read when it has come to rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from index.config import Config
from index.documents import Document
from index.errors import IndexLocked, IndexMissing, InputError
from index.files import Failure, find_files
from index.indexing import add, remove
from index.metadata import MetadataManifest
from index.news import AddReport, Listener, nobody
from index.notifications import absolute, hints
from index.stamps import REST, Stamps, at_rest, is_gone, stamps
from index.store import IndexFolder

PATIENCE = 30.0
"""Seconds that a single look waits for files to come to rest."""

SHARE = 10
"""At most one part in so many of the time is spent looking, however many files there are."""

_NOTHING = AddReport((), (), (), ())


@dataclass(frozen=True, slots=True)
class Watching:
    """It has begun."""

    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something stands in the way that may pass by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder is missing or nothing is in it: its disk may not be mounted, so nothing goes out."""

    folder: str
    documents: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What came in, and the documents that went out because their files are gone."""

    report: AddReport
    removed: tuple[Document, ...]
    first: bool


News = Watching | Waiting | Kept | Synced
T = TypeVar("T")


@dataclass(slots=True)
class _Seen:
    """What lies in the folders: files as `add` takes them, and folders that show nothing."""

    files: dict[str, Stamps] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    left_out: list[Failure] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)


class Watcher:
    """Some folders and the index that is to hold what is in them."""

    def __init__(
        self,
        folder: IndexFolder,
        roots: Sequence[str],
        config: Config,
        tell: Callable[[News], None],
        *,
        metadata: Mapping[str, str] | None = None,
        manifest: MetadataManifest | None = None,
        listener: Listener = nobody,
    ) -> None:
        """Raises `InputError` for a root that is no folder and that the index knows nothing of."""
        self._folder = folder
        self._roots = tuple(roots)
        self._config = config
        self._metadata = metadata
        self._manifest = manifest
        self._tell = tell
        self._listener = listener
        self._known: dict[str, Stamps] = {}
        self._restless: dict[str, Stamps] = {}
        self._vanished: set[str] = set()
        self._told: set[Failure | Kept] = set()
        self._first = True
        self._generation: Path | None = None
        self._indexed: dict[str, _Indexed] = {}
        for root in self._roots:
            if not Path(root).is_dir() and not any(self._below(root)):
                what = "not a folder" if Path(root).exists() else "no such folder"
                raise InputError(f"{root or repr(root)}: {what}", "name a folder to watch")

    def sync(self) -> None:
        """Brings the index in step once. What does not come to rest is told as a failure."""
        began = time.monotonic()
        while pause := self._step():
            if time.monotonic() - began > PATIENCE:
                moving = [
                    Failure(path, f"{path}: is still being written; left for the next time")
                    for path in sorted(self._restless)
                ]
                self._tell(Synced(_failed(_NOTHING, moving), (), False))
                return
            time.sleep(pause)

    def run(self) -> None:
        """Keeps the index in step until somebody interrupts."""
        self._tell(Watching(self._roots))
        for _ in hints(self._roots, self._folder.path, self._unnotified):
            while pause := self._step():
                time.sleep(pause)

    def _unnotified(self, why: str) -> None:
        self._tell(Waiting(f"no notifications of changes ({why}); looking every few seconds"))

    def _step(self) -> float:
        """Looks, and does what can be done; seconds until it is worth looking again, 0 when all is
        in step."""
        began = time.monotonic()
        seen = self._look()
        changed = {p: s for p, s in seen.files.items() if self._known.get(p) != s}
        ready = [p for p, s in changed.items() if self._restless.get(p) == s or at_rest(s)]
        gone = self._gone(seen)
        done, self._vanished = gone & self._vanished, gone - self._vanished
        self._restless = {p: s for p, s in changed.items() if p not in set(ready)}
        looked = time.monotonic() - began
        self._change(ready, done, seen)
        self._known = {p: s for p, s in seen.files.items() if p not in self._restless}
        self._tell_blank(seen)
        return max(REST, looked * SHARE) if self._restless or self._vanished else 0.0

    def _look(self) -> _Seen:
        seen, once = _Seen(), set[str]()
        for root in self._roots:
            files, failed, left_out = find_files([root], self._folder.path)
            if not files:  # that a folder holds no documents is no failure here
                failed = [failure for failure in failed if failure.source != root]
            if not files and not left_out:
                seen.blank.append(root)
            seen.failed += failed
            seen.left_out += left_out
            for path in files:
                found, place = stamps(path), absolute(path)
                temporary = Path(path).name.startswith(_TEMPORARY)
                if found[0] and not temporary and place not in once:
                    once.add(place)
                    seen.files[path] = found
        return seen

    def _gone(self, seen: _Seen) -> set[str]:
        """Absolute paths of files below the folders that are in the index and not on the disk."""
        gone = set()
        blank = {path for root in seen.blank for path in self._below(root)}
        for root in self._roots:
            gone |= {path for path in self._below(root) if path not in blank and is_gone(path)}
        return gone

    def _change(self, ready: Sequence[str], gone: set[str], seen: _Seen) -> None:
        """What comes in comes before the rest goes, so a file that was renamed is never missing."""
        report = _NOTHING
        if ready:
            indexed = self._held()
            paths = [_spelt(path, indexed) for path in ready]
            report = self._unlocked(lambda: self._add(paths))
        removed = self._unlocked(lambda: self._remove(gone)) if gone else []
        missed = [failure for failure in seen.failed if failure not in self._told]
        left_out = [failure for failure in seen.left_out if failure not in self._told]
        self._told = {kept for kept in self._told if isinstance(kept, Kept)}
        self._told.update(seen.failed, seen.left_out)
        report = _failed(report, missed, left_out)
        begun = self._first and not (self._restless or self._vanished)
        if begun or removed or missed or left_out or _is_news(report):
            self._tell(Synced(report, tuple(removed), self._first))
            self._first = False

    def _add(self, paths: Sequence[str]) -> AddReport:
        return add(
            self._folder,
            paths,
            self._config,
            metadata=self._metadata,
            manifest=self._manifest,
            listener=self._listener,
        )

    def _remove(self, gone: set[str]) -> list[Document]:
        """Others may remove some of them at the same moment."""
        while True:
            indexed = self._held()
            ids = [id_ for path in sorted(gone & indexed.keys()) for id_ in indexed[path].ids]
            try:
                return remove(self._folder, ids) if ids else []
            except InputError:
                if self._held() is indexed:
                    raise

    def _unlocked(self, change: Callable[[], T]) -> T:
        """Does it as soon as nobody else is writing."""
        told = ""
        while True:
            try:
                return change()
            except IndexLocked as error:
                if error.what != told:
                    told = error.what
                    self._tell(Waiting(f"{told}; waiting for it"))
                time.sleep(REST)

    def _tell_blank(self, seen: _Seen) -> None:
        kept = {Kept(root, self._documents(root)) for root in seen.blank}
        kept = {each for each in kept if each.documents}
        for each in sorted(kept - self._told, key=lambda kept: kept.folder):
            self._tell(each)
        self._told = {each for each in self._told if isinstance(each, Failure)} | kept

    def _documents(self, root: str) -> int:
        indexed = self._held()
        return sum(len(indexed[path].ids) for path in self._below(root))

    def _below(self, root: str) -> Iterator[str]:
        """Absolute paths of the files in the index that lie or lay below a folder."""
        start = absolute(root).rstrip(os.sep) + os.sep
        return (path for path in self._held() if path.startswith(start))

    def _held(self) -> dict[str, _Indexed]:
        """The files that documents in force came from, by absolute path."""
        try:
            generation = self._folder.current()
            if generation != self._generation:
                snapshot = self._folder.open()
                self._indexed = {}
                for id_, intake in zip(snapshot.documents, snapshot.intakes(), strict=True):
                    path = absolute(intake.file)
                    self._indexed.setdefault(path, _Indexed(intake.file, [])).ids.append(id_)
                self._generation = generation
        except IndexMissing:
            self._generation, self._indexed = None, {}
        return self._indexed


@dataclass(frozen=True, slots=True)
class _Indexed:
    """A file as the index spells it, and the ids of its documents."""

    file: str
    ids: list[str]


_TEMPORARY = "~$"
"""Begins the name of the file with which Word and others say that a document is open."""


def _spelt(path: str, indexed: Mapping[str, _Indexed]) -> str:
    """The path as the index has it already: under another spelling it would come in twice."""
    known = indexed.get(absolute(path))
    return known.file if known else path


def _failed(
    report: AddReport, failed: Sequence[Failure], left_out: Sequence[Failure] = ()
) -> AddReport:
    return replace(report, failed=(*failed, *report.failed), left_out=(*left_out, *report.left_out))


def _is_news(report: AddReport) -> bool:
    return bool(report.added or report.replaced or report.removed or report.failed)
