"""Reading the files of a pack anew: that its texts come out of them, and its pages and proofs too.

They are anybody's files and are read as such, in a worker process with limits (`index.sandbox`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from index.config import Config
from index.documents import Document, sha256_hex
from index.errors import InputError
from index.intake import Intake, parsed
from index.readers import INSIDE, Part
from index.reading import Options
from index.receiving import document_of
from index.sandbox import shared
from rag.evidence.checks import Check, Opened
from rag.evidence.quotes import beside, quote_row
from rag.evidence.records import DocumentRecord
from rag.evidence.saved import NotProved, restored
from rag.evidence.verifying import Verification


def reread(found: Verification, files: Mapping[str, bytes], config: Config) -> Verification:
    """Of a sound pack: reads its documents from their files, those in it or of `files` by their
    SHA-256, and proves the answer anew, its pages, paragraphs and boxes included.

    `config` gives the limits of readers. What is not sound comes back as it is.
    """
    pack = found.pack
    if pack is None:
        return found
    settings = parsed(pack.members["configuration.json"])
    faults: list[str] = []
    documents: dict[str, Document] = {}
    records = pack.members["intake-records.jsonl"].split(b"\n")[:-1]
    for row, record in zip(pack.documents, records, strict=True):
        data = pack.members.get(row.original or "", files.get(row.sha256))
        if data is None:
            continue
        try:
            read = _document(data, Intake.from_json(record), _options(settings), config)
        except InputError as error:
            faults.append(f"{row.source}: cannot be read ({error.what})")
            continue
        documents[row.id] = read
        faults += _faults(read, row, pack)
    if not faults and len(documents) == len(pack.documents):
        faults += _unproved(pack, documents, str(settings.get("language", "en")))
    told = f"{len(documents)} of {len(pack.documents)} files give the texts, pages and boxes cited"
    check = Check("read anew", told, tuple(faults))
    sound = pack if not faults else None
    return replace(found, checks=(*found.checks, check), pack=sound, reread=frozenset(documents))


def _options(settings: Mapping[str, object]) -> Options:
    languages = settings.get("ocr", "")
    return Options(ocr=languages if isinstance(languages, str) else "")


def _document(data: bytes, intake: Intake, options: Options, config: Config) -> Document:
    """A file as this version reads it. Raises `InputError`."""
    sandbox = shared(config.reader_seconds, config.reader_megabytes)
    first = next(sandbox.parts(data, intake.source, options), None)
    if not isinstance(first, Part):
        raise InputError(f"{intake.source}: nothing in it could be read", "see the file itself")
    inside = intake.file != intake.source
    parent = intake.source.rpartition(INSIDE)[0] if inside else None
    return document_of(replace(first, parent=parent), sha256_hex(data), intake.given)


def _faults(read: Document, row: DocumentRecord, pack: Opened) -> Iterator[str]:
    if sha256_hex(read.text.encode()) != row.text_sha256:
        yield (
            f"{row.source}: reads otherwise than when the pack was made "
            f"(by {pack.manifest.onrecord}; versions of readers may differ)"
        )
        return
    for name in ("title", "author", "publisher", "published", "language", "url", "licence"):
        if getattr(read, name) != getattr(row, name):
            yield f"{row.source}: {name} is not what the file and its intake say"


def _unproved(pack: Opened, documents: Mapping[str, Document], language: str) -> Iterator[str]:
    """All documents of the pack are there."""
    answer = parsed(pack.members["answer.json"])
    rows = [
        quote_row(c, *beside(documents[c["document"]].text, c["start"], c["end"]))
        for c in answer["citations"]
    ]
    if rows != pack.quotes:
        yield "quotes.jsonl: not what the files give"
    if pack.manifest.hashes_only:
        answer["hits"] = []
    try:
        restored(answer, documents, language)
    except NotProved as error:
        yield f"the answer: {error}"
