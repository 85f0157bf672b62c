"""The whole way of a question, in one function: `Assistant.ask`."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from index.config import Config
from index.documents import sha256_hex
from index.encoder import Encoder
from index.errors import InputError
from index.indexing import open_encoder
from index.snapshot import Snapshot
from index.store import IndexFolder
from rag.abstention import NOT_PROVED, PARTLY, foreign, unstated
from rag.answer import Answer, Claim, Hit, Withheld
from rag.composers import COMPOSERS, Composer, ComposerFailed, Draft
from rag.conversation import Rewrite, Turn, standalone
from rag.differences import contrasts, differences
from rag.filters import EVERYTHING, Filters, parse_query
from rag.proof import Entails, prove
from rag.retrieval import Found, Retriever


@dataclass(slots=True)
class _Outcome:
    """What has come of a question so far. `weak` counts drafts with too little support."""

    model: str | None
    claims: list[Claim] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    support: float | None = None
    weak: int = 0

    def supported(self, drafts: Iterator[Draft], least: float) -> Iterator[Draft]:
        """The drafts that are likely enough to answer, as far as their composer can tell."""
        for draft in drafts:
            if draft.support is not None:
                self.support = max(self.support or 0.0, draft.support)
                if draft.support < least:
                    self.weak += 1
                    continue
            yield draft

    def keep(self, results: Iterator[Claim | Withheld]) -> Iterator[Claim]:
        """Keeps what became of each draft; gives the claims as they come."""
        for result in results:
            if isinstance(result, Claim):
                self.claims.append(result)
                yield result
            else:
                self.withheld.append(result)


class Assistant:
    """Answers questions from one snapshot of an index. Safe to share: it never changes."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, config: Config) -> None:
        if config.composer not in COMPOSERS:
            raise InputError(
                f"unknown composer {config.composer!r}", f"known: {', '.join(COMPOSERS)}"
            )
        self.snapshot = snapshot
        self.config = config
        self.retriever = Retriever(snapshot, encoder, config)
        self.composer = COMPOSERS[config.composer](self.retriever.late, config)
        self.extractive = COMPOSERS["extractive"](self.retriever.late, config)
        self.entails = _entailment(config)
        self.rewrite = _rewriter(config)
        self.fingerprint = self._fingerprint(config.strictness)

    def ask(
        self,
        question: str,
        question_id: str | None = None,
        filters: Filters = EVERYTHING,
        earlier: Sequence[Turn] = (),
        strictness: float | None = None,
    ) -> Answer:
        """Retrieve, compose, prove; or abstain with a reason. `InputError` for no question.

        After `earlier` turns a question that does not stand alone is read as one that does.
        `strictness` holds instead of the configuration's.
        """
        *_, answer = self.stream(question, question_id, filters, earlier, strictness)
        assert isinstance(answer, Answer)  # noqa: S101 - the last thing a stream gives
        return answer

    def stream(
        self,
        question: str,
        question_id: str | None = None,
        filters: Filters = EVERYTHING,
        earlier: Sequence[Turn] = (),
        strictness: float | None = None,
    ) -> Iterator[Claim | Answer]:
        """Each claim as it is proved, and at last the whole answer; closing it stops the work.

        The answer may be an abstention without claims, and it alone is final: it knows what was
        withheld and where the sources differ.
        """
        question = self.checked(question)
        started = time.perf_counter()
        outcome = _Outcome(self.config.model if self.config.composer == "chat" else None)
        understood = self._understood(question, earlier, outcome)
        found = self.retriever.read(understood or question, filters)
        retrieved = time.perf_counter()
        reason = foreign(found)
        least = self.config.strictness if strictness is None else strictness
        if not reason:
            yield from self._compose(found, outcome, least)
            reason = unstated(found.text) if outcome.weak else NOT_PROVED
            if outcome.weak and outcome.claims:
                outcome.notes.append(PARTLY)
        composed = time.perf_counter()
        claims = tuple(outcome.claims)
        yield Answer(
            question=question,
            claims=claims,
            abstention=None if claims else reason,
            hits=found.all_hits,
            as_of=newest(_cited_dates(claims) or _dates(found.hits)),
            fingerprint=self._fingerprint(float(least)),
            seconds={
                "retrieve": round(retrieved - started, 4),
                "compose": round(composed - retrieved, 4),
            },
            id=question_id,
            confidence=round(found.relevance if outcome.support is None else outcome.support, 4),
            composer=outcome.model or "extractive",
            withheld=tuple(outcome.withheld),
            differences=differences(found, claims),
            notes=tuple(outcome.notes),
            understood=understood,
        )

    def _understood(self, question: str, earlier: Sequence[Turn], outcome: _Outcome) -> str | None:
        """A follow-up as it is read: by the model if there is one and it answers, else by rule."""
        try:
            return standalone(question, earlier, self.rewrite)
        except ComposerFailed as error:
            outcome.notes.append(str(error))
            return standalone(question, earlier)

    def _compose(self, found: Found, outcome: _Outcome, least: float) -> Iterator[Claim]:
        """Claims as they are proved; the extractive ones where a model fails before its first."""
        try:
            yield from self._proved(self.composer, found, outcome, least)
        except ComposerFailed as error:
            outcome.notes.append(str(error))
            if not outcome.claims:
                outcome.model, outcome.support, outcome.weak = None, None, 0
                yield from self._proved(self.extractive, found, outcome, least)

    def _proved(
        self, composer: Composer, found: Found, outcome: _Outcome, least: float
    ) -> Iterator[Claim]:
        """What is composed, and then what contradicts it or the question, as far as it holds."""

        def drafts() -> Iterator[Draft]:
            yield from outcome.supported(composer.compose(found), least)
            if outcome.claims:
                yield from contrasts(found, outcome.claims)

        yield from outcome.keep(prove(drafts(), self.entails, self.config.language))

    def _fingerprint(self, strictness: float) -> str:
        """Of the index and all settings; models that they name count by their names."""
        config = self.config.model_copy(update={"strictness": strictness})
        settings = config.model_dump_json(exclude={"device"})  # where, not what, is computed
        return sha256_hex(f"{self.snapshot.manifest.fingerprint} {settings}".encode())[:16]

    def search(self, query: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """The k best passages, without an answer. `"exact words"` in the query must stand in them,
        `-word` must not."""
        text, asked = parse_query(self.checked(query))
        return self.retriever.search(text, k, filters.merged(asked)).hits

    def checked(self, question: str) -> str:
        """The question without outer white space; refuses what cannot be one."""
        question = question.strip()
        if all(unicodedata.category(character) in ("Cf", "Cc", "Zs") for character in question):
            raise InputError("the question is empty", "ask something")
        if any("\ud800" <= character <= "\udfff" for character in question):
            raise InputError("the question is not valid Unicode", "write it in UTF-8")
        limit = self.config.max_question_chars
        if len(question) > limit:
            raise InputError(
                f"the question has {len(question)} characters, the limit is {limit}",
                "shorten it, or raise max_question_chars in the configuration",
            )
        return question


def _rewriter(config: Config) -> Rewrite | None:
    if config.composer != "chat" or config.model is None:
        return None
    from rag.chat import open_chat
    from rag.rewriting import rewriter

    model = open_chat(config.model, config.base_url, config.model_seconds)
    return rewriter(model, config.model_seconds)


def _entailment(config: Config) -> Entails | None:
    if config.nli is None:
        return None
    from rag.entailment import EntailmentModel

    return EntailmentModel(config.nli, None if config.device == "auto" else config.device)


def open_assistant(index_dir: Path | str, config: Config | None = None) -> Assistant:
    """An assistant over the index in a folder, with that index's own encoder and settings."""
    snapshot = IndexFolder(index_dir).open()
    own = snapshot.manifest.configured(config or Config())
    return Assistant(snapshot, open_encoder(snapshot, own.device), own)


class LiveAssistant:
    """The assistant of an index folder as the folder is now: opened anew after each change.

    A page that is left running must not go on quoting a document that was removed. The encoder is
    loaded once. A call returns the assistant; threads may share the object. Where the index may
    still have to come (`later`), a call raises `IndexMissing` until then.
    """

    def __init__(
        self, index_dir: Path | str, config: Config | None = None, later: bool = False
    ) -> None:
        self._folder = IndexFolder(index_dir)
        self._config = config or Config()
        self._lock = Lock()
        self._generation: Path | None = None
        self._assistant: Assistant | None = None
        if not later or self._folder.exists():
            self()

    def __call__(self) -> Assistant:
        with self._lock:
            generation = self._folder.current()
            before = self._assistant
            if before is None:
                before = self._assistant = open_assistant(self._folder.path, self._config)
                self._generation = generation
            if generation != self._generation:
                snapshot = self._folder.open()
                old, new = before.snapshot.manifest, snapshot.manifest
                models = (old.encoder_sha256, old.codec_sha256)
                same = models == (new.encoder_sha256, new.codec_sha256)
                encoder = (
                    before.retriever.encoder
                    if same
                    else open_encoder(snapshot, self._config.device)
                )
                own = snapshot.manifest.configured(self._config)
                before = self._assistant = Assistant(snapshot, encoder, own)
                self._generation = generation
            return before


def newest(dates: list[str | None]) -> str | None:
    """The latest of ISO dates of any precision; None when there is none."""
    return max((date for date in dates if date), default=None)


def _cited_dates(claims: Sequence[Claim]) -> list[str | None]:
    return [citation.document.published for claim in claims for citation in claim.citations]


def _dates(hits: tuple[Hit, ...]) -> list[str | None]:
    return [hit.document.published for hit in hits]
