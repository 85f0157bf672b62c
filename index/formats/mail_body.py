"""The plain text of a mail message: paragraphs, with what is quoted from earlier messages apart.

A message answers others and carries them along. Their words are not the sender's, so they stand in
parts of their own, together with the line that says whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.formats.composing import Composer, Piece, flat
from index.formats.plain import text_paragraphs

QUOTED = "earlier message"
FORWARDED = "forwarded message"
OWN = "message"
"""Names of the parts of a message that quotes another."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKS = re.compile(r"(?:> ?)+")
_ORIGINAL = re.compile(r"-{3,} ?(?:Original Message|Original Appointment) ?-{3,}", re.IGNORECASE)
_FORWARD = re.compile(
    r"-{3,} ?(?:Forwarded [Mm]essage|Forwarded by .{1,100}) ?-{3,}|Begin forwarded message:",
)
_HEADER_LINE = re.compile(r"\*?(?:From|Sent|Date|To|Cc|Subject):\*? \S", re.IGNORECASE)
_HEADER_NAMES = re.compile(r"\b(?:From|Sent|Date|To|Cc|Subject):\s")
_HEADER_LINES = 3
"""Lines with headers, one below the other, that tell that an earlier message follows (Outlook)."""

_ATTRIBUTION = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em)\s.{0,200}\d.{0,200}"
    r"(?:wrote|schrieb.{0,80}|a écrit|escribió|ha scritto|schreef.{0,80}|escreveu)\s?:"
)
"""The line above a quotation as mail programs write it, with a date, in seven languages."""

_LONGEST_ATTRIBUTION = 300

_ARMOUR = re.compile(r"-----BEGIN PGP (SIGNED MESSAGE|MESSAGE|SIGNATURE|PUBLIC KEY BLOCK)-----")
_ATTRIBUTION_LINES = 3
"""Lines of "On Monday, 3 May 2021, somebody wrote:", which mail programs break."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of a message without their quotation marks, and the part that they are of."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of a body: quoted code points, and blocks of PGP that were left out."""

    quoted: int
    armour: tuple[str, ...]


def compose(text: str, composer: Composer, *, flowed: bool) -> Told:
    """Adds the paragraphs of a body; `flowed` lines that end with a space go on (RFC 3676)."""
    lines, armour = _without_armour(_LINE_END.split(text))
    part, quoted = OWN, 0
    for block in _with_attributions(list(_blocks(_unflowed(lines) if flowed else lines))):
        for start, end in text_paragraphs(block.text):
            words = flat(block.text[start:end])
            if words in ("", "--"):  # the mark above a signature
                continue
            composer.paragraph([Piece(words)], part=block.part if block.part != part else "")
            part = block.part
            quoted += len(words) if part != OWN else 0
    return Told(quoted, armour)


def _without_armour(lines: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The lines outside blocks of PGP, and what these are; a signed text stays."""
    kept: list[str] = []
    found: list[str] = []
    end = ""
    for line in lines:
        if end:
            if line.startswith("Hash:") and end == "signed":
                continue
            if end == "signed" or line.rstrip() == end:
                end = ""
            continue
        begin = _ARMOUR.fullmatch(line.rstrip())
        if begin and begin[1] == "SIGNED MESSAGE":
            end = "signed"
        elif begin:
            end = f"-----END PGP {begin[1]}-----"
            found.append(begin[1])
        else:
            kept.append(line)
    return kept, tuple(found)


def _unflowed(lines: list[str]) -> Iterator[str]:
    """Lines joined where they were broken for the width alone; the mark of a signature is not."""
    waiting = ""
    depth = ""
    parts: list[str] = []
    for line in lines:
        marks = _MARKS.match(line)
        waiting = marks[0].replace(" ", "") if marks else ""
        words = line[marks.end() :] if marks else line.removeprefix(" ")
        if parts and waiting != depth:
            yield _flowed_line(depth, parts)
            parts = []
        depth = waiting
        parts.append(words)
        if not words.endswith(" ") or words == "-- ":
            yield _flowed_line(depth, parts)
            parts = []
    if parts:
        yield _flowed_line(depth, parts)


def _flowed_line(depth: str, parts: list[str]) -> str:
    return f"{depth} {''.join(parts)}" if depth else "".join(parts)


def _blocks(lines: list[str] | Iterator[str]) -> Iterator[Block]:
    """Runs of lines of the same depth of quotation; a forwarded message lasts to the end."""
    every = list(lines)
    part = OWN
    run: list[str] = []
    depth = 0
    for number, line in enumerate(every):
        marks = _MARKS.match(line)
        new_depth = marks[0].count(">") if marks else 0
        begins = _begins(every, number) if part == OWN and not new_depth else ""
        if run and (new_depth != depth or begins):
            yield Block(QUOTED if depth else part, "\n".join(run))
            run = []
        part = begins or part
        depth = new_depth
        run.append(line[marks.end() :] if marks else line)
    if run:
        yield Block(QUOTED if depth else part, "\n".join(run))


def _begins(lines: list[str], number: int) -> str:
    """The part that begins with a line: an earlier message, one passed on, or none."""
    line = lines[number].strip()
    if _FORWARD.fullmatch(line):
        return FORWARDED
    if _ORIGINAL.fullmatch(line):
        return QUOTED
    below = lines[number : number + _HEADER_LINES]
    if len(below) == _HEADER_LINES and all(_HEADER_LINE.match(text) for text in below):
        return QUOTED
    return ""


def _with_attributions(blocks: list[Block]) -> Iterator[Block]:
    """ "... wrote:" goes to what was written, from the end of the block before it."""
    lead = ""
    for number, block in enumerate(blocks):
        text = f"{lead}\n\n{block.text}" if lead else block.text
        lead = ""
        follows = blocks[number + 1].part if number + 1 < len(blocks) else block.part
        if block.part == OWN and follows == QUOTED:
            text, lead = _split_attribution(text)
        if text.strip():
            yield Block(block.part, text)


def first_quoted(paragraphs: Iterable[str]) -> int | None:
    """The number of the paragraph with which an earlier message begins, in a body that was HTML:
    marks of quotation are lost there, and what is quoted stands at the end."""
    for number, text in enumerate(paragraphs):
        line = text.strip()
        if (
            line.endswith(":")
            and len(line) <= _LONGEST_ATTRIBUTION
            and _ATTRIBUTION.fullmatch(line)
        ):
            return number
        if _ORIGINAL.fullmatch(line) or _FORWARD.fullmatch(line):
            return number
        if len(_HEADER_NAMES.findall(line)) >= _HEADER_LINES and _HEADER_LINE.match(line):
            return number
    return None


def _split_attribution(text: str) -> tuple[str, str]:
    """A text and the lines at its end that introduce a quotation, if it ends so."""
    body = text.rstrip()
    if not body.endswith(":"):
        return text, ""
    above, blank, last = body.rpartition("\n\n")
    if not blank:
        above, last = "", body
    if last.count("\n") >= _ATTRIBUTION_LINES:
        above, _, last = body.rpartition("\n")
    return above, last
