"""Chat models on this machine: pulled from a registry and a hub on loopback, verified, removed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from index.errors import InputError
from rag.model_catalogue import CATALOGUE, PackagedModel, Part
from rag.model_pulling import pull
from rag.models import (
    ModelDamaged,
    ModelMissing,
    ModelsLocked,
    ModelStore,
    PullFailed,
    bytes_in,
)
from ui.cli import app, main

CONTENT = b"GGUF" + bytes(range(256)) * 2000  # half a megabyte
CUTS = [0, 200_000, 400_000, len(CONTENT)]
COMMIT = "a" * 40


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wheel(name: str, member: str, content: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    return file.getvalue()


class Server:
    """Pages and files on loopback, what was asked for, and one path that hangs half way."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.hangs = ""
        self.half_sent = threading.Event()
        self.go_on = threading.Event()

    def times(self, part: str) -> int:
        return sum(path.endswith(part) for path, _ in self.asked)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A simple package index (PEP 503) and hub; pip and huggingface_hub know no other."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            path, _, _ = self.path.partition("?")
            if body:
                served.asked.append((path, self.headers["Range"]))
            if path not in served.pages:
                self.send_error(404)
                return
            start = int(re.sub(r"\D", "", self.headers["Range"] or "0"))
            content = served.pages[path][start:]
            self.send_response(206 if start else 200)
            for name, value in served.headers.get(path, {"Content-Type": "text/html"}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body and path == served.hangs:
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                served.half_sent.set()
                served.go_on.wait(60)
            elif body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    served = Server(f"http://127.0.0.1:{http.server_port}")
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    for name in [name for name in os.environ if name.startswith(("PIP_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{served.address}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("HF_ENDPOINT", served.address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    yield served
    served.go_on.set()
    http.shutdown()
    http.server_close()


def offer(server: Server, number: int, content: bytes, member: str = "data.bin") -> str:
    """Puts a package into the index; the path of its wheel."""
    name = f"tiny_part{number}"
    path = f"/files/{name}-1.0-py3-none-any.whl"
    server.pages[path] = wheel(name, member, content)
    server.headers[path] = {"Content-Type": "application/octet-stream"}
    page = f'<a href="{path}">{path.rpartition("/")[2]}</a>'
    server.pages[f"/simple/tiny-part{number}/"] = page.encode()
    return path


class Tiny(NamedTuple):
    model: PackagedModel
    wheels: list[str]


@pytest.fixture
def tiny(server: Server) -> Tiny:
    """A model in three packages of the index."""
    pieces = [CONTENT[a:b] for a, b in pairwise(CUTS)]
    parts = tuple(
        Part(f"tiny-part{n}", "1.0", "data.bin", len(piece), sha256(piece))
        for n, piece in enumerate(pieces, 1)
    )
    model = PackagedModel("tiny", "Tiny", "this test", "Apache-2.0", sha256(CONTENT), parts)
    return Tiny(model, [offer(server, n, piece) for n, piece in enumerate(pieces, 1)])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    monkeypatch.setenv("ONRECORD_MODELS", str(tmp_path / "models"))
    return ModelStore(tmp_path / "models")


def put(store: ModelStore, name: str, content: bytes = CONTENT) -> Path:
    """A model as a finished pull leaves it."""
    record = {"name": name, "sha256": sha256(CONTENT), "size": len(CONTENT)}
    more = {"licence": "MIT", "origin": "a test", "pulled_at": "2026-01-02T03:04:05+00:00"}
    store.folder.mkdir(exist_ok=True)
    (store.folder / f"{name}.json").write_text(json.dumps(record | more))
    path = store.folder / f"{name}.gguf"
    path.write_bytes(content)
    return path


def files(store: ModelStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()} - {".lock"}


def killed(code: str, server: Server, path: str, written: Callable[[], bool]) -> None:
    """Runs the code until half of `path` was sent, then ends it as a power cut would."""
    server.hangs = path
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    try:
        assert server.half_sent.wait(60)
        until = time.monotonic() + 60
        while not written():
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # pip too
        child.wait()
    server.hangs = ""
    server.go_on.set()


def test_a_killed_pull_goes_on_after_the_parts_it_has(
    server: Server, tiny: Tiny, store: ModelStore
) -> None:
    code = (
        "from pathlib import Path\n"
        "from rag.model_catalogue import PackagedModel, Part\n"
        "from rag.model_pulling import pull\n"
        "from rag.models import ModelStore\n"
        f"pull(ModelStore(Path({str(store.folder)!r})), {tiny.model!r})\n"
    )
    killed(code, server, tiny.wheels[2], lambda: bytes_in(store.partial("tiny")) >= CUTS[2])
    assert store.names() == []
    assert store.unfinished() == ["tiny"]
    with pytest.raises(ModelMissing):
        store.resolve("gguf:tiny")

    record = pull(store, tiny.model)

    assert [server.times(path) for path in tiny.wheels] == [1, 1, 2]
    assert store.resolve("gguf:tiny").read_bytes() == CONTENT
    assert (record.sha256, record.size) == (sha256(CONTENT), len(CONTENT))
    assert store.record("tiny") == record
    assert record.origin == "tiny-part1 to tiny-part3 1.0"
    assert files(store) == {"tiny.gguf", "tiny.json"}
    asked = len(server.asked)
    assert pull(store, tiny.model) == record
    assert len(server.asked) == asked, "what is there was fetched again"


def test_a_part_with_other_bytes_is_named_and_not_kept(
    server: Server, tiny: Tiny, store: ModelStore
) -> None:
    good = server.pages[tiny.wheels[1]]
    offer(server, 2, CONTENT[CUTS[1] : CUTS[2] - 1] + b"!")
    with pytest.raises(PullFailed, match=r"part 2 of 3 \(tiny-part2 1.0\)"):
        pull(store, tiny.model)
    assert (store.partial("tiny") / "model").read_bytes() == CONTENT[: CUTS[1]]
    server.pages[tiny.wheels[1]] = good
    pull(store, tiny.model)
    assert store.damages() == []
    assert [server.times(path) for path in tiny.wheels] == [1, 2, 1]


@pytest.mark.parametrize(
    ("content", "member"), [(CONTENT + bytes(50_000_000), "data.bin"), (CONTENT, "other.bin")]
)
def test_a_wheel_with_too_much_or_nothing_leaves_no_byte(
    server: Server, tiny: Tiny, store: ModelStore, content: bytes, member: str
) -> None:
    part = Part("tiny-part1", "1.0", "data.bin", len(CONTENT), sha256(CONTENT))
    offer(server, 1, content, member)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, hard))  # a longer file is an OSError
    try:
        with pytest.raises(
            PullFailed, match=r"the file \(tiny-part1 1.0\) is not what it should be"
        ):
            pull(store, replace(tiny.model, parts=(part,)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (store.partial("tiny") / "model").read_bytes() == b""


def test_a_whole_with_another_hash_leaves_nothing(
    server: Server, tiny: Tiny, store: ModelStore
) -> None:
    with pytest.raises(PullFailed, match="another size or SHA-256"):
        pull(store, replace(tiny.model, sha256="0" * 64))
    assert files(store) == set()


def test_no_room_is_said_before_anything_is_fetched(
    server: Server, tiny: Tiny, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type(shutil.disk_usage("/"))(10**9, 10**9, len(CONTENT))  # pip's copies do not fit
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(PullFailed, match="MB are needed, 1 MB are free; make room"):
        pull(store, tiny.model)
    assert server.asked == []


def test_what_pip_says_reaches_the_user_whatever_lies_in_the_working_folder(
    server: Server, tiny: Tiny, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('this must not be run')")
    monkeypatch.chdir(tmp_path)
    del server.pages["/simple/tiny-part1/"]
    with pytest.raises(
        PullFailed, match=r"No matching distribution found for tiny-part1==1.0; see"
    ):
        pull(store, tiny.model)


def test_without_pip_the_error_tells_how_to_get_it(
    tiny: Tiny, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(PullFailed, match=r"has no pip.*; add it with: python -m ensurepip"):
        pull(store, tiny.model)


def test_the_progress_never_goes_back_and_ends_with_a_whole_model(
    server: Server, tiny: Tiny, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.model_pulling._LOOK", 0.001)
    told: list[tuple[int, int]] = []
    pull(store, tiny.model, lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert {total for _, total in told} == {len(CONTENT)}
    assert told[-1][0] == len(CONTENT)


def test_one_writer_at_a_time(tiny: Tiny, store: ModelStore) -> None:
    with store.locked(), pytest.raises(ModelsLocked):
        pull(store, tiny.model)


def test_another_model_of_the_same_name_is_not_taken_for_it(tiny: Tiny, store: ModelStore) -> None:
    put(store, "tiny")
    with pytest.raises(InputError, match="another model is named tiny here, from a test"):
        pull(store, replace(tiny.model, sha256="1" * 64))


def hub(server: Server, content: bytes, sha: str, card: object) -> str:
    """A repository of the hub with one model; the path of its file."""
    path = f"/harbour/pilot-GGUF/resolve/{COMMIT}/pilot.gguf"
    entry = {"rfilename": "pilot.gguf", "size": len(content), "blobId": "b" * 40}
    lfs = {"sha256": sha, "size": len(content), "pointerSize": 134}
    info = {"id": "harbour/pilot-GGUF", "sha": COMMIT, "siblings": [entry | {"lfs": lfs}]}
    server.pages["/api/models/harbour/pilot-GGUF"] = json.dumps(info | {"cardData": card}).encode()
    server.headers["/api/models/harbour/pilot-GGUF"] = {"Content-Type": "application/json"}
    server.pages[path] = content
    server.headers[path] = {
        "ETag": f'"{sha}"',
        "X-Repo-Commit": COMMIT,
        "Accept-Ranges": "bytes",
        "X-Linked-Size": str(len(content)),
    }
    return path


HUB = "hub:harbour/pilot-GGUF/pilot.gguf"
CLI = "import sys; from ui.cli import main; sys.argv[1:] = {!r}; main()"


def onrecord(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: the hub's library reads its environment when it is imported."""
    command = [sys.executable, "-c", CLI.format([*arguments])]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_killed_pull_from_a_hub_goes_on_in_the_middle_of_the_file(
    server: Server, store: ModelStore
) -> None:
    content = CONTENT * 50  # the hub's library writes 10 MB at a time
    card = {"license": "other", "license_name": "pilot-1.0"}
    path = hub(server, content, sha256(content), card)
    pulling = CLI.format(["models", "pull", HUB])
    killed(pulling, server, path, lambda: bytes_in(store.partial("pilot")) >= 10**7)
    assert store.unfinished() == ["pilot"]
    done = onrecord("models", "pull", HUB)
    assert done.returncode == 0, done.stderr
    assert "harbour/pilot-GGUF/pilot.gguf: 26 MB, licence pilot-1.0" in done.stdout
    first, second = (asked for where, asked in server.asked if where == path)
    assert first is None
    assert second is not None
    assert int(re.findall(r"\d+", second)[0]) >= 10**7
    assert store.resolve("pilot").read_bytes() == content
    assert store.record("pilot").origin == f"{HUB} at {COMMIT[:10]}"
    assert store.record("pilot").licence == "pilot-1.0"


def test_a_hub_that_sends_other_bytes_than_it_lists_is_refused(
    server: Server, store: ModelStore
) -> None:
    hub(server, CONTENT, "2" * 64, None)
    done = onrecord("models", "pull", HUB)
    assert done.returncode == 2
    assert "licence not stated" in done.stdout
    assert "what came for pilot has another size or SHA-256" in done.stderr
    assert files(store) == set()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hub:harbour/pilot-GGUF", "write hub:OWNER/REPOSITORY/FILE.gguf"),
        ("hub:harbour/pilot-GGUF/../x.gguf", "write hub:OWNER/REPOSITORY/FILE.gguf"),
        ("hub:harbour/pilot/a-00001-of-00002.gguf", "one piece of several"),
        ("gpt-5", "no model 'gpt-5' is in the catalogue; take one of these: smollm2-135m"),
    ],
)
def test_what_cannot_be_pulled_is_refused_unasked(
    server: Server, store: ModelStore, name: str, said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["onrecord", "models", "pull", name])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert said in capsys.readouterr().err
    assert server.asked == []


def test_a_model_is_found_by_name_or_path_and_else_the_error_helps(
    store: ModelStore, tmp_path: Path
) -> None:
    path = put(store, "pilot")
    assert store.resolve("gguf:pilot") == store.resolve("pilot") == path
    assert store.resolve(f"gguf:{path}") == path
    with pytest.raises(ModelMissing, match=r"onrecord models pull smollm2-135m"):
        store.resolve("gguf:smollm2-135m")
    with pytest.raises(ModelMissing, match=r"one of these: pilot, qwen2.5-coder-0.5b, qwen.*pull"):
        store.resolve("gguf:nowhere")
    (tmp_path / "notes.txt").write_text("GG")
    with pytest.raises(InputError, match=r"notes.txt: not a GGUF file"):
        store.resolve(f"gguf:{tmp_path / 'notes.txt'}")


def test_damage_is_found(store: ModelStore) -> None:
    put(store, "sound")
    put(store, "flipped", CONTENT[:-1] + b"!")
    put(store, "short", CONTENT[:-1])
    put(store, "unknown").with_suffix(".json").write_text("[]")
    assert store.resolve("flipped")  # the size is right; only a check reads every byte
    with pytest.raises(ModelDamaged, match=r"short.gguf: 512,003 bytes, not 512,004; remove it"):
        store.resolve("gguf:short")
    with pytest.raises(ModelDamaged, match=r"unknown.json: not the record of a model"):
        store.resolve("gguf:unknown")
    found = store.damages()
    assert [re.findall(r"(\w+)\.(?:gguf|json):", line) for line in found] == [
        ["flipped"], ["short"], ["unknown"],
    ]  # fmt: skip


def test_removed_means_gone_and_nothing_outside_is_touched(
    store: ModelStore, tmp_path: Path
) -> None:
    put(store, "pilot")
    put(store, "other")
    store.partial("pilot").mkdir()
    (store.partial("pilot") / "model").write_bytes(b"GGUF")
    assert store.remove("pilot") > len(CONTENT)
    assert files(store) == {"other.gguf", "other.json"}
    with pytest.raises(ModelMissing, match="these are there: other"):
        store.remove("pilot")
    (tmp_path / "mine.gguf").write_bytes(CONTENT)
    for name in ("../mine", "/mine", "..", ""):
        with pytest.raises(InputError, match="cannot be the name of a model"):
            store.remove(name)
    assert (tmp_path / "mine.gguf").exists()


def test_list_fetches_nothing_and_tells_what_is_damaged(
    server: Server, store: ModelStore, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["models", "list", "--json"], standalone_mode=False)
    rows = json.loads(capsys.readouterr().out)["models"]
    assert [(row["name"], row["state"]) for row in rows] == [(n, "available") for n in CATALOGUE]
    assert not store.folder.exists()
    put(store, "flipped", CONTENT[:-1] + b"!")
    store.partial("begun").mkdir()
    assert app(["models", "list", "--check"], standalone_mode=False) == 1
    told = capsys.readouterr()
    assert re.search(r"begun +partial", told.out)
    assert re.search(r"flipped +pulled +1 MB +MIT +a test", told.out)
    assert "flipped.gguf: its SHA-256 is not that of its record" in told.err
    assert server.asked == []


@pytest.mark.parametrize("command", ["list", "pull", "rm"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    app(["models", command, "--help"], standalone_mode=False)
    assert f"Example: onrecord models {command}" in capsys.readouterr().out


@pytest.mark.parametrize("model", CATALOGUE.values(), ids=CATALOGUE)
def test_catalogue_is_consistent(model: PackagedModel, store: ModelStore) -> None:
    assert CATALOGUE[model.name] is model
    assert store.path(model.name).name == f"{model.name}.gguf"
    for digest in [model.sha256, *(part.sha256 for part in model.parts)]:
        assert re.fullmatch("[0-9a-f]{64}", digest)
    for field in ("package", "member", "sha256"):
        assert len({getattr(part, field) for part in model.parts}) == len(model.parts), field
    assert {part.version for part in model.parts} == {model.parts[0].version}
    assert model.licence == "Apache-2.0"


def test_sizes_of_the_catalogue_are_those_of_the_published_files() -> None:
    assert [model.size for model in CATALOGUE.values()] == [98_362_432, 491_400_064, 1_117_320_768]
