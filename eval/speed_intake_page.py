"""What was measured about intake as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

Data = Mapping[str, Any]
Row = tuple[str, Callable[[Data], str]]

MEGA = 2**20


def markdown(intake: Data) -> list[str]:
    """The page's lines; what was not measured is left out."""
    lines = ["# Intake", "", f"{intake['machine']}. Files of {intake['kilobytes']} KB of plain "]
    lines[-1] += "text, made of the sentences of SQuAD 2.0, XQuAD and PubMedQA in random order."
    lines.append("")
    if intake["steps"]:
        lines += [*_whole(intake), *_steps(intake["steps"])]
    if intake["stages"]:
        lines += _stages(intake["stages"])
    if intake["one_more"]:
        lines += _one_more(intake["one_more"])
    if intake["disk"] and intake["steps"]:
        lines += _disk(intake["disk"], intake["steps"][-1])
    if intake["single"]:
        lines += _single(intake["single"])
    return lines


def _whole(intake: Data) -> list[str]:
    steps = intake["steps"]
    documents, passages, size, seconds = (
        sum(step[key] for step in steps) for key in ("added", "added_passages", "bytes", "seconds")
    )
    lines = [
        "## Adding",
        "",
        f"**{documents:,} documents, {passages:,} passages, {size / 1e6:.1f} MB in {seconds:.0f} s:"
        f" {documents / seconds:.2f} documents, {passages / seconds:.0f} passages, "
        f"{size / seconds / 1e6:.3f} MB a second**, in {_counted(steps, 'command')}.",
    ]
    if all(step["cpu"] for step in steps):
        cpu = sum(step["cpu"] for step in steps)
        lines[-1] += f" The cores worked {cpu:.0f} s, {cpu / passages * 1000:.1f} ms a passage."
    if documents < intake["wanted"]:
        whole = seconds / documents * intake["wanted"]
        lines[-1] += f" At that rate, not measured: {intake['wanted']:,} in {whole:.0f} s."
    return [*lines, ""]


def _counted(items: Sequence[Any], what: str) -> str:
    return f"{len(items)} {what}{'s' * (len(items) != 1)}"


def _table(head: str, rows: Sequence[Data], shown: Sequence[Row]) -> list[str]:
    """One column for each row, one line for each thing that is shown."""
    lines = [head, "|---|" + "---|" * len(rows)]
    lines += [f"| {name} | " + " | ".join(map(value, rows)) + " |" for name, value in shown]
    return [*lines, ""]


def _head(rows: Sequence[Data]) -> str:
    return "| documents | " + " | ".join(f"{row['documents']:,}" for row in rows) + " |"


def _steps(rows: Sequence[Data]) -> list[str]:
    shown: list[Row] = [
        ("passages", lambda r: f"{r['passages']:,}"),
        ("added in this step", lambda r: f"{r['added']:,}"),
        ("seconds", lambda r: f"{r['seconds']:.0f}"),
        ("seconds of all cores", lambda r: _known(r["cpu"], 0)),
        ("documents a second", lambda r: f"{r['added'] / r['seconds']:.2f}"),
        ("passages a second", lambda r: f"{r['added_passages'] / r['seconds']:.0f}"),
        *_peaks(),
        ("load of the machine", lambda r: f"{r['load']:.1f}"),
    ]
    return _table(_head(rows), rows, shown)


def _peaks() -> list[Row]:
    return [
        ("peak memory, MiB", lambda r: _mebibytes(r["peak"], "resident")),
        ("of that own, MiB", lambda r: _mebibytes(r["peak"], "own")),
        ("processes that read, together, MiB", lambda r: _mebibytes(r["peak"], "workers")),
    ]


def _known(seconds: float | None, digits: int) -> str:
    return "not known" if seconds is None else f"{seconds:.{digits}f}"


def _mebibytes(peak: Data | None, name: str) -> str:
    return f"{peak[name] / MEGA:.0f}" if peak else "not known"


def _stages(row: Data) -> list[str]:
    whole = sum(row["seconds"].values())
    return [
        "## Where the time goes",
        "",
        f"{row['documents']} documents, {row['passages']:,} passages, each stage by itself; in an "
        "addition, files are read while others are encoded. Joining and committing come on top.",
        "",
        "| stage | seconds | share | ms a document |",
        "|---|---|---|---|",
        *(
            f"| {name} | {s:.2f} | {s / whole:.1%} | {1000 * s / row['documents']:.1f} |"
            for name, s in row["seconds"].items()
        ),
        "",
    ]


def _one_more(rows: Sequence[Data]) -> list[str]:
    def rest(row: Data) -> float:
        known: float = sum(row["warm"][key] for key in ("start", "open", "model"))
        return float(median(row["add_seconds"])) - known

    shown: list[Row] = [
        ("passages", lambda r: f"{r['passages']:,}"),
        ("segments", lambda r: f"{r['segments']}"),
        ("**add, new process, s**", lambda r: f"**{median(r['add_seconds']):.2f}**"),
        ("from, to", lambda r: f"{min(r['add_seconds']):.2f}, {max(r['add_seconds']):.2f}"),
        ("seconds of all cores", lambda r: _known(median(r["add_cpu"] or [None]), 2)),
        ("– start and imports", lambda r: f"{r['warm']['start']:.2f}"),
        ("– importing torch, loading the encoder", lambda r: f"{r['warm']['model']:.2f}"),
        ("– opening the index", lambda r: f"{r['warm']['open']:.3f}"),
        ("– the rest", lambda r: f"{rest(r):.2f}"),
        ("**add, warm process, s**", lambda r: f"**{median(r['warm']['add']):.2f}**"),
        ("– loading the encoder again", lambda r: f"{r['warm']['model_again']:.2f}"),
        ("– opening the index again", lambda r: f"{r['warm']['open_again']:.3f}"),
        ("remove, new process, s", lambda r: f"{median(r['remove_seconds']):.2f}"),
        ("remove, warm process, s", lambda r: f"{median(r['warm']['remove']):.3f}"),
        *_peaks(),
        ("load of the machine", lambda r: f"{r['load']:.1f}"),
    ]
    return [
        "## One document more",
        "",
        "A document of the same size added to an index of so many, and removed again: medians of "
        f"{len(rows[0]['add_seconds'])}.",
        "",
        *_table(_head(rows), rows, shown),
    ]


def _disk(parts: Data, last: Data) -> list[str]:
    whole = sum(parts.values())
    lines = [
        "## On the disk",
        "",
        f"{last['documents']:,} documents, {last['passages']:,} passages: {whole / MEGA:.0f} MiB.",
        "",
        "| part | MiB | share | bytes a passage |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {size / MEGA:.1f} | {size / whole:.1%} | {size / last['passages']:.0f} |"
        for name, size in parts.items()
    ]
    return [*lines, ""]


def _single(rows: Sequence[Data]) -> list[str]:
    shown: list[Row] = [
        ("passages", lambda r: f"{r['passages']:,}"),
        ("seconds", lambda r: f"{r['seconds']:.0f}"),
        ("seconds of all cores", lambda r: _known(r["cpu"], 0)),
        *_peaks(),
    ]
    head = "| megabytes | " + " | ".join(f"{row['bytes'] / 1e6:.0f}" for row in rows) + " |"
    lines = ["## One large file", "", *_table(head, rows, shown)]
    return [*lines, *_slope(rows)]


def _slope(rows: Sequence[Data]) -> Iterator[str]:
    """What each further megabyte takes, from the smallest to the largest."""
    first, last = rows[0], rows[-1]
    megabytes = (last["bytes"] - first["bytes"]) / 1e6
    if megabytes and first["peak"] and last["peak"]:
        each = (last["peak"]["own"] - first["peak"]["own"]) / megabytes / MEGA
        yield f"Own memory grows by {each:.1f} MiB for each megabyte of text."
        yield ""
