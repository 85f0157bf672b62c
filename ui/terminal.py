"""Answers, hits and reports as text for a terminal: pure functions from records to strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from eval.bench import SHOWN, Ablation
from index.documents import Document, Passage
from index.indexing import AddReport
from index.manifest import Manifest
from rag.answer import Answer, Citation, Hit

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
        claim.text + "".join(f" [{c.number}]" for c in claim.citations) for claim in answer.claims
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


def hits_text(hits: Sequence[Hit]) -> str:
    if not hits:
        return "nothing found"
    return "\n".join(
        f"{hit.rank:>2}  {hit.score:.3f}  {where(hit)}\n    {shortened(hit.passage)}"
        for hit in hits
    )


def where(hit: Hit) -> str:
    span = hit.passage.span
    return f"{hit.document.source}:{span.start}-{span.end}"


def shortened(passage: Passage) -> str:
    line = " ".join(passage.text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


def added_text(report: AddReport) -> str:
    kinds = (("added", report.added), ("replaced", report.replaced), ("skipped", report.skipped))
    lines = [
        f"{kind:<9} {row.source} ({row.passages} passages)"
        for kind, rows in kinds
        for row in rows
        if kind != "skipped"
    ]
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in kinds)
    return "\n".join([*lines, f"{counts}, {len(report.failed)} failed"])


def documents_text(documents: Iterable[Document]) -> str:
    lines = []
    for d in documents:
        about = ", ".join(p for p in (d.speaker, d.title, d.published) if p) or "no metadata"
        lines.append(f"{d.id}  {d.source}\n                  {about}")
    return "\n".join(lines) if lines else "no documents"


def manifest_text(manifest: Manifest, size: int) -> str:
    rows: Mapping[str, object] = {
        "documents": manifest.documents,
        "passages": manifest.passages,
        "sentences": manifest.sentences,
        "word pieces": manifest.word_pieces,
        "size on disk": f"{size / 2**20:.1f} MiB",
        "encoder": f"{manifest.encoder}, {manifest.dimension} dimensions",
        "encoder sha256": manifest.encoder_sha256,
        "passage budget": f"{manifest.passage_tokens} tokens ({manifest.token_encoding})",
        "fingerprint": manifest.fingerprint,
        "made": f"{manifest.created} by onrecord {manifest.onrecord}, format {manifest.format}",
    }
    return "\n".join(f"{name:<15} {value}" for name, value in rows.items())


def measures_text(name: str, questions: int, measures: Mapping[str, float]) -> str:
    lines = [f"{name}: {questions} questions"]
    lines += [f"  {measure:<32} {value:8.3f}" for measure, value in sorted(measures.items())]
    return "\n".join(lines)


def ablations_text(name: str, rows: Sequence[Ablation]) -> str:
    """A table; times are given against the last row, the product's default."""
    head = f"{name:<18}" + "".join(f"{measure:>11}" for measure in SHOWN) + "  ms/question    ratio"
    lines = [head]
    for row in rows:
        cells = "".join(f"{row.measures[measure]:>11.3f}" for measure in SHOWN)
        ratio = row.seconds / rows[-1].seconds
        lines.append(f"{row.name:<18}{cells}{row.seconds * 1000:>13.1f}{ratio:>9.2f}")
    return "\n".join(lines)
