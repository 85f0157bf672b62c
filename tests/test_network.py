"""Invariant 6: nothing leaves the machine. The guard itself, and the whole way with no network."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LIBRARY, NetworkForbidden

from index.store import IndexFolder
from rag.assistant import open_assistant

QUESTION = "How thick was the ice in the harbour?"

OFFLINE = """
import json, socket, sys
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
    sys.exit("the network was not cut")
except OSError:
    pass
from index.config import Config
from index.indexing import add
from index.store import IndexFolder
from rag.assistant import open_assistant
files, folder, question = sys.argv[1:]
assert not add(IndexFolder(folder), [files], Config()).failed
print(json.dumps(open_assistant(folder).ask(question).to_json()))
"""

GUARD = """
import sys
def hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        raise OSError("cut off")
sys.addaudithook(hook)
"""
"""For machines that do not permit network namespaces: what Python code asks for is refused."""


@pytest.mark.parametrize(
    "leave",
    [
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        lambda: socket.getaddrinfo("onrecord.example", 443),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    ],
    ids=["connect", "resolve", "datagram"],
)
def test_the_guard_stops_what_would_leave_the_machine(leave, network_attempts):
    with pytest.raises(NetworkForbidden):
        leave()
    assert len(network_attempts) == 1
    network_attempts.clear()


def test_the_guard_lets_loopback_through():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            client.sendall(b"here")
        assert server.accept()[0].recv(4) == b"here"


def _cut_off() -> list[str]:
    """A command that runs another one in a network namespace with nothing in it."""
    unshare = shutil.which("unshare")
    for flags in ("-rn", "-n"):
        if unshare and not subprocess.run([unshare, flags, "true"], capture_output=True).returncode:
            return [unshare, flags]
    return []


def test_adding_and_asking_work_with_the_network_cut(tmp_path, minilm_library: IndexFolder):
    cut = _cut_off()
    script = OFFLINE if cut else GUARD + OFFLINE
    for name, text in LIBRARY.items():
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_text(text, encoding="utf-8")
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [*cut, sys.executable, "-c", script, str(tmp_path / "files"), "index", QUESTION],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    offline = json.loads(done.stdout)
    here = open_assistant(minilm_library.path).ask(QUESTION).to_json()
    assert "41 centimetres" in offline["text"]
    assert [(c["quote"], c["start"]) for c in offline["citations"]] == [
        (c["quote"], c["start"]) for c in here["citations"]
    ]
    assert not Path(tmp_path / "cache").exists(), "something was stored in the user's cache"
