"""Many at once: who waits, who is served, who is turned away; and a server that is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import HASHING, LIBRARY, MakeIndex
from hypothesis import given
from hypothesis import strategies as st
from serving import COMMAND, served, started

from eval.load_client import Reader
from index.indexing import add
from index.store import IndexFolder, damages
from rag.assistant import open_assistant
from ui.queueing import LOOK, MOST_WAITING_EACH, Busy, FairQueue, Gone, in_turn

QUESTION = "How thick was the ice on the second morning?"
WAITING = "Wait, please: how thick was the ice on the second morning of the winter?"

SERVER = """
import sys, time
from pathlib import Path
from rag.composers import COMPOSERS
from rag.extractive import ExtractiveComposer
from ui.desk import open_desk
from ui.web import serve

class Patient(ExtractiveComposer):  # answers some questions only when a file is there
    def compose(self, found):
        while found.text.startswith("Wait") and not Path(sys.argv[2]).exists():
            time.sleep(0.02)
        yield from super().compose(found)

COMPOSERS["extractive"] = lambda late, config: Patient(late)
serve(open_desk(sys.argv[1]), port=0, announce=lambda url: print(url, flush=True))
"""

Actions = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["join", "leave", "abandon"])))


@given(Actions, st.integers(1, 3), st.integers(0, 2))
def test_the_queue_is_bounded_and_serves_clients_in_turn(
    actions: list[tuple[str, str]], places: int, left_behind: int
):
    queue = FairQueue(places, waiting=6, each=3, left_behind=left_behind)
    tickets = []
    for client, action in actions:
        mine = [ticket for ticket in tickets if ticket.client == client]
        waiting = [ticket for ticket in mine if ticket.state == "waiting"]
        if action == "join":
            full = len(waiting) >= 3 or queue.waiting >= 6
            try:
                tickets.append(queue.join(client))
            except Busy:
                assert full
            else:
                assert not full
        elif mine:
            getattr(mine[0], action)()
        tickets = [ticket for ticket in tickets if ticket.state != "left"]
        states = Counter(ticket.state for ticket in tickets)
        assert (queue.running, queue.abandoned) == (states["running"], states["abandoned"])
        assert queue.waiting == states["waiting"] <= 6
        assert queue.running <= places
        assert queue.running + queue.abandoned <= places + left_behind
        if queue.waiting:  # nobody waits beside a free place
            assert queue.running == places - max(0, queue.abandoned - left_behind)
        for client_ in "abc":  # of one client the oldest first
            theirs = [ticket.state for ticket in tickets if ticket.client == client_]
            running = [n for n, state in enumerate(theirs) if state != "waiting"]
            assert running == list(range(len(running)))


def test_one_who_asks_much_delays_nobody_else():
    queue, order = FairQueue(places=1, each=50), list[str]()
    tickets = [queue.join("greedy") for _ in range(20)] + [queue.join(c) for c in ("ada", "ben")]
    while queue.running:
        [running] = [ticket for ticket in tickets if ticket.state == "running"]
        order.append(running.client)
        running.leave()
    assert order[:4] == ["greedy", "greedy", "ada", "ben"]
    assert len(order) == 22


def test_a_place_is_free_when_its_client_has_left():
    async def attempt() -> None:
        queue, done = FairQueue(places=1, left_behind=1), threading.Event()
        there = True

        async def is_there() -> bool:
            return there

        working = asyncio.create_task(in_turn(queue, "a", lambda: done.wait(30), is_there))
        waiting = asyncio.create_task(in_turn(queue, "b", lambda: "b", is_there))
        await asyncio.sleep(0.05)
        assert (queue.running, queue.waiting) == (1, 1)
        there = False
        for task in (working, waiting):
            with pytest.raises(Gone):
                await asyncio.wait_for(task, 3 * LOOK)
        assert (queue.running, queue.abandoned, queue.waiting) == (0, 1, 0)
        assert await in_turn(queue, "c", lambda: "c") == "c"  # beside what was left behind
        cancelled = asyncio.create_task(in_turn(queue, "d", lambda: done.wait(30)))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert queue.abandoned == 2
        late = asyncio.create_task(in_turn(queue, "e", lambda: "e"))  # no more beside those two
        await asyncio.sleep(0.05)
        assert queue.waiting == 1
        done.set()
        assert await asyncio.wait_for(late, 5) == "e"
        assert (queue.running, queue.abandoned) == (0, 0)

    asyncio.run(attempt())


@pytest.fixture
def patient(library: IndexFolder, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server that answers some questions only when a file is there."""
    with started(SERVER, str(library.path), str(tmp_path / "go")) as url:
        yield url, tmp_path / "go"


def test_too_many_at_once_are_told_so_and_those_who_leave_make_room(patient: tuple[str, Path]):
    url, go = patient

    async def attempt() -> None:
        # A connection that idles for 5 s is closed by the server, perhaps as it is used again.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=url, timeout=60, limits=limits, trust_env=False
        ) as client:

            def ask() -> asyncio.Task[httpx.Response]:
                return asyncio.create_task(client.post("/api/ask", json={"question": WAITING}))

            tasks = [ask() for _ in range(20)]
            done, waiting = await asyncio.wait(tasks, timeout=5)
            assert {answer.result().status_code for answer in done} == {503}
            refused = next(iter(done)).result()
            assert int(refused.headers["Retry-After"]) > 0
            assert "wait already" in refused.json()["error"]["what"]
            reader = await Reader.open(client)
            patient_tab, greedy_tab = reader.beside(), reader.beside()
            asked = asyncio.create_task(patient_tab.ask(QUESTION))  # a client of its own
            for _ in range(MOST_WAITING_EACH):
                (await greedy_tab.send(WAITING)).raise_for_status()
            assert (await greedy_tab.ask(WAITING)).error == "busy"
            assert not asked.done()
            for task in list(waiting)[:6]:
                task.cancel()
            await asyncio.sleep(2.5 * LOOK)
            more = [ask() for _ in range(4)]
            assert not (await asyncio.wait(more, timeout=2))[0]  # taken in, and waiting
            go.touch()
            answers = await asyncio.gather(*list(waiting)[6:], *more)
            assert {answer.status_code for answer in answers} == {200}
            assert {answer.json()["abstained"] for answer in answers} == {False}
            assert (await asked).error == ""

    asyncio.run(asyncio.wait_for(attempt(), 90))


def test_fifty_readers_at_once_are_all_answered_and_the_server_ends_quietly(library: IndexFolder):
    async def attempt(url: str) -> list[str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=url, timeout=120, limits=limits, trust_env=False
        ) as client:
            first = await Reader.open(client)
            readers = [first, *(first.beside() for _ in range(49))]
            return [a.error for a in await asyncio.gather(*(r.ask(QUESTION) for r in readers))]

    with httpx.Client(trust_env=False, timeout=60) as page, served(library.path) as (url, server):
        errors = asyncio.run(asyncio.wait_for(attempt(url), 150))
        assert errors == [""] * 50
        with page.stream("GET", f"{url}/gradio_api/heartbeat/tab") as heartbeat:
            next(heartbeat.iter_lines())
            server.send_signal(signal.SIGINT)  # with a page open: it ends, and `served` looks how
            server.wait(30)


def test_killed_under_load_in_the_middle_of_an_addition_nothing_is_lost(
    make_index: MakeIndex, tmp_path: Path
):
    folder = make_index(LIBRARY)
    before = sorted(folder.open().documents)
    more = tmp_path / "more"
    more.mkdir()
    for n in range(300):
        (more / f"mill-{n}.txt").write_text(f"Mill {n} of Arnwick ground {n} sacks of rye.\n" * 20)
    settings = tmp_path / "onrecord.toml"
    settings.write_text('encoder = "hashing"\n')
    command = [*COMMAND, "add", str(more), "--index", str(folder.path), "--config", str(settings)]
    no_limit = ("--calls-per-minute", "100000")
    with served(folder.path, *no_limit) as (url, server), ThreadPoolExecutor(8) as pool:
        over = threading.Event()

        def asking() -> int:
            answered = 0
            with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
                while not over.is_set():
                    try:
                        answer = client.post("/api/ask", json={"question": QUESTION})
                    except httpx.HTTPError:  # it was killed
                        break
                    assert answer.status_code in (200, 503), answer.text
                    answered += answer.status_code == 200
            return answered

        loads = [pool.submit(asking) for _ in range(8)]
        with subprocess.Popen(command, start_new_session=True) as adding:
            deadline = time.monotonic() + 60
            while not folder.waiting() and adding.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            os.killpg(adding.pid, signal.SIGKILL)
        server.kill()
        over.set()
        assert sum(load.result(30) for load in loads) > 0
    remains = "left by a writer that was stopped"  # which the next addition clears away
    assert [line for line in damages(folder) if remains not in line] == []
    after = sorted(folder.open().documents)
    assert after == before or len(after) == len(before) + 300
    assert not add(folder, [str(more)], HASHING).failed
    assert damages(folder) == []
    assert len(folder.open().documents) == len(before) + 300
    with served(folder.path) as (url, _):  # up again, with all of it
        told = httpx.post(f"{url}/api/ask", json={"question": QUESTION}, trust_env=False).json()
    expected = open_assistant(folder.path).ask(QUESTION).to_json()
    assert told | {"seconds": 0} == expected | {"seconds": 0}
