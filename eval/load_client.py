"""A reader of the page without a browser: asks as the page's script does, and takes the time.

The page sends a question to Gradio's queue and hears of it in a stream of events; so does this.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

SENTENCE = 'class=\\"said\\"'
"""In the JSON of an event: the page shows a proved sentence."""

WHOLE = ('class=\\"pane answer', 'class=\\"pane abstention')
"""The answer, or the abstention, is complete."""

REFUSED = 'class=\\"pane problem'


@dataclass(frozen=True, slots=True)
class Asked:
    """Seconds to the first proved sentence (None without one) and to the end; what went wrong."""

    first: float | None
    whole: float
    error: str = ""


class Reader:
    """One tab of a browser."""

    def __init__(self, client: httpx.AsyncClient, function: int) -> None:
        self._client = client
        self._function = function
        self.tab = uuid.uuid4().hex[:12]

    @classmethod
    async def open(cls, client: httpx.AsyncClient) -> Reader:
        """Opens the page and learns which of its functions answers: it alone has a question, its
        conditions and a conversation as inputs, and shows the answer before it is whole."""
        (await client.get("/")).raise_for_status()
        config = (await client.get("/config")).raise_for_status().json()
        return cls(client, answering(config))

    def beside(self) -> Reader:
        """Another tab, of a page that is open already."""
        return Reader(self._client, self._function)

    async def send(self, question: str) -> httpx.Response:
        """Puts the question into the queue."""
        body = {
            "data": [question, "", None],
            "event_data": None,
            "fn_index": self._function,
            "trigger_id": None,
            "session_hash": self.tab,
        }
        return await self._client.post("/gradio_api/queue/join", json=body)

    async def ask(self, question: str) -> Asked:
        """Asks, and reads the answer to its end."""
        started, first, told = time.perf_counter(), None, ""
        try:
            (await self.send(question)).raise_for_status()
            data = {"session_hash": self.tab}
            async with self._client.stream("GET", "/gradio_api/queue/data", params=data) as events:
                async for line in events.aiter_lines():
                    shown, over = _pane(line)
                    told = told if over or not shown else shown
                    if first is None and SENTENCE in shown:
                        first = time.perf_counter() - started
                    if over:
                        break
            error = _fault(told)
        except httpx.HTTPError as failure:
            error = type(failure).__name__
        return Asked(first, time.perf_counter() - started, error)


def _pane(line: str) -> tuple[str, bool]:
    """What an event changes in the answer's pane, as JSON; and whether it is the last."""
    message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
    kind, output = message.get("msg"), message.get("output") or {}
    data = output.get("data") or [None]
    shown = json.dumps(data[0]) if kind == "process_generating" else ""
    return shown if "pane" in shown else "", kind == "process_completed"


def _fault(told: str) -> str:
    """What is wrong with the last that was shown; empty for an answer or an abstention."""
    if any(mark in told for mark in WHOLE):
        return ""
    if REFUSED in told:
        return "busy" if "questions wait" in told else "problem"
    return "no answer"


def answering(config: dict[str, Any]) -> int:
    """The function of the page that answers questions."""
    for function in config["dependencies"]:
        events = {event for _, event in function["targets"]}
        if {"click", "submit"} <= events and len(function["inputs"]) == 3:
            return int(function["id"])
    raise LookupError("the page has no function that answers")
