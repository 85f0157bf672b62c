"""What all tests share: no network, a home of their own, small indexes.

Nothing of ours is mocked. The hashing encoder is a real encoder whose values can be computed by
hand; the packaged MiniLM is loaded once, for the tests that are about meaning.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

HOME = Path(tempfile.mkdtemp(prefix="onrecord-home-"))
os.environ.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))  # pip is not our test
os.environ.update(
    HOME=str(HOME),
    XDG_CACHE_HOME=str(HOME / "cache"),
    XDG_CONFIG_HOME=str(HOME / "config"),
    XDG_DATA_HOME=str(HOME / "data"),
)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # two libraries share the cores (rag.gguf)
for name in (
    *("HF_HOME", "HF_HUB_CACHE", "TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"),
    *("ONRECORD_MODELS", "LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"),
):
    os.environ.pop(name, None)

# Imported here, after the environment is set: some libraries read it when they are imported.
from index.config import Config  # noqa: E402
from index.encoder import Encoder, MiniLM  # noqa: E402
from index.indexing import add  # noqa: E402
from index.store import IndexFolder  # noqa: E402

settings.register_profile("onrecord", deadline=None, max_examples=100, print_blob=True)
settings.load_profile("onrecord")


class NetworkForbidden(RuntimeError):
    """Something in this process asked for an address that is not this machine."""


attempts: list[str] = []


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(event: str, args: tuple[Any, ...]) -> None:
    """A Python audit hook: it sees every socket of the process and cannot be taken off again."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a Unix socket
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    if not _is_loopback(host):
        attempts.append(f"{event} {host!r}")
        raise NetworkForbidden(attempts[-1])


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[list[str]]:
    """Fails a test during which anything left this machine, even if the error was swallowed."""
    attempts.clear()
    yield attempts
    assert attempts == []


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


HASHING = Config(encoder="hashing")

LIBRARY = {
    "harbour.md": """---
title: The Winter of the Harbour
author: Port Chronicle
publisher: Quayside Press
published: 2021-03
language: en
url: https://quayside.example/winter
---

# The freeze

The harbour of Ostrel froze twice in the winter of 2019. The ice was 41 centimetres thick on
the second morning. Forty-two boats lay fast until the thaw.

# The thaw

The pilots' guild said that the warning had come too late. “Nobody rang the bell,” it wrote in
its report. The town paid 3,500 crowns for a new bell in May.
""",
    "orchard.txt": (
        "The orchard on the north slope grows quinces and medlars.\n\n"
        "Its keeper counted 218 trees last autumn, nine fewer than in the year before. "
        "A blight took the nine.\n\n"
        "The cider press stands idle since the miller left.\n"
    ),
    "faro.txt": (
        "El faro de la isla se apagó durante tres noches seguidas.\n\n"
        "Los pescadores encendieron hogueras en las rocas para guiar los barcos.\n"
    ),
}
"""Made-up documents: a Markdown file with metadata, a plain text, and one in Spanish."""


MakeIndex = Callable[..., IndexFolder]


@pytest.fixture
def make_index(tmp_path: Path) -> MakeIndex:
    """Writes files below `tmp_path/files` and indexes them: `make_index({"a.txt": "..."})`."""

    def make(files: Mapping[str, str | bytes], config: Config = HASHING) -> IndexFolder:
        return build(tmp_path, files, config)

    return make


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where the machine has one: hundreds of synced writes are quick there."""
    memory = Path("/dev/shm")  # noqa: S108
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="onrecord-test-") as name:
        yield Path(name)


def build(where: Path, files: Mapping[str, str | bytes], config: Config) -> IndexFolder:
    folder = IndexFolder(where / "index")
    for name, content in files.items():
        path = where / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = add(folder, [str(where / "files")], config)
    assert not report.failed, report.failed
    return folder


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    """`LIBRARY`, indexed with the hashing encoder. Read only."""
    return build(tmp_path_factory.mktemp("library"), LIBRARY, HASHING)


@pytest.fixture(scope="session")
def minilm() -> Encoder:
    return MiniLM()


@pytest.fixture(scope="session")
def minilm_library(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    """`LIBRARY`, indexed with the packaged MiniLM. Read only."""
    return build(tmp_path_factory.mktemp("minilm-library"), LIBRARY, Config())
