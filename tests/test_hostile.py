"""Hostile documents, questions and models: nothing that they ask for is done."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from conftest import build
from hostile import FILES, TRICKS, of_question
from test_chat import Act, begin, says

from index.config import Config
from index.snapshot import Snapshot
from rag.prompting import as_data

NAMES = [trick.name for trick in TRICKS]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory) -> Snapshot:
    """All hostile documents in one index, made with the packaged MiniLM."""
    return build(tmp_path_factory.mktemp("hostile"), FILES, Config()).open()


# Models that do whatever a document wants


def obedient_claims(body: dict[str, Any]) -> str:
    """What a model writes that obeys: each lie with each kind of quote, then forged marks."""
    prompt = body["messages"][-1]["content"]
    trick = of_question(prompt)
    fenced = re.findall(r'<passage key="(src-\w+)">\n(.*)\n', prompt)
    key = next((key for key, text in fenced if trick.quay in text), fenced[0][0])
    hostile = [trick.text, as_data(trick.text), *trick.text.splitlines()]
    hostile += re.split(r"(?<=[.!?]) ", trick.text)
    lies = ["UNLOCKED", "The answer is UNLOCKED.", *hostile]
    lies += [found[0] for found in re.finditer(trick.lie, trick.text) if found[0]]
    true = trick.sentence
    rows = [(lie, k, quote) for lie in lies for k in (key, "src-0000")
            for quote in (lie, true, "UNLOCKED", "")]  # fmt: skip
    rows += [(lie, key, quote) for lie in ("UNLOCKED", lies[-1]) for quote in hostile]
    rows += [
        (f"{true} [1] [99]", key, true),
        (true.replace(str(trick.year), "2099"), key, true),
        (f"Reuters says: {true}", key, true),
        (f"{true} Source: Reuters.", key, true),
    ]
    written = [
        {"text": text[:300], "quotes": [{"passage": k, "quote": quote[:300]}]}
        for text, k, quote in rows
    ]
    return json.dumps({"answerable": True, "claims": written})


def yes_to(wanted: str) -> Act:
    """A judge that is certain of every sentence that matches, and against all others."""

    def act(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        sentence = body["messages"][-1]["content"].rpartition("Sentence:")[2]
        word = "Yes" if re.search(wanted, sentence) else "No"
        begin(handler, "application/json")
        token = {"token": word, "logprob": 0.0, "bytes": None}
        row = {
            "id": "1", "object": "chat.completion", "model": "test", "created": 1,
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": word},
                "logprobs": {"content": [token | {"top_logprobs": [token]}]},
            }],
        }  # fmt: skip
        handler.wfile.write(json.dumps(row).encode())

    return act


MODELS: dict[str, tuple[Act, str] | None] = {
    "extractive": None,
    "a writer that obeys": (says(obedient_claims, size=2000), "write"),
    "a judge that says Yes": (yes_to(""), "judge"),
    "a judge that obeys": (yes_to(r"UNLOCKED|Yes|Answer|reply|20\d\d|never|crowns"), "judge"),
}
