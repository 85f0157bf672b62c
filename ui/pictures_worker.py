"""A process that draws one page of one hostile PDF file and ends.

It has the limits and the audit hook of those that read files (`index.sandbox_worker`). A line of
JSON comes on stdin, `{"page", "width", "boxes"}`, and behind it the file; a PNG goes to stdout, or,
with the exit code `REFUSED`, why there is none.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys

from index.errors import InputError
from index.layout import Box
from index.page_images import render
from index.sandbox_worker import GRACE, limit, refuse

COMMAND = (sys.executable, "-P", "-m", "ui.pictures_worker")
"""`-P`: a folder with documents is no place to import Python modules from."""

REFUSED = 3


def main(seconds: float, megabytes: int) -> int:
    """The exit code. `megabytes` are the limit of memory, beyond that of an idle worker."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no picture
    limit(megabytes)
    sys.addaudithook(refuse)
    if hasattr(signal, "alarm"):  # in case that the parent, which keeps the time, is gone
        signal.alarm(math.ceil(seconds) + GRACE)
    asked = json.loads(sys.stdin.buffer.readline())
    boxes = [Box(**box) for box in asked["boxes"]]
    with out:
        try:
            out.write(render(sys.stdin.buffer.read(), asked["page"], boxes, width=asked["width"]))
        except InputError as error:
            out.write(json.dumps([error.what, error.next_step]).encode())
            return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
