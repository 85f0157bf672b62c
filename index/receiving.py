"""What a file becomes: its documents, with all that is known of them and how they came in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from index.config import Config
from index.documents import Document, document_id, sha256_hex
from index.errors import InputError
from index.intake import TOOL, Intake, recipe_of, utc_now
from index.languages import detected
from index.metadata import MANIFEST_NAME, MetadataManifest, sidecar
from index.oddities import odd_characters
from index.readers import CONTAINERS, VERSION, Part, suffix_of
from index.reading import Options, Unreadable
from index.segment import Received


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a file as they were read once, and what was said of it from outside."""

    path: str
    data: bytes
    sha256: str
    recipe: str
    given: dict[str, str]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A document that came in, and its bytes."""

    received: Received
    data: bytes


class Receiver:
    """Opens files, and makes documents of what is read in them."""

    def __init__(
        self, config: Config, given: Mapping[str, str], manifest: MetadataManifest | None
    ) -> None:
        """`given` goes for all files; `manifest` in place of the one in a file's folder."""
        self._config = config
        self._given = dict(given)
        self._manifest = manifest
        self._folders: dict[Path, MetadataManifest | InputError] = {}

    @property
    def options(self) -> Options:
        return Options(ocr=self._config.ocr)

    def open(self, source: str) -> File:
        """Raises `InputError` for a file that cannot be opened or is too large."""
        if any("\ud800" <= character <= "\udfff" for character in source):
            raise InputError(f"{source}: the name is not UTF-8", "rename the file")
        path, limit = Path(source), self._config.max_file_bytes
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                data = file.read(limit + 1) if size <= limit else b""
        except OSError as error:
            raise InputError(f"{source}: cannot be read ({error.strerror})", "check it") from error
        if max(size, len(data)) > limit:
            raise InputError(
                f"{source}: {size} bytes, the limit is {limit}",
                "split the file or raise max_file_bytes in the configuration",
            )
        sha256 = sha256_hex(data)
        given = self._beside(path).find(path.name, sha256) | sidecar(path) | self._given
        said = given
        if suffix_of(source) in CONTAINERS:  # what is said of the files in it may have changed
            said = given | {"manifest": self._beside(path).sha256}
        recipe = recipe_of(sha256, said, self.options, f"reading {VERSION}")
        return File(source, data, sha256, recipe, given)

    def received(
        self, file: File, parts: Iterator[Part | Unreadable]
    ) -> Iterator[Arrived | Unreadable]:
        """The documents of a file, one at a time, and what could not be read in it."""
        held: Arrived | None = None
        documents = failures = 0
        for part in parts:
            if isinstance(part, Unreadable):
                failures += 1
                yield part
                continue
            try:
                arrived = Arrived(self._received(file, part), part.data)
            except InputError as error:
                if part.parent is None:
                    raise
                failures += 1
                yield Unreadable(part.source, str(error))
                continue
            documents += 1
            if held:
                yield held
            held = arrived
        if held:  # with a failure the number is never reached: the file is read again next time
            intake = replace(held.received.intake, documents=documents + failures)
            yield replace(held, received=replace(held.received, intake=intake))

    def _received(self, file: File, part: Part) -> Received:
        sha256, given = file.sha256, file.given
        if part.parent is not None:
            sha256 = sha256_hex(part.data)
            name = part.source.rpartition("/")[2]
            given = self._beside(Path(file.path)).find(name, sha256) | self._given
        intake = Intake(
            source=part.source,
            sha256=sha256,
            bytes=len(part.data),
            file=file.path,
            file_sha256=file.sha256,
            file_bytes=len(file.data),
            received=utc_now(),
            tool=TOOL,
            recipe=file.recipe,
            given=given,
            kept=self._config.keep_originals,
            ocr=self._config.ocr,
        )
        return Received(document_of(part, sha256, given), intake)

    def _beside(self, file: Path) -> MetadataManifest:
        """The manifest given, or the one in the file's folder, parsed once."""
        if self._manifest:
            return self._manifest
        if file.parent not in self._folders:
            path = file.parent / MANIFEST_NAME
            try:
                found = MetadataManifest.load(path) if path.is_file() else MetadataManifest()
                self._folders[file.parent] = found
            except InputError as error:
                self._folders[file.parent] = error
        known = self._folders[file.parent]
        if isinstance(known, InputError):
            raise known
        return known


def document_of(part: Part, sha256: str, given: Mapping[str, str]) -> Document:
    """The document that a part of a file is; what is `given` goes before what the file says.

    Raises `InputError` when there is nothing to read in it.
    """
    reading, source = part.reading, part.source
    if not any(map(str.isalnum, "".join(reading.text[a:b] for a, b in reading.paragraphs))):
        raise InputError(f"{source}: no text, not one letter or digit", "leave it out")
    known = reading.metadata | dict(given)
    uncertain = [name for name in reading.uncertain if name not in given and name in known]
    if "language" not in known and (language := detected(_prose(part))):
        known["language"] = language
        uncertain.append("language")
    return Document(
        id=document_id(source, reading.text),
        source=source,
        sha256=sha256,
        text=reading.text,
        **known,
        parent=part.parent,
        uncertain=tuple(uncertain),
        notes=reading.notes + odd_characters(reading.text),
        pages=reading.pages,
        sections=reading.sections,
        anchors=reading.anchors,
        paragraphs=reading.paragraphs,
        hidden=reading.hidden,
        layout=reading.layout,
    )


def made(document: Document) -> Received:
    """A document that came out of no file: it stands for one with its text."""
    data = document.text.encode()
    intake = Intake(
        source=document.source,
        sha256=document.sha256,
        bytes=len(data),
        file=document.source,
        file_sha256=document.sha256,
        file_bytes=len(data),
        received=utc_now(),
        tool=TOOL,
        recipe=recipe_of(document.sha256, {}, Options(), f"reading {VERSION}"),
        given={},
        kept=False,
        documents=1,
    )
    return Received(document, intake)


_ENOUGH = 4000
"""Code points from which a language is told."""


def _prose(part: Part) -> str:
    """The beginning of the paragraphs: front matter is not in the language of the text."""
    text, size, taken = part.reading.text, 0, []
    for start, end in part.reading.paragraphs:
        taken.append(text[start:end])
        size += end - start
        if size >= _ENOUGH:
            break
    return "\n".join(taken)
