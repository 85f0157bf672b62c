"""A log of what was asked, for those who must account for it. Nothing is logged unless asked for.

JSON Lines, one for each question or search: when, who, the question or its hash, which documents
were cited, how it ended, how long it took. Answers are not in it: they can be asked again. It is
written beneath everything that asks (the page, the HTTP API, MCP), so that none can forget it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from index.errors import InputError, OnRecordError
from rag.answer import Answer, Claim, Hit
from rag.assistant import Assistant
from rag.conversation import Turn
from rag.filters import EVERYTHING, Filters
from ui.visitors import VISITOR

Questions = Literal["hash", "text"]

_SALT_BYTES = 16


class AuditFailed(OnRecordError):
    """A line could not be written, so the answer is not given."""


class AuditLog:
    """A file that only grows. Every line is on the disk (fsync) before its answer is shown."""

    def __init__(self, path: Path, questions: Questions = "hash") -> None:
        self.path = path
        self._questions = questions
        self._lock = threading.Lock()
        try:
            # Its lines say who looked into what: for the owner's eyes.
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            self._end_torn_line()
        except OSError as error:
            raise InputError(
                f"{path}: cannot write the audit log ({error.strerror})", "name another file"
            ) from error

    def write(self, record: dict[str, Any]) -> None:
        """Appends one line. `AuditFailed` when it cannot be brought to the disk."""
        line = json.dumps(record, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            try:
                if os.write(self._file, line) != len(line):
                    self._end_torn_line()
                    raise OSError(0, "the disk is full")
                os.fsync(self._file)
            except OSError as error:
                raise AuditFailed(
                    f"the audit log cannot be written ({error.strerror}), so nothing is answered",
                    "see to its disk",
                ) from error

    def question(self, text: str) -> dict[str, str]:
        """What the log holds of a question: its words, or a hash of them with a salt of its own.

        Whoever knows a question can find it; without the salt, which differs from line to line,
        one table of likely questions would open all lines at once.
        """
        if self._questions == "text":
            return {"question": text}
        return hashed_question(text, secrets.token_hex(_SALT_BYTES))

    def _end_torn_line(self) -> None:
        """A line that a crash or a full disk cut short must not swallow the next one."""
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            with suppress(OSError):  # full: the line that follows will say so
                os.write(self._file, b"\n")


def hashed_question(text: str, salt: str) -> dict[str, str]:
    """SHA-256 of the salt's hex digits, a colon and the question, which is stripped first."""
    digest = hashlib.sha256(f"{salt}:{text.strip()}".encode("utf-8", "backslashreplace"))
    return {"question_sha256": digest.hexdigest(), "salt": salt}


def audited(latest: Callable[[], Assistant], log: AuditLog) -> Callable[[], Assistant]:
    """The same assistant, every question of which is written into the log."""
    return lambda: AuditedAssistant(latest(), log)


class AuditedAssistant(Assistant):
    """Another assistant's parts, and a log. An answer that is stopped is in it as well."""

    def __init__(self, assistant: Assistant, log: AuditLog) -> None:
        self.__dict__.update(assistant.__dict__)
        self._log = log

    def stream(
        self,
        question: str,
        question_id: str | None = None,
        filters: Filters = EVERYTHING,
        earlier: Sequence[Turn] = (),
        strictness: float | None = None,
    ) -> Iterator[Claim | Answer]:
        entry = _Entry(self._log, "ask", question)
        try:
            for item in super().stream(question, question_id, filters, earlier, strictness):
                if isinstance(item, Answer):
                    cited = [citation.document.id for citation in item.citations]
                    entry.end("abstained" if item.abstained else "answered", cited)
                else:
                    entry.documents += [citation.document.id for citation in item.citations]
                yield item
        except GeneratorExit:
            entry.end("stopped")
            raise
        except BaseException:
            entry.end("failed")
            raise

    def search(self, query: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        entry = _Entry(self._log, "search", query)
        try:
            hits = super().search(query, k, filters)
        except BaseException:
            entry.end("failed")
            raise
        entry.end("found", [hit.document.id for hit in hits])
        return hits


class _Entry:
    """One line of the log while its question is worked on."""

    def __init__(self, log: AuditLog, action: str, question: str) -> None:
        self._log = log
        self._action = action
        self._question = log.question(question)
        self._time = datetime.now(UTC)
        self._started = time.perf_counter()
        self._written = False
        self.documents: list[str] = []

    def end(self, outcome: str, documents: Sequence[str] | None = None) -> None:
        """Writes the line, once. `documents` are those cited or found; else those shown so far."""
        if self._written:
            return
        self._written = True
        shown = self.documents if documents is None else documents
        self._log.write(
            {
                "time": self._time.isoformat(timespec="milliseconds"),
                "user": VISITOR.get().user,
                "action": self._action,
                **self._question,
                "outcome": outcome,
                "documents": list(dict.fromkeys(shown)),
                "seconds": round(time.perf_counter() - self._started, 3),
            }
        )
