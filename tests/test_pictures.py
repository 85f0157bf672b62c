"""Pictures of pages: the words of a place are marked on them, and no file does harm or stays."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import pytest
from conftest import HASHING, build
from fastapi import FastAPI
from pdf_samples import LEDGER, MEETING, column, made
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from index.documents import Document
from index.errors import InputError
from index.indexing import remove
from index.layout import boxes
from index.store import IndexFolder
from rag.assistant import LiveAssistant
from ui.desk import Desk
from ui.pictures import DRAWN_AT_A_TIME, WIDTH, Pictures, draw, pages, router

WORDS = "nine ships"


def two_pages(canvas: Canvas) -> None:
    column(canvas, [MEETING], 40, 540, 340)
    canvas.showPage()
    column(canvas, [LEDGER], 40, 540, 340)


PDF = made(two_pages)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    files = {"pier.pdf": PDF, "notes.txt": "The pier of Varn was mended in May.\n"}
    return build(tmp_path_factory.mktemp("pictures"), files, HASHING)


@pytest.fixture
def desk(folder: IndexFolder) -> Desk:
    return Desk(LiveAssistant(folder.path), folder, HASHING)


@pytest.fixture
def client(desk: Desk) -> TestClient:
    app = FastAPI()
    app.include_router(router(desk))
    return TestClient(app)


def document(folder: IndexFolder, name: str = "pier.pdf") -> Document:
    return folder.open().find(name)


def place(found: Document, words: str) -> tuple[int, int]:
    start = found.text.index(words)
    return start, start + len(words)


def pixels(png: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(png))).astype(int)


def test_the_words_of_a_place_are_marked_and_nothing_else(client, folder):
    found = document(folder)
    start, end = place(found, WORDS)
    (page,) = pages(found, start, end)
    assert page == 1
    plain = client.get(f"/pictures/{found.id}/{page}")
    marked = client.get(f"/pictures/{found.id}/{page}?at={start}-{end}")
    assert marked.headers["content-type"] == "image/png"
    before, after = pixels(plain.content), pixels(marked.content)
    assert after.shape[1] == WIDTH
    scale = WIDTH / 420
    changed = np.argwhere((before != after).any(axis=2)) / scale
    (box,) = boxes(found.layout, start, end)
    assert changed.min(axis=0) == pytest.approx([box.top, box.left], abs=1.5)
    assert changed.max(axis=0) == pytest.approx([box.bottom, box.right], abs=1.5)
    ink = before.max(axis=2) < 20
    assert after[ink].max() <= 40, "what is marked stays as dark as it was"
    other = client.get(f"/pictures/{found.id}/0?at={start}-{end}").content
    assert (pixels(other) == pixels(client.get(f"/pictures/{found.id}/0").content)).all()


def test_a_place_over_two_pages_has_two(folder):
    found = document(folder)
    start, end = found.text.index("northern pier"), found.text.index(WORDS)
    assert pages(found, start, end) == (0, 1)
    assert pages(found, start, end, folder.open()) == (0, 1)
    notes = document(folder, "notes.txt")
    assert pages(notes, 0, 8) == ()


@pytest.mark.parametrize(
    "path",
    ["pier/2", "pier/x", "pier/-1", "pier/1?at=5", "pier/1?at=a-b", "pier/1?at=9999999999-2",
     "notes/0", "0123456789abcdef/0", "..%2Fpier/0"],
)  # fmt: skip
def test_what_is_not_there_is_not_found_and_says_so(client, folder, path):
    for name in ("pier.pdf", "notes.txt"):
        path = path.replace(name.split(".")[0], document(folder, name).id, 1)
    answer = client.get(f"/pictures/{path}")
    assert answer.status_code == 404
    assert len(answer.text) > 8


def test_originals_that_were_not_kept_have_no_pictures(tmp_path: Path):
    config = HASHING.model_copy(update={"keep_originals": False})
    folder = build(tmp_path, {"pier.pdf": PDF}, config)
    found, app = document(folder), FastAPI()
    app.include_router(router(Desk(LiveAssistant(folder.path), folder, config)))
    assert pages(found, *place(found, WORDS), folder.open()) == ()
    assert TestClient(app).get(f"/pictures/{found.id}/1").status_code == 404


def test_pictures_of_a_removed_document_are_forgotten(tmp_path: Path):
    folder = build(tmp_path, {"pier.pdf": PDF, "notes.txt": "The pier was mended.\n"}, HASHING)
    pictures = Pictures(Desk(LiveAssistant(folder.path), folder, HASHING))
    id_ = document(folder).id
    wanted = pictures.wanted(id_, "0")
    drawn = pictures.drawn(wanted)
    assert pictures.remembered(wanted) == drawn
    remove(folder, [id_])
    with pytest.raises(InputError, match="not in the index"):
        pictures.wanted(id_, "0")
    assert pictures.remembered(wanted) is None


def test_what_is_remembered_is_bounded(desk, folder):
    id_ = document(folder).id
    size = len(draw(PDF, 0))
    pictures = Pictures(desk, most=int(1.5 * size))
    first, second = pictures.wanted(id_, "0"), pictures.wanted(id_, "1")
    pictures.drawn(first)
    pictures.drawn(second)
    assert pictures.remembered(first) is None
    assert pictures.remembered(second)
    small = Pictures(desk, most=size // 2)
    assert small.drawn(first) == draw(PDF, 0)
    assert small.remembered(first) is None


def test_what_takes_too_long_or_too_much_is_given_up():
    endless = made(lambda canvas: [canvas.circle(200, 300, 200, fill=1) for _ in range(200_000)])
    with pytest.raises(InputError, match="page 1 cannot be drawn"):
        draw(endless, 0, seconds=0.3)
    with pytest.raises(InputError, match="page 1 cannot be drawn"):
        draw(PDF, 0, megabytes=4)
    with pytest.raises(InputError, match="not a PDF"):
        draw(b"GIF89a", 0)
    with pytest.raises(InputError, match="no page 3, of 2"):
        draw(PDF, 2)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are counted in /proc")
def test_two_are_drawn_at_a_time(desk, folder):
    """Eight readers at once: each gets the picture, and no third process is ever there."""
    found, seen = document(folder), []
    app = FastAPI()
    app.include_router(router(desk))

    async def read() -> list[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            places = [f"/pictures/{found.id}/1?at={at}-{at + 9}" for at in range(400, 720, 40)]
            asked = [asyncio.create_task(client.get(place)) for place in places]
            while not all(task.done() for task in asked):
                seen.append(workers())
                await asyncio.sleep(0.01)
            return [task.result().status_code for task in asked]

    assert asyncio.run(read()) == [200] * 8
    assert max(seen) == DRAWN_AT_A_TIME


def workers() -> int:
    """Processes below this one that draw pictures."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            drawing = b"ui.pictures_worker" in (folder / "cmdline").read_bytes()
            found += drawing and int(parent) == os.getpid()
    return found
