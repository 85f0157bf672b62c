"""A worker process: reads one hostile file after the other and says what it found (`index.wire`).

It cannot take more memory or write more than it was given, and ends by itself, even inside a
library, when its parent is gone. It asks for no network and starts no program but Tesseract: an
audit hook sees to that. The hook is defence in depth against a document that makes a library do
more than read; it is no jail for native code that somebody has taken over.
"""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO

from index import readers
from index.errors import InputError
from index.reading import DEFAULTS, Child, Options, Reader, Reading, Unpacker, Unreadable
from index.wire import (
    Ask,
    Begun,
    Failed,
    Fault,
    Finished,
    Message,
    Missed,
    Progress,
    asked,
    found,
    read_frame,
    write_frame,
)
from index.wire_checks import WireError

try:
    import resource
except ImportError:  # Windows has no limits for a process; the parent's time limit is all there
    resource = None  # type: ignore[assignment]

LARGEST_FILE = 1 << 20
"""Bytes of a file that a worker may write: enough for the messages of libraries on stderr."""

MOST_FILES = 64
"""Open files: the pipes, those of Tesseract, and a library's own."""

GRACE = 1
"""Seconds beyond the time limit after which the system stops a worker whose parent is gone."""

PROGRAMS = ("tesseract", "tesseract.exe")

REFUSED = (
    *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"),
    *("socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"),
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.startfile/2"),
    *("os.fork", "os.forkpty", "pty.spawn", "os.killpg"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate"),
    *("os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr"),
)
"""Audit events of Python 3.11 that no reader has a use for; `os.kill` ends a slow Tesseract."""

REPORT = "leave the file out, and report it as a fault of OnRecord"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Failure(InputError):
    """A failure that no reader named."""

    def __init__(self, fault: Fault, what: str, next_step: str) -> None:
        super().__init__(what, next_step)
        self.fault = fault


class Worker:
    """Answers one `Ask` after the other. `seconds` and `megabytes` are the limits for a file."""

    def __init__(self, asks: BinaryIO, out: BinaryIO, seconds: float, megabytes: int) -> None:
        self._asks = asks
        self._out = out
        self._patience = math.ceil(seconds) + GRACE
        self._megabytes = megabytes
        self._ask = Ask("")
        self._begun = 0
        self._tired = False

    def serve(self) -> None:
        """Until the parent closes the pipe, or memory was short once: it would stay in pieces."""
        while not self._tired and (frame := read_frame(self._asks, sys.maxsize)):
            self._ask, data = asked(frame[0]), frame[1]
            self._begun = 0
            self._answer(data)

    def _answer(self, data: bytes) -> None:
        """All documents of a file, and how it ended."""
        source = self._ask.source
        known = max((skipped.number for skipped in self._ask.skip), default=-1)
        options = Options(self._ask.ocr, lambda done, total: self._say(Progress(done, total)))
        _alarm(self._patience)
        try:
            for part in readers.parts(data, source, options):
                if self._begun > known:  # before, the parent has it from another worker
                    self._report(part)
            end: Message = Finished(_memory(1) >> 20)
        except InputError as error:
            end = _failed(error)
        except (Exception, SystemExit) as error:  # whatever a reader does, it is this file's fault
            end = _failed(self._failure(error, source))
        self._tired = isinstance(end, Failed) and end.fault == "memory"
        self._say(end)
        _alarm(0)

    def _report(self, part: readers.Part | Unreadable) -> None:
        if isinstance(part, Unreadable):
            self._say(Missed(_printable(part.name), _printable(part.reason)))
            return
        try:
            header, body = found(part.source, part.parent, part.reading, part.data)
            self._say(header, *body)
        except (WireError, InputError) as error:
            name = _printable(part.source)
            failure = (
                error
                if isinstance(error, InputError)
                else _Failure("fault", f"{name}: its reader failed ({error})", REPORT)
            )
            if part.parent is None:
                raise failure from error
            self._say(Missed(name, _printable(str(failure))))

    def _say(self, message: Message, *body: bytes) -> None:
        """The parent may take its time to listen; a worker that waits for it is not slow."""
        _alarm(0)
        write_frame(self._out, message, *body)
        _alarm(self._patience)

    def reader(self, read: Reader) -> Reader:
        """A reader that announces itself and whose every failure is an `InputError`."""

        def guarded(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
            number, self._begun = self._begun, self._begun + 1
            self._say(Begun(number, _printable(source)))
            for skipped in self._ask.skip:
                if skipped.number == number:
                    raise InputError(skipped.what, skipped.next_step)
            try:
                return read(data, source, options)
            except InputError:
                raise
            except (Exception, SystemExit) as error:
                raise self._failure(error, source) from error

        return guarded

    def unpacker(self, unpack: Unpacker) -> Unpacker:
        """A container whose every failure is an `InputError`."""

        def guarded(data: bytes, source: str) -> Iterator[Child | Unreadable]:
            try:
                yield from unpack(data, source)
            except InputError:
                raise
            except (Exception, SystemExit) as error:
                raise self._failure(error, source) from error

        return guarded

    def _failure(self, error: BaseException, source: str) -> _Failure:
        if isinstance(error, MemoryError):
            what = f"{source}: reading it takes more than {self._megabytes:,} MiB of memory"
            return _Failure("memory", what, "split it, or raise the memory limit")
        if isinstance(error, RecursionError):
            return _Failure("nesting", f"{source}: nested too deeply", "simplify it")
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return _Failure("fault", f"{source}: its reader failed ({said})", REPORT)


def _failed(error: InputError) -> Failed:
    fault = error.fault if isinstance(error, _Failure) else "refused"
    return Failed(fault, _printable(error.what), _printable(error.next_step))


def _printable(text: str) -> str:
    """Half a surrogate pair, from a name in an unknown encoding, as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _alarm(seconds: int) -> None:
    """The system ends this process after so many seconds, whatever it is doing; 0: never."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _memory(column: int) -> int:
    """Bytes of address space (0) or of memory (1) that this process holds; 0 if not known."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - a file of the system
            return int(file.read().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0


def limit(megabytes: int) -> None:
    """Holds this process and Tesseract to their share. macOS does not enforce limits of memory."""
    if resource is None:
        return
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, MOST_FILES),
    ]
    if sys.platform != "darwin":
        limits.append((resource.RLIMIT_AS, _memory(0) + (megabytes << 20)))
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def refuse(event: str, args: tuple[Any, ...]) -> None:
    """The audit hook. Raises `PermissionError` for what no reader has a use for."""
    if event == "open":
        path, _, flags = args
        forbidden = bool((flags or 0) & _WRITING) and path != os.devnull and type(path) is not int
    elif event == "subprocess.Popen":
        forbidden = PurePath(os.fsdecode(args[0] or args[1][0])).name.lower() not in PROGRAMS
    else:
        forbidden = event in REFUSED
    if forbidden:
        raise PermissionError(f"a reader asked for {event}")


def main(arguments: list[str]) -> None:
    """`SECONDS MEGABYTES`: the limits for a file. Asks come on stdin, answers go to stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    asks, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what a library prints is no frame
    sys.stdout = sys.stderr
    worker = Worker(asks, out, float(arguments[0]), int(arguments[1]))
    readers.READERS.update({s: worker.reader(read) for s, read in readers.READERS.items()})
    readers.CONTAINERS.update({s: worker.unpacker(u) for s, u in readers.CONTAINERS.items()})
    limit(int(arguments[1]))
    sys.addaudithook(refuse)
    try:
        worker.serve()
    except BrokenPipeError:
        os._exit(0)  # the parent is gone, and nobody reads why


if __name__ == "__main__":
    main(sys.argv[1:])
