"""Text from pictures of pages, by Tesseract (Smith 2007), a program of the system.

What it reads is a reading and not the record: every page says how sure it was.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from statistics import median

from index.errors import InputError
from index.formats.pdf_lines import Line, Token
from index.formats.pdf_order import Block

DPI = 300
"""What Tesseract was trained on and its manual asks for."""

SECONDS = 50
"""For one page: less than a worker may take without news (`reader_seconds`, 60), so that a slow
page is noted and the rest read. An A4 page of small print takes 7 on one core."""

_LANGUAGES = re.compile(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+)?(\+[A-Za-z0-9_]+(/[A-Za-z0-9_]+)?)*")
_WORD = "5"  # level of a row of Tesseract's TSV


class NotRead(Exception):
    """Tesseract has given up on a page; the message says why."""


@dataclass(frozen=True, slots=True)
class OcrWord:
    """A word, its box in pixels from the top left, how sure Tesseract is (0 to 100), its line."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float
    line: tuple[int, int, int]


def check(languages: str, source: str) -> None:
    """Raises `InputError` when Tesseract or one of the languages is not there."""
    if not _LANGUAGES.fullmatch(languages):
        raise InputError(
            f"{source}: {languages!r} names no language of Tesseract", "write eng or eng+spa"
        )
    program = shutil.which("tesseract")
    if not program:
        raise InputError(
            f"{source}: its pages are pictures, and Tesseract, which reads them, is not installed",
            "install the package tesseract-ocr",
        )
    known = _installed(program)
    missing = [name for name in languages.split("+") if name not in known]
    if missing:
        raise InputError(
            f"{source}: Tesseract has no language {missing[0]!r} (it has {', '.join(known)})",
            f"install the package tesseract-ocr-{missing[0]}, or name another",
        )


@cache
def _installed(program: str) -> tuple[str, ...]:
    listed = subprocess.run(  # noqa: S603 - the path that `which` found, no shell
        [program, "--list-langs"], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    names = (listed.stdout + listed.stderr).splitlines()[1:]
    return tuple(sorted(name for name in names if name and name != "osd"))


def recognised(png: bytes, languages: str) -> list[OcrWord]:
    """The words of a picture in the order of reading. Raises `NotRead`."""
    program = shutil.which("tesseract") or "tesseract"
    command = [program, "stdin", "stdout", "-l", languages, "--dpi", str(DPI), "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - languages are checked, the picture comes by a pipe
            command,
            input=png,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise NotRead(f"Tesseract took longer than {SECONDS} s") from error
    except OSError as error:
        raise NotRead(f"Tesseract cannot be run ({error.strerror})") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotRead(f"Tesseract failed ({lines[-1] if lines else done.returncode})")
    return _words(done.stdout.decode("utf-8", "replace"))


def _words(table: str) -> list[OcrWord]:
    words = []
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = "".join((row["text"] or "").split())
        if row["level"] != _WORD or not text:
            continue
        left, top = int(row["left"]), int(row["top"])
        right, bottom = left + int(row["width"]), top + int(row["height"])
        line = (int(row["block_num"]), int(row["par_num"]), int(row["line_num"]))
        words.append(OcrWord(text, left, top, right, bottom, float(row["conf"]), line))
    return words


def confidence(words: Sequence[OcrWord]) -> float:
    """How sure Tesseract is of a page, 0 to 1: the mean over its letters, so that specks count
    for little."""
    letters = sum(len(word.text) for word in words)
    total = sum(max(word.confidence, 0.0) * len(word.text) for word in words)
    return total / letters / 100 if letters else 0.0


def blocks(words: Iterable[OcrWord], scale: float) -> tuple[Block, ...]:
    """The words as blocks of lines, in points; `scale` is pixels per point."""
    found = []
    for _, block in groupby(words, key=lambda word: word.line[0]):
        rows = [list(row) for _, row in groupby(block, key=lambda word: word.line)]
        # Boxes hug the letters, so one size stands for the whole block: that of its usual line.
        size = median(max(w.bottom for w in row) - min(w.top for w in row) for row in rows) / scale
        lines = tuple(_line(row, scale, size) for row in rows)
        found.append(
            Block(lines, min(line.left for line in lines), max(line.right for line in lines))
        )
    return tuple(found)


def _line(row: Sequence[OcrWord], scale: float, size: float) -> Line:
    tokens = tuple(
        Token(w.text, w.left / scale, w.top / scale, w.right / scale, w.bottom / scale, True)
        for w in row
    )
    bottom = median(token.bottom for token in tokens)
    return Line(
        tokens=tokens,
        left=min(token.left for token in tokens),
        top=min(token.top for token in tokens),
        right=max(token.right for token in tokens),
        bottom=max(token.bottom for token in tokens),
        baseline=bottom,
        size=size,
    )
