"""What was done to an index as text for a terminal: additions, checks, repairs, the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from index.files import Failure
from index.formats.archives import printable
from index.intake import Intake, utc_now
from index.intake_log import Row
from index.news import AddReport, Indexed
from index.repairing import RepairReport
from index.watching import Kept, News, Synced, Watching
from ui.progress import counted

NOTES_SHOWN = 2
"""Of a document, on a terminal: enough to see that there is something to see."""

INDENT = " " * 10
"""Under the name of a document."""


def report_text(report: AddReport, all_notes: bool = False) -> str:
    """A line for each document that changed, what is odd about it, and how many there are."""
    lines = [*changed_lines(report, all_notes)]
    if report.resumed:
        there = counted(report.resumed, "document")
        lines.append(f"resumed   {there} read by an addition that was stopped")
    kinds = {"added": report.added, "replaced": report.replaced, "skipped": report.skipped}
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in kinds.items())
    removed = f", {len(report.removed)} removed" if report.removed else ""
    lines.append(f"{counts}, {len(report.failed)} failed{removed}")
    if report.left_out:
        lines.append(left_out_line(report.left_out))
    return "\n".join(lines)


def changed_lines(report: AddReport, all_notes: bool = False) -> Iterator[str]:
    """What was added, replaced or removed, with notes below."""
    notes: dict[str, list[str]] = {}
    for note in report.notes:
        notes.setdefault(note.source, []).append(note.note)
    for kind, rows in (("added", report.added), ("replaced", report.replaced)):
        for row in rows:
            yield f"{kind:<9} {row.source} ({_passages(row)})"
            yield from _notes(notes.get(row.source, []), all_notes)
    for row in report.removed:
        yield f"removed   {row.source}"


def _passages(row: Indexed) -> str:
    return counted(row.passages, "passage")


def _notes(notes: Sequence[str], all_notes: bool) -> Iterator[str]:
    """All of them where the rest is one: a line that says so is no shorter."""
    shown = len(notes) if all_notes or len(notes) <= NOTES_SHOWN + 1 else NOTES_SHOWN
    yield from (f"{INDENT}{note}" for note in notes[:shown])
    if len(notes) > shown:
        yield f"{INDENT}and {len(notes) - shown} more notes (--notes)"


def left_out_line(left_out: Sequence[Failure]) -> str:
    endings = Counter(printable(Path(x.source).suffix.lower()) or "no ending" for x in left_out)
    kinds = ", ".join(f"{ending} {count}" for ending, count in sorted(endings.items()))
    return f"left out: {counted(len(left_out), 'file')} without a reader ({kinds})"


def news_text(news: News, now: datetime) -> str:
    """What a watched folder brought about, with the time of day; failures are not in it."""
    if isinstance(news, Watching):
        folders = ", ".join(news.folders)
        return f"watching {folders} (Ctrl-C ends it)"
    if isinstance(news, Kept):
        kept = counted(news.documents, "document")
        return _timed(now, f"{news.folder}: missing or empty; kept until it is back: {kept}")
    if not isinstance(news, Synced):
        return _timed(now, news.reason)
    lines = [*changed_lines(news.report)]
    lines += [f"removed   {document.source}" for document in news.removed]
    if news.first:
        report = news.report
        kinds = {"added": report.added, "replaced": report.replaced, "skipped": report.skipped}
        gone = len(news.removed) + len(report.removed)
        counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in kinds.items())
        lines.append(f"in step: {counts}, {gone} removed, {len(report.failed)} failed")
        lines += [left_out_line(report.left_out)] if report.left_out else []
    return "\n".join(_timed(now, line) for line in lines)


def news_json(news: News) -> dict[str, Any]:
    """The same for programs; what was skipped is counted, for it may be a hundred thousand."""
    row: dict[str, Any] = {"event": type(news).__name__.lower(), "time": utc_now()}
    if not isinstance(news, Synced):
        return row | asdict(news)
    report = asdict(news.report) | {"skipped": len(news.report.skipped)}
    gone = [{"id": d.id, "source": d.source} for d in news.removed]
    inside = [{"id": r.id, "source": r.source} for r in news.report.removed]
    return row | report | {"removed": [*inside, *gone]}


def _timed(now: datetime, line: str) -> str:
    return f"{now:%H:%M:%S}  {line}"


def verified_text(verified: Mapping[str, int]) -> str:
    parts = [
        counted(verified["documents"], "document"),
        f"{counted(verified['files'], 'file')} re-hashed",
        counted(verified["originals"], "original"),
        f"{counted(verified['log_rows'], 'row')} of the log",
    ]
    return "sound: " + ", ".join(parts)


def waiting_text(waiting: int) -> str:
    there = counted(waiting, "document")
    return f"waiting: {there} read by an addition that was stopped; the same onrecord add goes on"


def repaired_text(report: RepairReport) -> str:
    if not report.found:
        return "sound: nothing to repair"
    lines = [f"restored  {source}" for source in report.restored]
    lost = f", {len(report.lost)} lost" if report.lost else ""
    faults, documents = (
        counted(len(report.found), "fault"),
        counted(len(report.restored), "document"),
    )
    return "\n".join([*lines, f"mended {faults}, {documents} made anew{lost}"])


def log_text(rows: Sequence[Row], intakes: Mapping[str, Intake], ended: Mapping[str, Row]) -> str:
    """Each row with its document, as far as that is in the index; `intakes` and `ended` (the row
    with which a document went) are by digest."""
    return "\n".join(line for row in rows for line in _row(row, intakes, ended))


def _row(row: Row, intakes: Mapping[str, Intake], ended: Mapping[str, Row]) -> Iterator[str]:
    yield f"{row.row:>4}  {row.time}  {row.action} by {row.tool}"
    digest = row.digest or ""
    intake = intakes.get(digest)
    if intake:
        yield f"      {intake.source} ({counted(intake.bytes, 'byte')})"
        if intake.file != intake.source:
            yield f"      in {intake.file} ({counted(intake.file_bytes, 'byte')})"
    elif row.action in ("added", "replaced"):
        out = ended.get(digest)
        yield f"      ({out.action} in row {out.row})" if out else "      (removed)"
    if sha256 := intake.sha256 if intake else row.sha256:
        yield f"      sha256 {sha256}"
