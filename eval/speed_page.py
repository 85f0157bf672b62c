"""What was measured about speed as Markdown tables and as one picture (SVG)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from statistics import median
from typing import Any

from jinja2 import Environment, StrictUndefined

Data = Mapping[str, Any]

WIDTH, HEIGHT = 300, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 34, 40
"""Size and margins of one panel of the picture, in its own units."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series within a panel: an SVG path and its points."""

    label: str
    path: str
    points: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: heading, grid lines with their labels, and series."""

    title: str
    x: int
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]


def markdown(speed: Data) -> list[str]:
    """A section for each part that was measured."""
    load = ", ".join(f"{value:.2f}" for value in speed["load"])
    lines = ["# Speed", "", f"{speed['machine']}. Load after each part: {load}.", ""]
    if speed["indexing"]:
        lines += _indexing(speed["indexing"])
    if speed["sizes"]:
        lines += _sizes(speed["sizes"], speed["corpus"])
    if speed["cold"]:
        lines += _cold(speed["cold"])
    if speed["stores"]:
        lines += _stores(speed["stores"])
    return lines


def _indexing(row: Data) -> list[str]:
    def spread(values: Sequence[float]) -> str:
        return f"{median(values):.1f} | {min(values):.1f} to {max(values):.1f}"

    return [
        "## Indexing",
        "",
        f"{row['passages']} real passages, {len(row['ours'])} rounds in turns, the same encoder. "
        f"Theirs: {row['framework']}, in memory; ours with splitting, token vectors, keywords and "
        "writing.",
        "",
        "| way | passages a second (median) | range |",
        "|---|---|---|",
        f"| framework | {spread(row['theirs'])} |",
        f"| ours | {spread(row['ours'])} |",
        f"| **ratio** | **{row['ratio']:.2f}** | of the best rounds {row['best']:.2f} |",
        "",
    ]


def _sizes(rows: Sequence[Data], corpus: Data) -> list[str]:
    mega = 2**20
    shown: list[tuple[str, Callable[[Data], str]]] = [
        ("search, p50 ms", lambda r: f"{1000 * r['serving']['p50']:.1f}"),
        ("search, p95 ms", lambda r: f"{1000 * r['serving']['p95']:.1f}"),
        ("search, p99 ms", lambda r: f"{1000 * r['serving']['p99']:.1f}"),
        ("vector stores alone, p50 ms", lambda r: f"{1000 * r['recall']['p50']:.2f}"),
        ("recall@10 against exact", lambda r: f"{r['recall']['recall']:.4f}"),
        ("disk, bytes a passage", lambda r: f"{r['bytes_per_passage']:.0f}"),
        ("memory, own, MiB", lambda r: _memory(r["serving"]["after"], "anonymous", mega)),
        ("memory, mapped files, MiB", lambda r: _memory(r["serving"]["after"], "files", mega)),
        (
            "before the index, own, MiB",
            lambda r: _memory(r["serving"]["before"], "anonymous", mega),
        ),
        ("before the index, mapped, MiB", lambda r: _memory(r["serving"]["before"], "files", mega)),
        ("opening, s", lambda r: f"{r['serving']['open_seconds']:.2f}"),
        ("adding one document, s", lambda r: f"{r['add_seconds']:.2f}"),
        ("removing the one added, s", lambda r: f"{r['remove_added_seconds']:.2f}"),
        ("removing one of the largest segment, s", lambda r: f"{r['remove_seconds']:.2f}"),
        ("segments", lambda r: str(r["segments"])),
        ("writing it, s", lambda r: f"{r['write_seconds']:.0f}"),
    ]
    return [
        "## Searching",
        "",
        "**The corpora are synthetic**: passages of real sentences "
        f"({corpus['real_sentences']}, of {corpus['real_passages']} passages of SQuAD 2.0, XQuAD "
        f"and PubMedQA, {corpus['mean_word_pieces']} word pieces a passage), drawn at random among "
        "neighbours in meaning. The questions are real ones of the same collections. A process of "
        "its own opens the index and searches; encoding the question, reordering and making hits "
        "are included. Adding includes loading the encoder.",
        "",
        "| passages | " + " | ".join(f"{r['passages']:,}" for r in rows) + " |",
        "|---|" + "---|" * len(rows),
        *(f"| {name} | " + " | ".join(show(r) for r in rows) + " |" for name, show in shown),
        "",
    ]


def _memory(row: Data | None, key: str, unit: int) -> str:
    return f"{row[key] / unit:.0f}" if row else "not known"


def _cold(row: Data) -> list[str]:
    seconds = row["seconds"]
    return [
        "## Cold start",
        "",
        f"`onrecord ask` in a new process on {row['documents']} documents ({row['passages']} "
        f"passages), {len(seconds)} runs, page cache warm: median **{median(seconds):.2f} s**, "
        f"{min(seconds):.2f} to {max(seconds):.2f}.",
        "",
    ]


def _stores(rows: Sequence[Data]) -> list[str]:
    return [
        "## Vector stores in one segment",
        "",
        "Synthetic vectors, real questions, one thread, 50 rows asked for, recall of the first 10. "
        "IVF(lists, probes); HNSW(links, width of the search).",
        "",
        "| rows | store | build s | bytes a row | p50 ms | p95 ms | recall@10 |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {r['rows']:,} | {r['store']} | {r['build_seconds']:.2f} | "
            f"{r['bytes_per_row']:.0f} | {1000 * r['p50']:.2f} | {1000 * r['p95']:.2f} | "
            f"{r['recall']:.4f} |"
            for r in rows
        ),
        "",
    ]


def plot(speed: Data) -> str:
    """The picture: time, memory and cost of a change against size, each in a panel."""
    rows = speed["sizes"]

    def of(label: str, value: Callable[[Data], float | None]) -> tuple[str, list[float | None]]:
        return label, [value(row) for row in rows]

    def memory(key: str) -> Callable[[Data], float | None]:
        return lambda r: r["serving"]["after"] and r["serving"]["after"][key] / 2**20

    panels = [
        ("search, ms", [
            of("p95", lambda r: 1000 * r["serving"]["p95"]),
            of("p50", lambda r: 1000 * r["serving"]["p50"]),
        ]),
        ("memory, MiB", [of("own", memory("anonymous")), of("mapped files", memory("files"))]),
        ("one document, s", [
            of("adding", lambda r: r["add_seconds"]),
            of("removing", lambda r: r["remove_seconds"]),
        ]),
    ]  # fmt: skip
    sizes = [row["passages"] for row in rows]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = resources.files("eval") / "speed.svg.j2"
    template = environment.from_string(source.read_text(encoding="utf-8"))
    return template.render(
        panels=[
            _panel(title, number, sizes, series) for number, (title, series) in enumerate(panels)
        ],
        panel={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT,
               "top": TOP, "bottom": HEIGHT - BOTTOM},
    )  # fmt: skip


def _panel(
    title: str, number: int, sizes: Sequence[int], series: Sequence[tuple[str, list[float | None]]]
) -> Panel:
    known = [value for _, values in series for value in values if value is not None]
    top = _round_up(max(known, default=1.0))
    low, high = math.log10(min(sizes)), math.log10(max(sizes))

    def across(size: int) -> float:
        share = (math.log10(size) - low) / (high - low) if high > low else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    lines = []
    for label, values in series:
        pairs = [(s, v) for s, v in zip(sizes, values, strict=True) if v is not None]
        points = tuple((across(s), up(v), f"{_size(s)}: {v:.4g}") for s, v in pairs)
        path = " ".join(_steps(points))
        lines.append(Line(label, path, points))
    return Panel(
        title,
        number * WIDTH,
        tuple((up(top * step / 4), f"{top * step / 4:.4g}") for step in range(5)),
        tuple((across(size), _size(size)) for size in sizes),
        tuple(lines),
    )


def _steps(points: Sequence[tuple[float, float, str]]) -> Iterator[str]:
    for number, (x, y, _) in enumerate(points):
        yield f"{'L' if number else 'M'}{x:.1f} {y:.1f}"


def _round_up(value: float) -> float:
    """The next of 1, 2, 4 and 8 times a power of ten, for an axis."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value * (1 - 1e-9))


def _size(size: int) -> str:
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit:
            return f"{size / unit:.4g}{name}"
    return str(size)
