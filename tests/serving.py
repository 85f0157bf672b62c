"""A server of the product in a process of its own, for tests."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]


@contextmanager
def served(index: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of `onrecord serve` on a free port of the loopback, and its process."""
    command = [*COMMAND, "serve", "--port", "0", "--index", str(index), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        guard = threading.Timer(90, process.kill)
        guard.start()
        assert process.stdout
        words = process.stdout.readline().split()
        guard.cancel()
        if not words:
            _, complaint = process.communicate()
            raise AssertionError(f"the server did not start: {complaint}")
        try:
            yield words[3], process
        finally:
            process.terminate()
            _, complaint = process.communicate(timeout=30)
            assert "Traceback" not in complaint, complaint


@contextmanager
def started(script: str, *arguments: str) -> Iterator[str]:
    """The address of a server that a Python program serves and announces in its first line."""
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        guard = threading.Timer(90, process.kill)
        guard.start()
        assert process.stdout
        address = process.stdout.readline().strip()
        guard.cancel()
        assert address.startswith("http://127.0.0.1:"), "the server did not start"
        yield address
        process.kill()


def onrecord(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A command of the product, with what it reads from standard input."""
    return subprocess.run(
        [*COMMAND, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False
    )
