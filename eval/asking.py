"""Putting gold questions to a system, so that an interruption loses nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from eval.answers import GivenAnswer, failed, given
from eval.runs import Gold
from rag.assistant import Assistant

Progress = Callable[[int, int], None]

log = logging.getLogger(__name__)


class System(Protocol):
    """Whatever answers questions: ours, a peer's recipe, another product behind an adapter."""

    name: str
    fingerprint: str

    def answer(self, question_id: str, question: str) -> GivenAnswer: ...


class OnRecord:
    """Our own assistant as a system under evaluation."""

    name = "onrecord"

    def __init__(self, assistant: Assistant) -> None:
        self.fingerprint = assistant.fingerprint
        self._assistant = assistant

    def answer(self, question_id: str, question: str) -> GivenAnswer:
        return given(self._assistant.ask(question, question_id), question_id)


def ask_all(
    system: System, gold: Gold, kept: Path | None = None, progress: Progress | None = None
) -> dict[str, GivenAnswer]:
    """Answers by question id. A question that raises is scored as failed, not left out.

    Each answer is appended to `kept` as it comes; a later call with the same system and gold goes
    on from there. The caller deletes the file when the run is saved.
    """
    answers = _kept_answers(kept, system, gold) if kept else {}
    if kept and not answers:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(_key(system, gold)), encoding="utf-8")
    for number, item in enumerate(gold.questions, 1):
        question = item.question
        if question.id not in answers:
            answers[question.id] = _ask(system, question.id, question.question)
            if kept:
                with kept.open("a", encoding="utf-8") as file:
                    # Begins a line of its own even after one that a kill cut short.
                    file.write("\n" + answers[question.id].model_dump_json())
        if progress:
            progress(number, len(gold.questions))
    return answers


def _ask(system: System, question_id: str, question: str) -> GivenAnswer:
    try:
        return system.answer(question_id, question)
    except Exception as error:  # the denominator is the gold file: a crash must not shrink it
        log.warning("question %s failed", question_id, exc_info=True)
        return failed(question_id, question, f"{type(error).__name__}: {error}")


def _key(system: System, gold: Gold) -> dict[str, str]:
    return {"system": system.name, "fingerprint": system.fingerprint, "gold": gold.sha256}


def _kept_answers(kept: Path, system: System, gold: Gold) -> dict[str, GivenAnswer]:
    """What an interrupted run left; nothing when it was another system or gold."""
    if not kept.is_file():
        return {}
    lines = kept.read_text(encoding="utf-8", errors="replace").split("\n")
    try:
        if json.loads(lines[0]) != _key(system, gold):
            return {}
    except ValueError:
        return {}
    answers: dict[str, GivenAnswer] = {}
    for line in lines[1:]:
        try:
            answer = GivenAnswer.model_validate_json(line)
        except ValidationError:
            continue  # the line that the interruption cut short is asked again
        answers[answer.id] = answer
    return answers
