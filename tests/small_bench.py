"""The public collections in small: files in their published forms, about the villages of `town`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from town import VILLAGES, facts


def write_bench(folder: Path) -> Path:
    """`squad2_articles.json`, `xquad.en.json` and `pubmedqa.json`, of different villages."""
    folder.mkdir(parents=True, exist_ok=True)
    squad = {"version": "v2.0", "data": [_article(n, is_impossible=False) for n in range(4)]}
    xquad = {"data": [_article(n) for n in (4, 5)]}
    pubmed = {
        str(n): {
            "QUESTION": f"What is known of {VILLAGES[n]}?",
            "CONTEXTS": list(facts(n).values()),
        }
        for n in (6, 7)
    }
    for name, content in (
        ("squad2_articles.json", squad),
        ("xquad.en.json", xquad),
        ("pubmedqa.json", pubmed),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def _article(number: int, **of_a_question: Any) -> dict[str, Any]:
    said = list(facts(number).values())
    context = " ".join(said)
    questions = [
        {
            "id": f"{number}-{place}",
            "question": f"What is there to say of {' '.join(sentence.split()[1:5])}?",
            "answers": [{"text": sentence, "answer_start": context.index(sentence)}],
            **of_a_question,
        }
        for place, sentence in enumerate(said)
    ]
    paragraph = {"context": context, "qas": questions}
    return {"title": VILLAGES[number], "paragraphs": [paragraph]}
