"""A worker process with readers that misbehave, one for each ending, and a container of them.

Run as a script, as the parent runs `index.sandbox_worker`. What a reader is to do stands in the
bytes of its file.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from index import sandbox_worker, wire
from index.documents import Anchor, Page, Section
from index.readers import CONTAINERS, READERS
from index.reading import DEFAULTS, Child, Options, Reading, Unreadable
from index.wire_places import MOST_PLACES

MEBIBYTE = 1 << 20


def said(text: str) -> Reading:
    return Reading(text, ((0, len(text)),) if text else ())


def hang(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    while True:
        pass


def hang_in_c(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """Python's own signal handlers and threads get no turn here."""
    return said(str(re.match(r"(a|a)+$", "a" * 60 + "b")))


def hang_with_a_program(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    subprocess.run([data.decode()], check=True)
    return said("done")


def eat(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    eaten = []
    while True:
        eaten.append(bytearray(MEBIBYTE))


def leak(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    LEAKED.append(b"x" * (int(data) * MEBIBYTE))
    return said(str(os.getpid()))


LEAKED: list[bytes] = []


def nest(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return nest(data, source, options)


def segfault(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return said(ctypes.string_at(0).decode())


def abort(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """What libraries in C++ do when they are given no memory, after so many MiB."""
    eaten = [bytearray(MEBIBYTE) for _ in range(int(data))]
    os.kill(os.getpid(), signal.SIGABRT)
    return said(str(len(eaten)))


def die(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    os.write(2, b"a library says why\n")
    os._exit(3)


def leave(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    raise SystemExit(0)


def forget_a_key(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return said({}["key"])


def chat(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """To stdout by all ways there are, and to stderr until it is full."""
    print("printed", flush=True)  # noqa: T201
    os.write(1, b"written\n")
    ctypes.CDLL(None).puts(b"put")
    for _ in range(5):
        with suppress(OSError):
            os.write(2, b"." * MEBIBYTE)
    return said(f"stdin: {len(sys.stdin.read())}")


def to_the_parent(data: bytes) -> None:
    """Past the worker, as code of a document could that has taken it over."""
    for number in range(3, 10):
        with suppress(OSError):
            os.write(number, data)


def send_junk(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    to_the_parent(data)
    time.sleep(60)
    return said("")


def forge(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A document of another name, in good order."""
    frame = io.BytesIO()
    header, body = wire.found(data.decode(), None, said("A lie."), b"")
    wire.write_frame(frame, header, *body)
    to_the_parent(frame.getvalue())
    time.sleep(60)
    return said("")


def progress(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """Each number is told, at intervals of 0.3 seconds."""
    for number in json.loads(data):
        options.progress(number, 10)
        time.sleep(0.3)
    return said("all told")


def connect(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    socket.create_connection(("127.0.0.1", int(data)))
    return said("connected")


def start(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    subprocess.run(["touch", data.decode()], check=True)
    return said("started")


def write(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    Path(data.decode()).write_text("written")
    return said("written")


def delete(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    Path(data.decode()).unlink()
    return said("deleted")


def pid(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return said(str(os.getpid()))


def echo(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return said(data.decode())


MISFITS = {
    "outside": Reading("Ice.", ((0, 5),)),
    "crossed": Reading("Ice.", ((2, 4), (0, 2))),
    "backwards": Reading("Ice.", ((2, 1),)),
    "before": Reading("Ice.", ((-1, 2),)),
    "empty": Reading("Ice.", ((2, 2),)),
    "hidden": Reading("Ice.", (), hidden=((3, 9),)),
    "sections": Reading("Ice.", (), sections=(Section("b", 2, 3), Section("a", 0, 1))),
    "section": Reading("Ice.", (), sections=(Section("a", 2, 1),)),
    "page": Reading("Ice.", (), pages=(Page("i", 9),)),
    "confidence": Reading("Ice.", (), pages=(Page("i", 0, 0, 1.5),)),
    "unknown": Reading("Ice.", (), pages=(Page("i", 0, 0, float("nan")),)),
    "date": Reading("Ice.", (), metadata={"published": "yesterday"}),
    "field": Reading("Ice.", (), metadata={"colour": "red"}),
    "uncertain": Reading("Ice.", (), uncertain=("colour",)),
    "layout": Reading("Ice.", (), layout=b"no such thing"),
    "surrogate": Reading("Ice\ud800", ()),
}
"""Readings whose parts do not fit their text."""


def crowd(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return Reading("Ice.", (), anchors=(Anchor("a", 0),) * (MOST_PLACES + 1))


def misfit(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    return MISFITS[data.decode()]


def unpack(data: bytes, source: str) -> Iterator[Child | Unreadable]:
    """A JSON list of names and contents; a name alone is unreadable."""
    for name, *content in json.loads(data):
        if content:
            yield Child(name, content[0].encode())
        else:
            yield Unreadable(name, "nothing in it")


def unpack_without_end(data: bytes, source: str) -> Iterator[Child | Unreadable]:
    number = 0
    while True:
        yield Child(f"{number}.echo", b"x" * MEBIBYTE)
        number += 1


HOSTILE = {
    ".hang": hang,
    ".regex": hang_in_c,
    ".program": hang_with_a_program,
    ".eat": eat,
    ".leak": leak,
    ".nest": nest,
    ".segfault": segfault,
    ".abort": abort,
    ".die": die,
    ".leave": leave,
    ".key": forget_a_key,
    ".chat": chat,
    ".junk": send_junk,
    ".forge": forge,
    ".progress": progress,
    ".connect": connect,
    ".start": start,
    ".write": write,
    ".delete": delete,
    ".pid": pid,
    ".echo": echo,
    ".misfit": misfit,
    ".crowd": crowd,
}

if __name__ == "__main__":
    READERS.update(HOSTILE)
    CONTAINERS.update({".box": unpack, ".endless": unpack_without_end, ".both": unpack})
    READERS[".both"] = echo
    sandbox_worker.main(sys.argv[1:])
