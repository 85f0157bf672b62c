"""What must be true of an answer whatever made it: the invariants of `rag.answer`, for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag.evidence.records import AnswerRecord, CitationRecord, DocumentRecord


def answer_faults(answer: AnswerRecord) -> Iterator[str]:
    """Claims xor an abstention with a reason; every sentence with its quotes; a text that says
    what they say; nothing that points to nowhere."""
    if answer.abstained != (not answer.claims) or answer.abstained != bool(answer.reason):
        yield "it has neither claims nor an abstention with a reason, or both"
    numbers = [citation.number for citation in answer.citations]
    if numbers != sorted(set(numbers)):
        yield "its citations are not numbered one after the other"
    cited = {number for claim in answer.claims for number in claim.citations}
    if cited != set(numbers):
        odd = sorted(cited ^ set(numbers))
        yield f"citation {odd[0]} is not both among the citations and cited by a sentence"
    for difference in answer.differences:
        if not cited.issuperset(difference.citations):
            yield "a difference names a citation that the answer does not have"
    if answer.text != (answer.reason or _text(answer)):
        yield "its text is not that of its sentences"
    dates = [c.published for c in answer.citations if c.published]
    if answer.claims and answer.as_of != max(dates, default=None):
        yield "its date is not that of the newest source cited"
    if [hit.rank for hit in answer.hits] != list(range(1, len(answer.hits) + 1)):
        yield "its hits are not ranked one after the other"


def _text(answer: AnswerRecord) -> str:
    return " ".join(
        claim.text + "".join(f" [{number}]" for number in claim.citations)
        for claim in answer.claims
    )


def citation_faults(citation: CitationRecord, document: DocumentRecord) -> Iterator[str]:
    """Where a citation and the record of its document say different things."""
    where = f"citation {citation.number}"
    for name in ("source", "sha256", "title", "publisher", "published", "url", "uncertain"):
        if getattr(citation, name) != getattr(document, name):
            yield f"{where}: {name} is not that of its document"
    if citation.end - citation.start != len(citation.quote):
        yield f"{where}: its quote is not as long as its place"
    for start, end in citation.short:
        if not citation.start <= start < end <= citation.end:
            yield f"{where}: its short answer is not in its quote"


def place_faults(answer: AnswerRecord, texts: Mapping[str, str]) -> Iterator[str]:
    """Quotes and hits that do not stand at their places in the texts of the documents, by id."""
    for citation in answer.citations:
        text = texts.get(citation.document)
        if text is not None and text[citation.start : citation.end] != citation.quote:
            yield f"citation {citation.number}: its quote does not stand at its place"
    for hit in answer.hits:
        text = texts.get(hit.document)
        if text is not None and text[hit.start : hit.end] != hit.text:
            yield f"hit {hit.rank}: its words do not stand at their place"


def verbatim(answer: AnswerRecord) -> int:
    """Sentences that are the words of one of their quotes, with who says it before them or not."""
    quotes = {citation.number: " ".join(citation.quote.split()) for citation in answer.citations}
    return sum(
        any(" ".join(claim.text.split()).endswith(quotes[n]) for n in claim.citations)
        for claim in answer.claims
    )
