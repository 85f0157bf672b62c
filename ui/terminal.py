"""Answers, hits and reports as text for a terminal: pure functions from records to strings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import typer

from eval.compare import Change, Difference
from eval.runs import Run
from eval.significance import interval
from index.documents import Document
from index.manifest import Manifest
from rag import answer as answers
from rag.answer import Answer, Citation, Claim, Hit, Place, Voice
from rag.pinpoints import Pinpoint
from rag.proof import in_order
from ui.excerpts import excerpt, pieces
from ui.footnotes import as_of_inferred, cautions, is_inferred, where_in
from ui.options import printable
from ui.strings import ENGLISH

SHOWN_CHARACTERS = 240
"""Of a passage in a list; the whole of it is in `--json`."""

CLOSEST = 3
"""Passages named under an abstention, so that a reader sees what was found and not used."""


def answer_text(answer: Answer, unproven: bool = False) -> str:
    """Sentences with their marks, where each mark points, and how the answer came about.

    `unproven` shows the statements that were withheld too, each labelled as what it is.
    """
    parts = [
        [f"Note: {note}" for note in answer.notes],
        [ENGLISH.understood.format(question=answer.understood)] if answer.understood else [],
        *([_abstention(answer)] if answer.abstained else _told(answer)),
        [_as_of(answer), *_withheld(answer, unproven), f"Composed by: {answer.composer}."],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def footnote(citation: Citation) -> str:
    """Who said it, in what, when and where, what warns of it, and its code points in the file."""
    document, voice = citation.document, citation.voice
    parts = [
        spoken(voice),
        f"“{document.title}”" if document.title else None,
        document.publisher if document.publisher not in (voice.speaker, voice.reported_by) else "",
        published(document),
        *_pinpoint(citation.pinpoint),
    ]
    said = ", ".join(part for part in parts if part)
    return (
        f"[{citation.number}] {said}. {document.source}:{citation.span.start}-{citation.span.end}"
    )


def published(document: Document) -> str:
    """The date of a document, marked where the source does not state it."""
    date = document.published or ENGLISH.no_date
    return ENGLISH.inferred.format(date=date) if is_inferred(document) else date


def _pinpoint(place: Pinpoint) -> list[str]:
    """Page or paragraph, and what warns of the words there."""
    return [where_in(place, ENGLISH), *cautions(place, ENGLISH)]


def spoken(voice: Voice) -> str:
    """Whose voice it is, and by whom it is passed on."""
    by = f" by {voice.reported_by}" if voice.reported_by else ""
    kinds = {
        "author": "",
        "quoted": f"quoted{by}",
        "comment": ENGLISH.comment,
        "caption": "caption",
    }
    named = voice.speaker or ("" if kinds[voice.kind] else "speaker unknown")
    return ", ".join(part for part in (named, kinds[voice.kind]) if part)


def _told(answer: Answer) -> list[list[str]]:
    """What contradicts the question, the sentences, the differences, and the footnotes."""
    premises = [d for d in answer.differences if d.kind == "premise"]
    first, rest = in_order(answer.claims, answer.differences)
    warned = [ENGLISH.taken_for_granted.format(subject=p.subject) for p in premises if p.subject]
    otherwise = [ENGLISH.otherwise, *map(_sentence, first), *warned] if premises else []
    cited = {c.number: c for c in answer.citations}
    differing = [_sides(d, cited) for d in answer.differences if d.kind != "premise"]
    return [
        otherwise,
        [_sentence(c) for c in rest],
        *differing,
        [footnote(c) for c in cited.values()],
    ]


def _sentence(claim: Claim) -> str:
    return claim.sentence + "".join(f" [{c.number}]" for c in claim.citations)


def _sides(difference: answers.Difference, cited: Mapping[int, Citation]) -> list[str]:
    """What the sources say differently, one line each, the earliest first."""
    lines = [f"{ENGLISH.differ}:"]
    dates = {number: published(cited[number].document) for number in difference.citations}
    width = max(10, *map(len, dates.values()))
    for number, when in dates.items():
        text = cited[number].document.text
        short = ", ".join(text[start:end] for start, end in cited[number].short)
        lines.append(f"  {when:<{width}}  {_one_line(short or cited[number].quote)} [{number}]")
    return lines


def _abstention(answer: Answer) -> list[str]:
    lines = [answer.text]
    if answer.hits:
        lines += ["", "Closest passages, which do not answer it:"]
        lines += [f"  {_closest(hit)}" for hit in answer.hits[:CLOSEST]]
    return lines


def _closest(hit: Hit) -> str:
    warnings = cautions(hit.pinpoint, ENGLISH)
    told = f" ({', '.join(warnings)})" if warnings else ""
    return f"{where(hit)}{told}: {_telling_part(hit, set_off=False)}"


def _as_of(answer: Answer) -> str:
    if not answer.as_of:
        return ENGLISH.as_of_unknown
    form = ENGLISH.as_of_found if answer.abstained else ENGLISH.as_of
    inferred = as_of_inferred(answer)
    return form.format(
        date=ENGLISH.inferred.format(date=answer.as_of) if inferred else answer.as_of
    )


def _withheld(answer: Answer, shown: bool) -> list[str]:
    """How many statements were withheld in a line, or what they say."""
    count = len(answer.withheld)
    if not count:
        return []
    told = ENGLISH.withheld_one if count == 1 else ENGLISH.withheld.format(count=count)
    if not shown:
        return [f"{told}."]
    lines = [f"{told}:"]
    for held in answer.withheld:
        reason = ENGLISH.withheld_reason.format(reason=held.reason)
        lines.append(f"  {ENGLISH.unproven}: {_one_line(held.text)} ({reason})")
    return lines


def hits_text(hits: Sequence[Hit], set_off: bool = False) -> str:
    """Each hit with its place and date, what found it, its telling part, and where else it stands.

    `set_off` makes words of the question bold and words near to them underlined. What comes from
    documents is made printable here, before the styles: `printable` would show those as text.
    """
    lines = []
    for hit in hits:
        known = [published(hit.document), *_pinpoint(hit.pinpoint)]
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
        if kind == "hidden":
            shown = f"[{ENGLISH.hidden}: {shown.strip()}]"
        elif set_off and kind == "word":
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
