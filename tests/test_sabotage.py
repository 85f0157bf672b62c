"""Good answers, broken on purpose: the measure that is meant for it must move, the gate go red.

`pytest tests/test_sabotage.py -s` prints the table; `docs/METRICS.md` holds it, and a test here
holds the document to what is found.
"""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from town import VILLAGES, Line, Town, build_town, facts, write_lines

from eval.answers import load_answers
from eval.baseline import update_baseline
from eval.gates import judge, load_gates
from eval.metrics import LOWER_IS_BETTER
from eval.runs import Run, load_run, open_gold, score

DOCS = Path(__file__).parent.parent / "docs" / "METRICS.md"
GATES = {"town": load_gates()["briefs"]}
"""The project's own gate: a demand that is dropped from it must turn this suite red."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


def scored(town: Town, lines: list[Line], folder: Path) -> Run:
    """By the way of a stranger's answers: file, checked, scored, run file, read back."""
    gold = open_gold(town.gold, town.corpus)
    ids = {item.question.id for item in gold.questions}
    answers = load_answers(write_lines(folder / "answers.jsonl", lines), ids)
    score(gold, answers, town.corpus, system="given", about={}).save(folder / "run.jsonl")
    return load_run(folder / "run.jsonl")


@pytest.fixture(scope="module")
def good(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("good")
    run = scored(town, town.good, folder)
    update_baseline(run, GATES["town"].no_loss, folder)
    return run


@pytest.fixture(scope="module")
def baselines(good: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("baselines")
    return update_baseline(good, GATES["town"].no_loss, folder).parent


Break = Callable[[list[Line], Town], None]
"""Breaks answers in place."""


@dataclass(frozen=True)
class Sabotage:
    """What is done, and the measure that is there to see it; `blind`: nothing sees it."""

    name: str
    measure: str
    breaks: Break
    blind: bool = False


def answered(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.get("citations")]


def shift(line: Line) -> None:
    for citation in line["citations"]:
        citation["start"] += 1
        citation["end"] += 1


def shift_all(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        shift(line)


def shift_one(lines: list[Line], town: Town) -> None:
    shift(answered(lines)[0])


def change_a_digit(lines: list[Line], town: Town) -> None:
    citation = answered(lines)[0]["citations"][0]
    assert "113" in citation["quote"]
    citation["quote"] = citation["quote"].replace("113", "118")


def invent_numbers(lines: list[Line], town: Town) -> None:
    """The same wrong digit in text, claim and quote: nothing disagrees but the source."""
    wrong = str.maketrans("0123456789", "1234567890")
    for line in answered(lines):
        for part in (*line["claims"], *line["citations"]):
            key = "quote" if "quote" in part else "text"
            part[key] = part[key].translate(wrong)
        line["text"] = " ".join(claim["text"] for claim in line["claims"])


def move_a_quote(lines: list[Line], town: Town) -> None:
    other = town.documents[f"{VILLAGES[-1].lower()}.md"]
    citation = answered(lines)[0]["citations"][0]
    citation |= {"document": other.id, "source": other.source, "speaker": other.speaker}


def move_all_quotes(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        own = line["citations"][0]["document"]
        other = next(d for d in town.documents.values() if d.id != own)
        for citation in line["citations"]:
            citation |= {"document": other.id, "source": other.source, "speaker": other.speaker}


def drop_a_speaker(lines: list[Line], town: Town) -> None:
    answered(lines)[0]["citations"][0]["speaker"] = None


def swap_a_speaker(lines: list[Line], town: Town) -> None:
    answered(lines)[0]["citations"][0]["speaker"] = "Another Gazette"


def answer_what_is_not_said(lines: list[Line], town: Town) -> None:
    for line in lines:
        if line["id"].endswith("-mayor"):
            number = VILLAGES.index(line["id"].removesuffix("-mayor").capitalize())
            line |= town.answer(line["id"], facts(number)["mill"]) | {"abstained": False}


def answer_what_is_foreign(lines: list[Line], town: Town) -> None:
    line = next(line for line in lines if line["id"].startswith("far-"))
    line |= town.answer(line["id"], facts(0)["mill"]) | {"abstained": False}


def abstain_always(lines: list[Line], town: Town) -> None:
    lines[:] = [town.silence(line["id"]) for line in lines]


def pad(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        line["text"] += " and so on" * 100


def lose_half(lines: list[Line], town: Town) -> None:
    del lines[::2]


def crash_once(lines: list[Line], town: Town) -> None:
    lines[3] = {"id": lines[3]["id"], "error": "RuntimeError: out of luck"}


def crash_as_abstention(lines: list[Line], town: Town) -> None:
    """An unanswerable question that crashed is not an abstention, whatever it calls itself."""
    line = next(line for line in lines if line.get("abstained"))
    line["error"] = "RuntimeError: out of luck"


def second_best(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        cited = {citation["quote"] for citation in line["citations"]}
        second = next(h["text"] for h in line["hits"] if h["text"] not in cited)
        line |= town.answer(line["id"], second, hits=line["hits"])


def reverse_hits(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        for hit, rank in zip(line["hits"], range(len(line["hits"]), 0, -1), strict=True):
            hit["rank"] = rank


def repeat_citations(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        found = [c for c in line["citations"] for _ in range(5)]
        line["citations"] = [c | {"number": n} for n, c in enumerate(found, 1)]


def strip_claims(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        for claim in line["claims"]:
            claim["citations"] = []


def cite_all_hits(lines: list[Line], town: Town) -> None:
    """Cite whatever was found, and something of it will bear the answer."""
    for line in answered(lines):
        line["citations"] = [
            town.citation(hit["text"], number) for number, hit in enumerate(line["hits"], 1)
        ]


def empty_a_text(lines: list[Line], town: Town) -> None:
    answered(lines)[0]["text"] = ""


def nothing(lines: list[Line], town: Town) -> None:
    """Another order in the file is no change."""
    random.Random(7).shuffle(lines)  # noqa: S311


def quote_everything(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        for citation in line["citations"]:
            text = town.corpus.find(citation["document"], "").text  # type: ignore[union-attr]
            citation |= {"quote": text, "start": 0, "end": len(text)}


def quote_a_letter(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        for citation in line["citations"]:
            at = citation["start"] + 6  # inside every gold quote that begins with the sentence
            letter = citation["quote"][6]
            citation |= {"quote": letter, "start": at, "end": at + 1}


def deny(lines: list[Line], town: Town) -> None:
    for line in answered(lines):
        line["text"] = f"It is false that {line['text']}"


def pad_one(lines: list[Line], town: Town) -> None:
    answered(lines)[0]["text"] += " and so on" * 100


SABOTAGES = [
    Sabotage("every citation shifted by one code point", "quote_exactness", shift_all),
    Sabotage("one citation shifted by one code point", "quote_exactness", shift_one),
    Sabotage("one digit changed in one quote", "quote_exactness", change_a_digit),
    Sabotage("every digit changed, in texts and quotes alike", "correct", invent_numbers),
    Sabotage("one quote moved to another document", "quote_exactness", move_a_quote),
    Sabotage("every quote moved to another document", "supported", move_all_quotes),
    Sabotage("one speaker dropped", "attribution_kept", drop_a_speaker),
    Sabotage("one speaker exchanged", "attribution_kept", swap_a_speaker),
    Sabotage("what is not said, answered", "abstention_recall", answer_what_is_not_said),
    Sabotage(
        "one foreign question answered", "abstention_recall.out-of-domain", answer_what_is_foreign
    ),
    Sabotage("every question met with silence", "false_abstention", abstain_always),
    Sabotage("every answer padded by 300 words", "words", pad),
    Sabotage("half of the questions missing", "completed", lose_half),
    Sabotage("one question crashing", "completed", crash_once),
    Sabotage("one crash that calls itself an abstention", "completed", crash_as_abstention),
    Sabotage("the second best sentence for the best", "correct", second_best),
    Sabotage("hits in reversed order", "mrr@10", reverse_hits),
    Sabotage("every citation five times", "superfluous_citations", repeat_citations),
    Sabotage("claims that cite nothing", "citation_recall", strip_claims),
    Sabotage("everything found is cited", "citation_precision", cite_all_hits),
    Sabotage("one text emptied", "completed", empty_a_text),
    Sabotage("whole documents quoted", "citation_precision", quote_everything, blind=True),
    Sabotage("single letters quoted", "quote_exactness", quote_a_letter, blind=True),
    Sabotage("every answer denied in the same words", "correct", deny, blind=True),
    Sabotage("one answer of many padded by 300 words", "words", pad_one, blind=True),
]


@dataclass(frozen=True)
class Finding:
    sabotage: Sabotage
    before: float
    after: float
    red: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """True when the measure became worse."""
        worse = self.after - self.before
        return worse > 0 if self.sabotage.measure in LOWER_IS_BETTER else worse < 0

    def __str__(self) -> str:
        s = self.sabotage
        red = ", ".join(f"`{name}`" for name in self.red) or "nothing"
        return f"| {s.name} | `{s.measure}` | {self.before:.3f} | {self.after:.3f} | {red} |"


@pytest.fixture(scope="module")
def findings(
    town: Town, good: Run, baselines: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Finding]:
    """Each sabotage done and judged, by its name."""
    found = {}
    folder = tmp_path_factory.mktemp("broken")
    for sabotage in SABOTAGES:
        lines = copy.deepcopy(town.good)
        sabotage.breaks(lines, town)
        run = scored(town, lines, folder)
        red = tuple(v.measure for v in judge(run, GATES, baselines) if not v.passed)
        values = good.measures[sabotage.measure], run.measures[sabotage.measure]
        found[sabotage.name] = Finding(sabotage, *values, red)
    sys.stdout.write(f"\n{table(found)}\n")
    return found


def table(findings: dict[str, Finding]) -> str:
    head = "| sabotage | measure | before | after | the gate names |\n|---|---|---|---|---|"
    return "\n".join([head, *map(str, findings.values())])


def test_the_good_answers_are_good(good: Run, baselines: Path) -> None:
    assert len(good.rows) == 56
    assert all(row.right for row in good.rows)
    perfect = {
        "completed", "correct", "supported", "nugget_recall", "citation_recall",
        "citation_precision", "quote_exactness", "attribution_kept", "abstention_recall",
        "success@1", "mrr@10", "ndcg@10",
    }  # fmt: skip
    assert {name: good.measures[name] for name in perfect} == dict.fromkeys(perfect, 1.0)
    assert [str(v) for v in judge(good, GATES, baselines) if not v.passed] == []


@pytest.mark.parametrize("name", [s.name for s in SABOTAGES if not s.blind])
def test_the_measure_moves_and_the_gate_goes_red(findings: dict[str, Finding], name: str) -> None:
    finding = findings[name]
    assert finding.moved, finding
    assert finding.sabotage.measure in finding.red, finding


@pytest.mark.parametrize("name", [s.name for s in SABOTAGES if s.blind])
def test_what_is_not_seen_is_known(findings: dict[str, Finding], name: str) -> None:
    """When this fails a measure has learned something: move the row up and say so."""
    assert findings[name].red == (), findings[name]


def test_what_changes_nothing_stays_green(
    town: Town, good: Run, baselines: Path, tmp_path: Path
) -> None:
    lines = copy.deepcopy(town.good)
    nothing(lines, town)
    run = scored(town, lines, tmp_path)
    assert run == good
    assert all(verdict.passed for verdict in judge(run, GATES, baselines))


def test_the_documentation_shows_what_the_suite_finds(findings: dict[str, Finding]) -> None:
    assert table(findings) in DOCS.read_text(encoding="utf-8"), (
        f"paste into {DOCS.name}:\n{table(findings)}"
    )
