"""`onrecord eval load`: the page under load, with 1, 10 and 50 readers at once, in one table.

A real server in a process of its own over an index of any size; readers who speak to it as the
page does (`eval.load_client`), each of whom asks the next question when the last is answered. They
run on the same machine and take their share of its processor.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from eval.load_client import Asked, Reader
from eval.results import machine
from eval.runs import write_lines
from eval.speed_corpus import drawn, pool, real, write
from eval.speed_process import ONRECORD
from index.config import Config
from index.encoder import ENCODERS, Progress
from index.errors import InputError
from index.store import IndexFolder

USERS = (1, 10, 50)
ANSWER_SECONDS = 300.0
"""Longer than anybody waits: an answer that takes as long counts as an error."""

CHROMIUM = Path("/usr/bin/chromium")
STARTS = 3
"""Servers that are started for what a browser sees."""

LOOK = 0.1
"""Seconds between two looks at the server's memory."""

SHOWN = ".pane.working .said, .pane.answer .said, .pane.abstention .reason"
"""A proved sentence, or why there is none, as `ui.render` marks them."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@dataclass(frozen=True, slots=True)
class Plan:
    """`texts` real documents make the sentences of a corpus of `passages`; each reader asks
    `questions`, of those that the public collections have for these texts."""

    bench: Path
    work: Path
    passages: int = 10_000
    texts: int = 60
    users: Sequence[int] = USERS
    questions: int = 4
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """So many readers at once. Times in seconds; memory in bytes, the server's own (anonymous)
    and all that it held, with pages of mapped files."""

    users: int
    asked: int
    errors: tuple[str, ...]
    first: tuple[float, ...]
    whole: tuple[float, ...]
    seconds: float
    own: int
    resident: int

    def percentile(self, values: Sequence[float], n: float) -> float:
        return float(np.percentile(values, n)) if values else float("nan")


@dataclass(slots=True)
class Load:
    """All that was measured. `ready` and `sentence` are a browser's: from the server's word that
    it is up, and from a click on Ask; None where there is no browser."""

    machine: str
    passages: int
    idle_own: int = 0
    ready: tuple[float, ...] = ()
    sentence: tuple[float, ...] = ()
    levels: list[Level] = field(default_factory=list)
    load: list[float] = field(default_factory=list)


def measure(
    plan: Plan, out: Path, config: Config, progress: Progress | None = None
) -> Iterator[str]:
    """Measures level by level and says a line about each; writes load.json and load.md."""
    index, questions = corpus(plan, config, progress)
    found = Load(machine(), plan.passages)
    found.ready, found.sentence = browsed(index, questions[:STARTS])
    yield f"page ready {_seconds(found.ready)} s, first sentence {_seconds(found.sentence)} s"
    with served(index) as (url, process):
        found.idle_own = memory(process)["RssAnon"]
        for users in plan.users:
            level = asyncio.run(loaded(url, process, questions, users, plan.questions))
            found.levels.append(level)
            found.load.append(round(os.getloadavg()[0], 2))
            yield f"{users} readers: p95 {level.percentile(level.whole, 95):.2f} s"
    write_lines(out / "load.json", [json.dumps(asdict(found), indent=1)])
    write_lines(out / "load.md", markdown(found))


def corpus(
    plan: Plan, config: Config, progress: Progress | None = None
) -> tuple[Path, tuple[str, ...]]:
    """An index made up of real sentences (`eval.speed_corpus`), kept for the next time; and
    questions."""
    texts = real(plan.bench)
    questions = drawn(texts.questions, 1000, plan.seed)
    index = plan.work / f"index-{plan.passages}"
    if not IndexFolder(index).exists():
        encoder = ENCODERS[config.encoder](config.device)
        documents = texts.documents[:: max(1, len(texts.documents) // plan.texts)]
        sentences = pool(documents, encoder, config, progress)
        write(IndexFolder(index), sentences, encoder, config, plan.passages, plan.seed)
    return index, tuple(questions)


@contextmanager
def served(index: Path) -> Iterator[tuple[str, int]]:
    """The address and the process of `onrecord serve`, which ends with the block."""
    command = [*ONRECORD, "serve", "--port", "0", "--index", str(index)]
    # Of one address a thousand calls a minute would be an attack; here they are the readers.
    command += ["--calls-per-minute", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = process.stdout.readline() if process.stdout else ""
            if " at http://" not in line:
                raise InputError("the server did not start", "see its message")
            yield line.split()[3], process.pid
        finally:
            process.terminate()


def browsed(index: Path, questions: Sequence[str]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """In Chromium, for each question with a server that has just been started: seconds until the
    page can be typed into, and from the click on Ask to the first sentence (or the abstention)."""
    if find_spec("playwright") is None or not CHROMIUM.exists():
        return (), ()
    from playwright.sync_api import sync_playwright

    ready, sentence = [], []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        for question in questions:
            with served(index) as (url, _):
                page = chromium.new_context().new_page()
                started = time.perf_counter()
                page.goto(url)
                box = page.locator("#asking textarea")
                box.wait_for()
                ready.append(round(time.perf_counter() - started, 3))
                box.fill(question)
                asked = time.perf_counter()
                page.locator("#ask").click()
                page.locator(SHOWN).first.wait_for()
                sentence.append(round(time.perf_counter() - asked, 3))
                page.context.close()
        chromium.close()
    return tuple(ready), tuple(sentence)


async def loaded(url: str, process: int, questions: Sequence[str], users: int, each: int) -> Level:
    """`users` readers at once, each of whom asks `each` questions one after the other."""
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=url, timeout=ANSWER_SECONDS, limits=limits, trust_env=False
    ) as client:
        readers = [await Reader.open(client) for _ in range(users)]
        tasks = [
            asyncio.create_task(_asking(reader, questions, n, each))
            for n, reader in enumerate(readers)
        ]
        started, own = time.perf_counter(), 0
        while (await asyncio.wait(tasks, timeout=LOOK))[1]:
            own = max(own, memory(process)["RssAnon"])
        seconds = time.perf_counter() - started
    answers = [answer for task in tasks for answer in task.result()]
    right = [answer for answer in answers if not answer.error]
    return Level(
        users,
        len(answers),
        tuple(sorted(answer.error for answer in answers if answer.error)),
        tuple(round(a.first, 4) for a in right if a.first is not None),
        tuple(round(a.whole, 4) for a in right),
        round(seconds, 2),
        own,
        memory(process)["VmHWM"],
    )


async def _asking(reader: Reader, questions: Sequence[str], n: int, each: int) -> list[Asked]:
    return [await reader.ask(questions[(n * each + i) % len(questions)]) for i in range(each)]


def memory(process: int) -> dict[str, int]:
    """Sizes in bytes by their names in /proc (proc_pid_status(5)); 0 where there is none."""
    found = {"RssAnon": 0, "VmHWM": 0}
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] = int(value.split()[0]) * 1024
    return found


def markdown(found: Load) -> list[str]:
    """The table, and what a browser saw."""
    rows = [_row(level) for level in found.levels]
    load = ", ".join(f"{value:.1f}" for value in found.load)
    return [
        "# The page under load",
        "",
        f"{found.machine}. {found.passages:,} passages. Readers and server on one machine; its "
        f"load after each row: {load}.",
        "",
        "| readers at once | questions | errors | first sentence p50 / p95 (s) | "
        "answer p50 / p95 (s) | answers a second | memory: own / with mapped files (MiB) |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Before the first question the server's own memory was {found.idle_own / 2**20:.0f} MiB. "
        f"In Chromium the page could be typed into {_seconds(found.ready)} s after the server was "
        f"up, and the first sentence stood there {_seconds(found.sentence)} s after the click on "
        "Ask (of a server that had answered nothing before).",
    ]


def _row(level: Level) -> str:
    def both(values: Sequence[float]) -> str:
        return f"{level.percentile(values, 50):.2f} / {level.percentile(values, 95):.2f}"

    errors = f"{len(level.errors)}" + (f" ({', '.join(set(level.errors))})" if level.errors else "")
    memory = f"{level.own / 2**20:.0f} / {level.resident / 2**20:.0f}"
    rate = len(level.whole) / level.seconds
    return (
        f"| {level.users} | {level.asked} | {errors} | {both(level.first)} | "
        f"{both(level.whole)} | {rate:.1f} | {memory} |"
    )


def _seconds(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}" if values else "(no browser here)"
