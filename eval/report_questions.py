"""Every question of a report as a reader checks it: each quote where it stands, gold beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval.answers import GivenCitation, GivenHit
from eval.metrics import Case, bears
from eval.report_data import Report, failed, says, shortfall
from eval.runs import Row
from index.documents import Document
from rag.quotes import locate_quote

CONTEXT = 280
"""Characters shown either side of a quote, of the passage in which it was found."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: cited by the answer, named by the gold, both or neither."""

    text: str
    cited: bool = False
    gold: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a document, in code points of its text."""

    document: Document
    start: int
    end: int

    def holds(self, other: Place) -> bool:
        same = self.document.id == other.document.id
        return same and self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class CitationView:
    """A citation within the words around it; `exact` is False where they do not stand there."""

    given: GivenCitation
    exact: bool
    pieces: tuple[Piece, ...]
    before: bool
    after: bool
    bears: bool


@dataclass(frozen=True, slots=True)
class HitView:
    given: GivenHit
    pieces: tuple[Piece, ...]
    used: bool


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question with all that a reader needs to judge its outcome."""

    row: Row
    case: Case
    kind: int
    outcome: str
    classes: tuple[str, ...]
    shortfall: str
    citations: tuple[CitationView, ...]
    hits: tuple[HitView, ...]
    gold: tuple[tuple[str, str, bool], ...]  # words, place, cited
    must: tuple[tuple[str, bool], ...]
    must_not: tuple[tuple[str, bool], ...]
    peers: tuple[tuple[str, Row], ...]


def question_views(report: Report, kinds: list[str]) -> list[QuestionView]:
    others = [{row.id: row for row in peer.run.rows} for peer in report.peers]
    changed = [{c.id: c.outcome for c in peer.changes} for peer in report.peers]
    views = []
    for row in report.ours.run.rows:
        outcome = "right" if row.right else "wrong"
        ended = "failed" if failed(row) else "abstained" if row.answer.declined else "answered"
        against = [f"{found[row.id]}{n}" for n, found in enumerate(changed) if row.id in found]
        peers = [
            (peer.label, rows[row.id])
            for peer, rows in zip(report.peers, others, strict=True)
            if row.id in rows
        ]
        case = report.cases[row.id]
        hits = sorted(row.answer.hits, key=lambda hit: hit.rank)
        places = [_place(hit, case) for hit in hits]
        view = QuestionView(
            row=row,
            case=case,
            kind=kinds.index(row.kind),
            outcome=outcome if ended == "answered" else f"{outcome}: {ended}",
            classes=(outcome, ended, *against),
            shortfall=shortfall(case, row),
            citations=tuple(_citation(c, case, places) for c in row.answer.citations),
            hits=tuple(_hit(*pair, case) for pair in zip(hits, places, strict=True)),
            gold=tuple(_gold(case)),
            must=_matched(row, case.gold.question.must),
            must_not=_matched(row, case.gold.question.must_not),
            peers=tuple(peers),
        )
        views.append(view)
    return views


def _matched(row: Row, expressions: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    return tuple((e, row.answer.answered and says(row.answer, e)) for e in expressions)


def _gold(case: Case) -> Iterable[tuple[str, str, bool]]:
    """Each gold quote at its first place, and whether the answer cites it."""
    for occurrences in case.gold.quotes:
        first = occurrences[0]
        document = case.corpus.find(first.span.document_id, "")
        source = document.source if document else first.span.document_id
        cited = any(bears(c, occurrences, case.corpus) for c in case.answer.citations)
        yield first.text, f"{source}:{first.span.start}-{first.span.end}", cited


def _stands(citation: GivenCitation, case: Case) -> Place | None:
    """The place a citation names, when its words stand there to the code point."""
    document = case.corpus.find(citation.document, citation.source)
    start, end = citation.start, citation.end
    if document is None or start is None or end is None or not 0 <= start < end:
        return None
    return Place(document, start, end) if document.text[start:end] == citation.quote else None


def _place(hit: GivenHit, case: Case) -> Place | None:
    """Where a hit's text stands; None where it does not stand in its document."""
    document = case.corpus.find(hit.document, hit.source)
    if document is None:
        return None
    if hit.start is not None and hit.end is not None:
        exact = 0 <= hit.start < hit.end and document.text[hit.start : hit.end] == hit.text
        return Place(document, hit.start, hit.end) if exact else None
    found = locate_quote(document.text, hit.text)
    return Place(document, *found) if found else None


def _citation(citation: GivenCitation, case: Case, places: Sequence[Place | None]) -> CitationView:
    """The quote within the hit in which it stands; within its document where no hit holds it."""
    borne = any(bears(citation, quote, case.corpus) for quote in case.gold.quotes)
    quote = _stands(citation, case)
    if quote is None:
        return CitationView(citation, False, (Piece(citation.quote),), False, False, borne)
    text = quote.document.text
    whole = Place(quote.document, 0, len(text))
    around = next((place for place in places if place and place.holds(quote)), whole)
    first, last = around.start, around.end
    if quote.start - first > CONTEXT:
        first = text.find(" ", quote.start - CONTEXT, quote.start) + 1 or quote.start
    if last - quote.end > CONTEXT:
        last = max(text.rfind(" ", quote.end, quote.end + CONTEXT), quote.end)
    shown = _marked(Place(quote.document, first, last), [quote], case)
    return CitationView(citation, True, shown, first > around.start, last < around.end, borne)


def _hit(hit: GivenHit, place: Place | None, case: Case) -> HitView:
    if place is None:
        return HitView(hit, (Piece(hit.text),), False)
    cited = [quote for c in case.answer.citations if (quote := _stands(c, case))]
    shown = _marked(place, cited, case)
    return HitView(hit, shown, any(piece.cited for piece in shown))


def _marked(place: Place, cited: Iterable[Place], case: Case) -> tuple[Piece, ...]:
    """The words of a place, with what is cited and what the gold names in its document."""
    document = place.document
    ours = [(q.start, q.end) for q in cited if q.document.id == document.id]
    gold = [
        (quote.span.start, quote.span.end)
        for occurrences in case.gold.quotes
        for quote in occurrences
        if quote.span.document_id == document.id
    ]
    marks = ([(a - place.start, b - place.start) for a, b in found] for found in (ours, gold))
    return pieces(document.text[place.start : place.end], *marks)


def pieces(text: str, cited: Iterable[Range], gold: Iterable[Range]) -> tuple[Piece, ...]:
    """Text cut where a mark begins or ends; ranges are offsets in it and may reach beyond it."""
    marks = [
        [(max(0, a), min(len(text), b)) for a, b in ranges if a < len(text) and b > 0 and a < b]
        for ranges in (cited, gold)
    ]
    cuts = sorted({0, len(text), *(offset for m in marks for pair in m for offset in pair)})
    found = []
    for start, end in pairwise(cuts):
        in_cited, in_gold = (any(a <= start and end <= b for a, b in m) for m in marks)
        found.append(Piece(text[start:end], in_cited, in_gold))
    return tuple(found)
