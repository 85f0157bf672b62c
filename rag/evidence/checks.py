"""What must hold between the files of a pack, each a check of its own.

They run on files whose hashes are those of the manifest, so what they find was not an accident:
somebody wrote a pack that says what does not follow, or left something out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from index.documents import document_id, sha256_hex
from index.intake import TOOL, parsed
from rag.evidence import custody
from rag.evidence.consistency import answer_faults, citation_faults, place_faults, verbatim
from rag.evidence.packing import MANIFEST, answered_by, original_name
from rag.evidence.quotes import beside, quote_row
from rag.evidence.records import (
    AnswerRecord,
    DocumentRecord,
    ManifestRecord,
    ModelsRecord,
    objects,
    read,
    read_lines,
)
from rag.evidence.view import view

ALWAYS = {
    *("answer.json", "configuration.json", "documents.jsonl", "index.html", "intake.jsonl"),
    *("intake-records.jsonl", "models.json", "quotes.jsonl"),
}
"""In every pack, beside the manifest."""

EXTRACTIVE = "extractive"
"""The composer whose sentences are their quotes; a model may choose its own words."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: what was looked at, and what does not hold."""

    name: str
    told: str
    faults: tuple[str, ...] = ()


class Unreadable(Exception):
    """A file of a pack is not what it is to be; what depends on it cannot be told."""


class Opened:
    """The files of a pack as records. Raises `Unreadable` for what is none."""

    def __init__(self, members: Mapping[str, bytes], manifest: ManifestRecord) -> None:
        self.members = members
        self.manifest = manifest

    @cached_property
    def answer(self) -> AnswerRecord:
        return self._read("answer.json", lambda data: read(data, AnswerRecord))

    @cached_property
    def citations(self) -> list[dict[str, Any]]:
        """Those of the answer, as they are written."""
        rows: list[dict[str, Any]] = parsed(self.members["answer.json"])["citations"]
        return rows

    @cached_property
    def documents(self) -> list[DocumentRecord]:
        return self._read("documents.jsonl", lambda data: read_lines(data, DocumentRecord))

    @cached_property
    def models(self) -> ModelsRecord:
        return self._read("models.json", lambda data: read(data, ModelsRecord))

    @cached_property
    def settings(self) -> str:
        return self._read("configuration.json", bytes.decode)

    @cached_property
    def quotes(self) -> list[dict[str, Any]]:
        return self._read("quotes.jsonl", objects)

    @cached_property
    def texts(self) -> dict[str, str]:
        """By the ids of their documents."""
        return {row.id: self._read(row.text, bytes.decode) for row in self.documents if row.text}

    def _read(self, name: str, how: Callable[[bytes], _T]) -> _T:
        try:
            return how(self.members[name])
        except KeyError as error:
            raise Unreadable(f"{name}: missing") from error
        except ValueError as error:
            raise Unreadable(f"{name}: {error}") from error


def answer(pack: Opened) -> Check:
    record = pack.answer
    faults = tuple(f"the answer: {fault}" for fault in answer_faults(record))
    if record.abstained or faults:
        return Check("answer", "an abstention with its reason", faults)
    count, own = len(record.claims), verbatim(record)
    if record.composer == EXTRACTIVE and own < count:
        fault = "the answer: a sentence is not the words of its quote"
        return Check("answer", "", (fault,))
    told = f"{count} sentence{'s' * (count != 1)} with quotes, {own} word for word"
    return Check("answer", told)


def documents(pack: Opened) -> Check:
    by_id = {row.id: row for row in pack.documents}
    cited = {citation.document for citation in pack.answer.citations}
    wanted = cited or {hit.document for hit in pack.answer.hits}
    found = []
    if list(by_id) != [row.id for row in pack.documents] or by_id.keys() != wanted:
        found.append("documents.jsonl: not the documents that the answer rests on, each once")
    names = {MANIFEST, *ALWAYS}
    for row in pack.documents:
        expected = (f"texts/{row.id}.txt", original_name(row.source, row.sha256))
        for name, should in zip((row.text, row.original), expected, strict=True):
            if name not in (None, should):
                found.append(f"{row.source}: its file would be called {should}")
            names.add(should if name else MANIFEST)
        if pack.manifest.hashes_only == (row.text is not None):
            found.append(f"{row.source}: its text is there, or left out, against the manifest")
    found += [f"{name}: of no document" for name in sorted(pack.members.keys() - names)]
    for citation in pack.answer.citations:
        if citation.document in by_id:
            found += citation_faults(citation, by_id[citation.document])
    return Check("documents", f"{len(by_id)}, as the citations have them", tuple(found))


def texts(pack: Opened) -> Check:
    found = []
    for row in pack.documents:
        if row.id not in pack.texts:
            continue
        text = pack.texts[row.id]
        if sha256_hex(text.encode()) != row.text_sha256:
            found.append(f"{row.text}: its SHA-256 is not the one listed")
        if document_id(row.source, text) != row.id:
            found.append(f"{row.text}: the id of its document is not made of it")
    told = f"{len(pack.texts)} of {len(pack.documents)} in the pack, with the SHA-256 listed"
    return Check("texts", told, tuple(found))


def sources(pack: Opened) -> Check:
    there = [row for row in pack.documents if row.original]
    found = []
    for row in there:
        data = pack.members.get(row.original or "")
        if data is None or sha256_hex(data) != row.sha256:
            found.append(f"{row.source}: its file in the pack has not the SHA-256 of the answer")
    told = f"{len(there)} of {len(pack.documents)} in the pack, with the SHA-256 of the answer"
    return Check("sources", told, tuple(found))


def quotes(pack: Opened) -> Check:
    """Quotes at their places, and the rows that tell of them in the terms of other programs."""
    found = list(_places(pack))
    made = []
    for citation, row in zip(pack.citations, pack.quotes, strict=False):
        text = pack.texts.get(citation["document"])
        context = _said_beside(row) if text is None else None
        made.append(
            quote_row(citation, *context) if context
            else quote_row(citation, *beside(text or "", citation["start"], citation["end"]))
        )  # fmt: skip
    if made != pack.quotes or len(made) != len(pack.citations):
        found.append("quotes.jsonl: not what the answer and the texts give")
    known = sum(citation["document"] in pack.texts for citation in pack.citations)
    told = f"{known} of {len(pack.citations)} stand at their places in the texts"
    return Check("quotes", told, tuple(found))


def _places(pack: Opened) -> Iterator[str]:
    if not pack.manifest.hashes_only:
        yield from place_faults(pack.answer, pack.texts)
        return
    yield from (f"hit {hit.rank}: has words" for hit in pack.answer.hits if hit.text)


def _said_beside(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a row says of the words beside its quote, where there is no text to look it up in."""
    try:
        prefix, suffix = (str(row["selectors"][0][key]) for key in ("prefix", "suffix"))
    except (KeyError, IndexError, TypeError):
        return None
    return prefix, suffix


def intake_log(pack: Opened) -> Check:
    log, record = pack.members["intake.jsonl"], pack.manifest.log
    found = custody.chain_faults(log, record)
    if not found:
        records = pack.members["intake-records.jsonl"]
        found = [*custody.document_faults(pack.documents, log, records)]
    told = "no rows, no documents"
    if record:
        told = f"rows {record.first} to {record.last} in a chain; they tell how each file came in"
    return Check("intake log", told, tuple(found))


def configuration(pack: Opened) -> Check:
    """The settings and the index give the fingerprint of the answer, or the pack owns up."""
    same = answered_by(pack.models.index.fingerprint, pack.settings) == pack.answer.fingerprint
    told = "settings and index are those of the answer"
    if not pack.models.gave_the_answer:
        told = "settings or index are no longer those of the answer, and the pack says so"
    if same == pack.models.gave_the_answer:
        return Check("configuration", told)
    fault = "configuration.json, models.json: their fingerprint is not what the pack says"
    return Check("configuration", told, (fault,))


def page(pack: Opened) -> Check:
    """Only for a pack without other faults: it is made of files that were checked."""
    if pack.manifest.onrecord != TOOL:
        return Check("page", f"made by {pack.manifest.onrecord}, not made again by {TOOL}")
    members = {name: data for name, data in pack.members.items() if name != "index.html"}
    same = view(members) == pack.members["index.html"]
    fault = () if same else ("index.html: does not show what the other files say",)
    return Check("page", "index.html shows what the other files say", fault)


CHECKS: tuple[Callable[[Opened], Check], ...] = (
    *(answer, documents, texts, sources, quotes, intake_log, configuration),
)
