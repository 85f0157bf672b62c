"""Putting each question to several systems in turns, and keeping what was measured meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.answer_facts import unquoted
from eval.answers import GivenAnswer, failed, given
from eval.asking import Progress
from eval.peers import LangChainChat, LangChainTutorial
from eval.runs import Gold
from index.config import Config
from index.documents import sha256_hex
from index.indexing import open_encoder
from index.snapshot import Snapshot
from rag.answer import Answer, Claim
from rag.assistant import Assistant

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

log = logging.getLogger(__name__)

BASE = "extractive"
"""The system that needs no model: what a model is worth is the difference from it."""

OURS: dict[str, dict[str, str | None]] = {
    BASE: {"composer": "extractive", "model": None, "base_url": None},
    "judge": {"composer": "chat", "model_role": "judge"},
    "write": {"composer": "chat", "model_role": "write"},
}
"""Our own ways to an answer, by name, and the settings that make them."""

BASELINE = LangChainChat.name
SYSTEMS = (*OURS, BASELINE)


class Reply(BaseModel):
    """One system's answer to one question, and what was measured while it came.

    `seconds` are wall time for all of it, `first` up to the first proven claim. `fell_back`: the
    model failed and the answer is extractive. `withheld` are statements that were not proved, with
    the reason; `unquoted` are numbers, dates and names of claims
    shown that no quote of theirs has; None where nothing is quoted. `key` names what made it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    system: str
    answer: GivenAnswer
    seconds: float
    first: float | None = None
    fell_back: bool = False
    withheld: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unquoted: tuple[str, ...] | None = None


Answering = Callable[[str, str], Reply]
"""From the id of a question and its words to what is said and measured."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A system over one collection. `key` names all that its answers depend on."""

    name: str
    key: str
    answer: Answering


def ask_in_turns(
    entrants: Sequence[Entrant], gold: Gold, part: Path, progress: Progress | None = None
) -> dict[str, dict[str, Reply]]:
    """Replies by system and question id; what `part` holds already is not asked again.

    A question that raises is a failed answer with the time it took, not one less.
    """
    replies = kept_replies(part, entrants)
    order = list(entrants)
    for number, item in enumerate(gold.questions, 1):
        question = item.question
        for entrant in order:
            if question.id in replies[entrant.name]:
                continue
            reply = _reply(entrant, question.id, question.question)
            replies[entrant.name][question.id] = reply
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("a", encoding="utf-8") as file:
                # Begins a line of its own even after one that a kill cut short.
                file.write("\n" + reply.model_dump_json())
        order = [*order[1:], order[0]]
        if progress:
            progress(number, len(gold.questions))
    return replies


def _reply(entrant: Entrant, question_id: str, question: str) -> Reply:
    started = time.perf_counter()
    try:
        return entrant.answer(question_id, question)
    except Exception as error:  # the denominator is the gold file: a crash must not shrink it
        log.warning("question %s failed for %s", question_id, entrant.name, exc_info=True)
        answer = failed(question_id, question, f"{type(error).__name__}: {error}")
        seconds = round(time.perf_counter() - started, 4)
        return Reply(key=entrant.key, system=entrant.name, answer=answer, seconds=seconds)


def kept_replies(part: Path, entrants: Sequence[Entrant]) -> dict[str, dict[str, Reply]]:
    """What an interrupted run left of these systems. What other code, another model or other gold
    made is passed over, and that is said."""
    replies: dict[str, dict[str, Reply]] = {entrant.name: {} for entrant in entrants}
    keys = {entrant.name: entrant.key for entrant in entrants}
    text = part.read_text(encoding="utf-8", errors="replace") if part.is_file() else ""
    other = 0
    for line in text.split("\n"):
        try:
            reply = Reply.model_validate_json(line)
        except ValidationError:
            continue  # the line that the interruption cut short is asked again
        if keys.get(reply.system) == reply.key:
            replies[reply.system][reply.answer.id] = reply
        else:
            other += reply.system in keys
    if other:
        log.warning("%s: %d answers of other code, model, settings or gold not used", part, other)
    return replies


def entrants(
    names: Sequence[str],
    gold: Gold,
    snapshot: Snapshot,
    config: Config,
    model: BaseChatModel | None,
) -> list[Entrant]:
    """The systems over one index, with one encoder and one model in memory for all of them.

    `model` is the one that `config` names, for the baseline.
    """
    own = snapshot.manifest.configured(config)
    encoder = open_encoder(snapshot, own.device)
    made_by = f"{gold.sha256} {code_sha256()} {model_sha256(own)}"
    found = []
    for name in names:
        if name in OURS:
            assistant = Assistant(snapshot, encoder, own.model_copy(update=OURS[name]))
            key = _key(name, assistant.fingerprint, made_by)
            found.append(Entrant(name, key, _ours(assistant, name, key)))
        else:
            assert model is not None  # noqa: S101 - a plan with this system needs one
            tutorial = LangChainTutorial(snapshot.documents.values(), encoder)
            chat = LangChainChat(tutorial, model, own.model or "", own.model_seconds)
            key = _key(name, chat.fingerprint, made_by)
            found.append(Entrant(name, key, _theirs(chat, key)))
    # Whoever is asked first would pay for what is loaded at its first use.
    first = Assistant(snapshot, encoder, own.model_copy(update=OURS[BASE]))
    _reply(Entrant(BASE, "", _ours(first, BASE, "")), "first", gold.questions[0].question.question)
    return found


def _key(*made_of: str) -> str:
    return sha256_hex(" ".join(made_of).encode())[:16]


def _ours(assistant: Assistant, name: str, key: str) -> Answering:
    def answer(question_id: str, question: str) -> Reply:
        started = time.perf_counter()
        first: float | None = None
        for part in assistant.stream(question, question_id):
            if isinstance(part, Claim) and first is None:
                first = round(time.perf_counter() - started, 4)
        seconds = round(time.perf_counter() - started, 4)
        assert isinstance(part, Answer)  # noqa: S101 - the last thing a stream gives
        return Reply(
            key=key,
            system=name,
            answer=given(part, question_id),
            seconds=seconds,
            first=first,
            fell_back=part.composer == BASE != assistant.config.composer,
            withheld=tuple(f"{held.text} ({held.reason})" for held in part.withheld),
            notes=part.notes,
            unquoted=tuple(fact for claim in part.claims for fact in unquoted(claim)),
        )

    return answer


def _theirs(chat: LangChainChat, key: str) -> Answering:
    def answer(question_id: str, question: str) -> Reply:
        started = time.perf_counter()
        found = chat.answer(question_id, question)
        seconds = round(time.perf_counter() - started, 4)
        return Reply(key=key, system=chat.name, answer=found, seconds=seconds)

    return answer


def model_sha256(config: Config) -> str:
    """The SHA-256 in the record of a pulled model; "" for one that has no record."""
    from rag.models import ModelStore, models_folder

    store, name = ModelStore(models_folder()), (config.model or "").removeprefix("gguf:")
    return store.record(name).sha256 if store.holds(name) else ""


@cache
def code_sha256() -> str:
    """Of all that makes answers: an interrupted run must not go on with other code.

    Read once: a file that is edited while the bench runs is not what is running.
    """
    root = Path(__file__).resolve().parent.parent
    files = sorted(
        path
        for room, pattern in (("index", "*.py"), ("rag", "*.py"), ("rag", "*.md"))
        for path in (root / room).rglob(pattern)
    )
    content = b"\0".join(path.read_bytes() for path in (*files, root / "eval" / "peers.py"))
    return sha256_hex(content)
