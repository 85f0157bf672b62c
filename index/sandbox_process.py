"""One worker process, seen from its parent: started, asked, listened to, and ended."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from index.errors import InputError
from index.wire import Ask, Failed, Finished, Message, Progress, read_frame, write_frame
from index.wire import message as decoded
from index.wire_checks import WireError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

COMMAND = (sys.executable, "-P", "-m", "index.sandbox_worker")
"""`-P`: a folder with documents is no place to import Python modules from."""

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # the threads of numpy take 32 MiB of address space for each core
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # a set has one order: the same bytes give the same reading
}

TIMES = 120
"""A file may take so many time limits as a whole while it shows progress: two hours at 60 s, which
is OCR of 2,000 pages at 3.6 s each."""

STARTING = 30.0
"""Seconds that a new worker may take to start, on a busy machine, before its first message; 0.1 is
usual."""

NEARLY = 0.9
"""Share of its memory that a worker held when a library that was given no more of it crashed."""

Progressing = Callable[[int, int], None]

REPORT = "leave the file out, and report it as a fault of OnRecord"

TAIL = 2_000
"""Bytes of what a worker wrote on stderr that are looked at for its last line."""

SHOWN = 200
"""Characters of that line that are shown."""


class TimeLimit(InputError):
    """Reading a file took too long without progress, or as a whole."""


class MemoryLimit(InputError):
    """Reading a file takes more memory than a worker may have."""


class ReaderFault(InputError):
    """A reader failed in a way that it does not name: a fault of ours."""


class WorkerCrash(ReaderFault):
    """A reader took its process with it, or made it say what makes no sense."""


class Watch:
    """Ends what takes too long: one thread that sleeps until the next deadline."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[WorkerProcess, float] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, worker: WorkerProcess, seconds: float) -> Iterator[None]:
        """`worker` is killed, and says so in `expired`, if the block takes longer."""
        with self._changed:
            self._due[worker] = time.monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="limits", daemon=True)
                self._thread.start()
            if len(self._due) == 1:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(worker, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for worker in [worker for worker, due in self._due.items() if due <= now]:
                    del self._due[worker]
                    worker.expired = True
                    worker.kill()
                due = min(self._due.values(), default=None)
                self._changed.wait(None if due is None else due - now)


class WorkerProcess:
    """A child process that reads one file at a time. `limit` is the memory for it, in bytes, and so
    the most that a message can be."""

    def __init__(self, command: Sequence[str], limit: int, watch: Watch) -> None:
        self._limit = limit
        self._watch = watch
        self._owner = os.getpid()
        self._ending = threading.Lock()
        self._stderr = _memory_file()
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,  # nothing stays in a buffer that a forked process would write again
            env=os.environ | ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for the parent; a group to kill, with Tesseract
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a process without the pipes asked for")
        self._asks = cast("BinaryIO", self._process.stdin)
        self._answers = io.BufferedReader(cast("io.FileIO", self._process.stdout))
        self._before = _peak(resource.getrusage(resource.RUSAGE_SELF)) if resource else 0
        self._peak = 0
        self.expired = False
        self.idle = True
        self.files = 0
        self.memory = 0

    def ask(
        self, ask: Ask, data: bytes, seconds: float, progress: Progressing
    ) -> Iterator[tuple[Message, bytes]]:
        """What the worker says of a file, to the end; `idle` then tells if it can be asked again.

        `seconds` are for each message; of those that tell progress, only more counts. Raises
        `InputError` as the reader did, and those of its kinds that stand above.
        """
        self.idle = False
        self.files += 1
        self._stderr.seek(0)  # the worker writes where the parent stands: they share the file
        self._stderr.truncate()
        spent, left, done = 0.0, seconds + (STARTING if self.files == 1 else 0), -1
        with suppress(OSError), self._watch.limit(self, seconds):
            write_frame(self._asks, ask, data)  # to one that has died: why is asked below
        while True:
            began = time.monotonic()
            rest = seconds * TIMES + STARTING - spent
            with self._watch.limit(self, min(left, rest)):
                said, body = self._said(ask.source, seconds if left < rest else seconds * TIMES)
            waited = time.monotonic() - began
            spent += waited
            if isinstance(said, Progress):
                left = seconds if said.done > done else left - waited
                done = max(done, said.done)
                progress(said.done, said.total)
                continue
            left, done = seconds, -1
            if isinstance(said, Finished):
                self.memory, self.idle = said.memory, not self.expired
                return
            if isinstance(said, Failed):
                self.idle = said.fault != "memory" and not self.expired
                raise _error(said, ask.source)
            yield said, body

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends the process and those that it started. For any thread."""
        with self._ending:
            if self._owner != os.getpid() or self._process.returncode is not None:
                return
            if hasattr(os, "killpg"):
                with suppress(ProcessLookupError, PermissionError):  # all of them have ended
                    os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def close(self) -> None:
        self.kill()
        if self._owner == os.getpid():
            self._wait()
        for pipe in (self._asks, self._answers, self._stderr):
            pipe.close()

    def forget(self) -> None:
        """In a forked process: lets go of its parent's worker, which waits for the pipes' end.

        The pipes become the null device: to close them could wait for a lock of a lost thread.
        """
        nothing = os.open(os.devnull, os.O_RDWR)
        for pipe in (self._asks, self._answers):
            os.dup2(nothing, pipe.fileno(), inheritable=False)
        os.close(nothing)
        self._process.returncode = 0  # no child of this process; nothing to wait for

    def _said(self, source: str, seconds: float) -> tuple[Message, bytes]:
        try:
            frame = read_frame(self._answers, self._limit)
            if frame is not None:
                return decoded(*frame)
        except WireError as error:
            if not self.expired:
                self.kill()
                what = f"{source}: what its reader sent is no reading ({error})"
                raise WorkerCrash(what, REPORT) from error
        raise self._crash(source, seconds)

    def _crash(self, source: str, seconds: float) -> InputError:
        """Why a worker has ended that has more to say."""
        code = self._exit_code()
        said = self._last_line()
        if self.expired or (hasattr(signal, "SIGALRM") and code == -signal.SIGALRM):
            what = f"{source}: reading it took longer than {seconds:g} s"
            return TimeLimit(what, "split it, or raise the time limit")
        if hasattr(signal, "SIGKILL") and code == -signal.SIGKILL:
            what = f"{source}: the system ended its reader (SIGKILL), as it does for want of memory"
            return MemoryLimit(what, "split it, or close other programs")
        if code == 1 and said == "MemoryError":  # not even the file's bytes
            return MemoryLimit(
                f"{source}: larger than the memory for a file",
                "split it, or raise the memory limit",
            )
        if self._peak > max(NEARLY * self._limit, self._before):
            what = f"{source}: reading it takes more than {self._limit >> 20:,} MiB of memory"
            return MemoryLimit(what, "split it, or raise the memory limit")
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        if how == "SIGABRT":  # what C++ libraries do when they are given no memory
            how += ", perhaps for want of memory"
        return WorkerCrash(f"{source}: its reader crashed ({how}{said and ': '}{said})", REPORT)

    def _exit_code(self) -> int:
        """Waits for the process; what it started is ended while its number is still taken."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        self.kill()
        return self._wait()

    def _wait(self) -> int:
        """Of a process that has ended: `kill` must not run while its number becomes free."""
        with self._ending:
            if self._process.returncode is None and hasattr(os, "wait4"):
                with suppress(ChildProcessError):  # another thread has waited for it
                    _, status, usage = os.wait4(self._process.pid, 0)
                    self._process.returncode = os.waitstatus_to_exitcode(status)
                    self._peak = _peak(usage)
            return self._process.wait()

    def _last_line(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(size - TAIL, 0))
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:SHOWN]


def _error(failed: Failed, source: str) -> InputError:
    kind = {"memory": MemoryLimit, "fault": ReaderFault}.get(failed.fault, InputError)
    named = failed.what.startswith(source)
    return kind(failed.what if named else f"{source}: {failed.what}", failed.next_step)


def _peak(usage: resource.struct_rusage) -> int:
    """Bytes that a process ever held. Linux counts what its parent held when it was started, too:
    the child begins in the parent's memory."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _memory_file() -> BinaryIO:
    """Where a worker's stderr goes: no pipe that fills up, and no disk that might be full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b", buffering=0)
    return cast("BinaryIO", tempfile.TemporaryFile(buffering=0))
