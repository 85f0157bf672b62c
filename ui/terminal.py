"""Answers, hits and reports as text for a terminal: pure functions from records to strings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer

from eval.compare import Change, Difference
from eval.runs import Run
from eval.significance import interval
from index.documents import Document, Passage
from index.indexing import AddReport
from index.manifest import Manifest
from rag.answer import Answer, Citation, Hit, Place
from ui.excerpts import excerpt, pieces
from ui.options import printable

SHOWN_CHARACTERS = 240
"""Of a passage in a list; the whole of it is in `--json`."""

CLOSEST = 3
"""Passages named under an abstention, so that a reader sees what was found and not used."""


def answer_text(answer: Answer) -> str:
    """Sentences with their marks, then where each mark points."""
    if answer.abstained:
        lines = [answer.text, ""]
        if answer.hits:
            lines += ["Closest passages, which do not answer it:"]
            lines += [f"  {where(hit)}: {shortened(hit.passage)}" for hit in answer.hits[:CLOSEST]]
        return "\n".join(lines).rstrip()
    lines = [
        claim.sentence + "".join(f" [{c.number}]" for c in claim.citations)
        for claim in answer.claims
    ]
    return "\n".join([*lines, "", *(footnote(c) for c in answer.citations)])


def footnote(citation: Citation) -> str:
    """Who said it, in what, when, and at which code points of which file."""
    document = citation.document
    parts = [
        citation.speaker or "speaker unknown",
        f"“{document.title}”" if document.title else None,
        document.publisher if document.publisher != citation.speaker else None,
        document.published or "undated",
        f"p. {citation.page}" if citation.page else None,
    ]
    said = ", ".join(part for part in parts if part)
    return (
        f"[{citation.number}] {said}. {document.source}:{citation.span.start}-{citation.span.end}"
    )


def hits_text(hits: Sequence[Hit], set_off: bool = False) -> str:
    """Each hit with its place and date, what found it, its telling part, and where else it stands.

    `set_off` makes words of the question bold and words near to them underlined. What comes from
    documents is made printable here, before the styles: `printable` would show those as text.
    """
    lines = []
    for hit in hits:
        known = [hit.document.published or "undated", f"p. {p}" if (p := hit.passage.page) else ""]
        found_by = f"found by {', '.join(hit.found_by)}" if hit.found_by else ""
        about = "  ".join(part for part in (where(hit), *known, found_by) if part)
        lines.append(f"{hit.rank:>2}  {hit.score:.3f}  {printable(about)}")
        lines.append(f"    {_telling_part(hit, set_off)}")
        lines += [f"    also in: {printable(where(place))}" for place in hit.repeats]
    return "\n".join(lines)


def _telling_part(hit: Hit, set_off: bool) -> str:
    start, end = excerpt(hit, SHOWN_CHARACTERS)
    span = hit.passage.span
    parts = []
    for text, kind in pieces(hit, start, end):
        shown = printable(re.sub(r"\s+", " ", text))
        if set_off and kind == "word":
            shown = typer.style(shown, bold=True)
        elif set_off and kind == "near":
            shown = typer.style(shown, underline=True)
        parts.append(shown)
    before = "… " if hit.document.text[span.start : start].strip() else ""
    after = " …" if hit.document.text[end : span.end].strip() else ""
    return before + "".join(parts) + after


def where(place: Hit | Place) -> str:
    span = place.passage.span
    return f"{place.document.source}:{span.start}-{span.end}"


def shortened(passage: Passage) -> str:
    return _one_line(passage.text)


def added_text(report: AddReport) -> str:
    kinds = (("added", report.added), ("replaced", report.replaced), ("skipped", report.skipped))
    lines = [
        f"{kind:<9} {row.source} ({row.passages} passages)"
        for kind, rows in kinds
        for row in rows
        if kind != "skipped"
    ]
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in kinds)
    lines.append(f"{counts}, {len(report.failed)} failed")
    if report.left_out:
        endings = Counter(Path(x.source).suffix.lower() or "no ending" for x in report.left_out)
        kinds_left = ", ".join(f"{ending} {count}" for ending, count in sorted(endings.items()))
        files = "1 file" if len(report.left_out) == 1 else f"{len(report.left_out)} files"
        lines.append(f"left out: {files} without a reader ({kinds_left})")
    return "\n".join(lines)


def documents_text(documents: Iterable[Document]) -> str:
    lines = []
    for d in documents:
        about = ", ".join(p for p in (d.speaker, d.title, d.published) if p) or "no metadata"
        lines.append(f"{d.id}  {d.source}\n                  {about}")
    return "\n".join(lines) if lines else "no documents"


def manifest_text(manifest: Manifest, size: int) -> str:
    stores = ", ".join(sorted({segment.vector_store for segment in manifest.segments}))
    rows: Mapping[str, object] = {
        "documents": manifest.documents,
        "passages": manifest.passages,
        "sentences": manifest.sentences,
        "word pieces": manifest.word_pieces,
        "size on disk": f"{size / 2**20:.1f} MiB",
        "segments": f"{len(manifest.segments)}{stores and f' ({stores})'}",
        "encoder": f"{manifest.encoder}, {manifest.dimension} dimensions",
        "encoder sha256": manifest.encoder_sha256,
        "token vectors": manifest.codec,
        "passage budget": f"{manifest.passage_tokens} tokens ({manifest.token_encoding})",
        "fingerprint": manifest.fingerprint,
        "made": f"{manifest.created} by onrecord {manifest.onrecord}, format {manifest.format}",
    }
    return "\n".join(f"{name:<15} {value}" for name, value in rows.items())


def run_text(run: Run) -> str:
    """Every measure with its 95 % interval and the number of questions it applies to."""
    lines = [f"{run.name}, {run.system}: {len(run.rows)} questions"]
    for name in run.measure_names:
        found = interval(list(run.values(name).values()))
        lines.append(
            f"  {name:<24}{found.mean:>9.3f}   [{found.low:.3f}, {found.high:.3f}]{found.n:>6}"
        )
    rest = {name: value for name, value in run.measures.items() if name not in run.measure_names}
    lines += [f"  {name:<34}{value:>9.3f}" for name, value in rest.items()]
    if run.not_run:
        lines.append(f"{len(run.not_run)} questions NOT run: their documents are not in the index")
    return "\n".join(lines)


def comparison_text(
    first: Run, second: Run, differences: Sequence[Difference], changes: Sequence[Change]
) -> str:
    """A table of measures, then the questions that changed, losses first."""
    lines = [f"{first.name}: {first.system} (A) and {second.system} (B), * p < 0.05"]
    lines.append(f"  {'measure':<24}{'A':>9}{'B':>9}{'B - A':>9}{'p':>9}")
    for item in differences:
        mark = " *" if item.significant else ""
        values = (
            f"{item.first.mean:>9.3f}{item.second.mean:>9.3f}{item.change:>+9.3f}{item.p:>9.4f}"
        )
        lines.append(f"  {item.measure:<24}{values}{mark}")
    for change in changes:
        lines += [
            f"{change.outcome:<8}{change.id}  {change.second.answer.question or ''}",
            f"        A: {_one_line(change.first.answer.text)}",
            f"        B: {_one_line(change.second.answer.text)}",
        ]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
