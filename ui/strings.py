"""Every word of the page, by language. A language is one `Strings` and a line in the dict. What the
terminal says of an answer in the same words comes from here too.

No field has a default, so a translation that misses one does not start. Values that stand in braces
are filled by `ui.render`, which escapes them first.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strings:
    """The words of the page in one language."""

    name: str
    promise: str
    holdings: str
    months: tuple[str, ...]
    date_year: str
    date_month: str
    date_day: str

    question: str
    question_hint: str
    ask: str
    stop: str
    examples: str
    sure: str
    sure_steps: tuple[tuple[str, str], ...]

    filters: str
    filters_set: str
    filters_note: str
    clear: str
    documents: str
    publishers: str
    authors: str
    languages: str
    others: str
    published: str
    since: str
    until: str
    wording: str
    phrases: str
    without: str
    several: str
    narrowed: str
    narrowed_by: tuple[tuple[str, str], ...]
    nothing_meets: str

    answer: str
    answer_hint: str
    searching: str
    reading_on: str
    stopped: str
    stopped_early: str
    understood: str
    word_for_word: str
    with_quotes: str
    composed_by: str
    composers: tuple[tuple[str, str], ...]
    as_of: str
    as_of_found: str
    as_of_unknown: str
    no_date: str
    inferred: str
    page: str
    pages: str
    paragraph: str
    hidden: str
    partly_hidden: str
    ocr: str
    inside: str
    quoted: str
    quoted_by: str
    comment: str
    caption: str

    otherwise: str
    taken_for_granted: str
    differ: str
    differ_note: str

    withheld: str
    withheld_one: str
    withheld_note: str
    withheld_reason: str
    unproven: str
    caution: str

    talk: str
    talk_note: str
    new_talk: str

    no_answer: str
    closest: str
    problem: str
    fault: str

    searched: str
    searched_note: str
    marks: str
    marked_word: str
    marked_near: str
    also_in: str
    nothing_searched: str
    score: str
    found_by: str
    found_by_names: tuple[tuple[str, str], ...]
    used: str
    unused: str
    fingerprint: str

    source: str
    source_hint: str
    source_text: str
    back: str
    about: str
    section: str
    not_stated: str
    left_out: str
    licence: str
    file: str
    sha256: str
    cut_before: str
    cut_after: str
    no_such_place: str


ENGLISH = Strings(
    name="OnRecord",
    promise="Answers from your documents. Every sentence carries the exact words of its source.",
    holdings="Documents: {documents}. Passages: {passages}.",
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    date_year="{year}",
    date_month="{month} {year}",
    date_day="{day} {month} {year}",
    question="Your question",
    question_hint="Who said what, when, where, why?",
    ask="Ask",
    stop="Stop",
    examples="For example:",
    sure="How sure must an answer be?",
    sure_steps=(
        ("freely", "Answer freely"),
        ("balanced", "Balanced"),
        ("sure", "Only when sure"),
    ),
    filters="Narrow the search",
    filters_set="{count} set",
    filters_note="What is left empty narrows nothing.",
    clear="Clear all",
    documents="Documents",
    publishers="Publishers",
    authors="Authors",
    languages="Languages",
    others="{count} more are not listed. Name one:",
    published="Published",
    since="From",
    until="To",
    wording="Wording",
    phrases="With the exact words",
    without="Without the words",
    several="Several phrases: each in quotation marks.",
    narrowed="Narrowed: {conditions}.",
    narrowed_by=(
        ("documents", "in {values}"),
        ("publishers", "published by {values}"),
        ("authors", "written by {values}"),
        ("languages", "in the language {values}"),
        ("since", "from {values}"),
        ("until", "until {values}"),
        ("phrases", "with the words {values}"),
        ("without", "without {values}"),
    ),
    nothing_meets="No passage meets these conditions.",
    answer="Answer",
    answer_hint="The answer appears here, sentence by sentence, each with its source.",
    searching="Searching the documents…",
    reading_on="Looking for further sentences…",
    stopped="Stopped. What is shown had been proved.",
    stopped_early="Stopped before any sentence was proved.",
    understood="Understood as: {question}",
    word_for_word="Word for word. Choose a source to see the words where they stand.",
    with_quotes="Each sentence rests on the words quoted below it. Choose a source to see them.",
    composed_by="Composed by: {composer}.",
    composers=(("extractive", "extractive (sentences of the documents, no language model)"),),
    as_of="As of {date}: the newest source cited.",
    as_of_found="As of {date}: the newest source found.",
    as_of_unknown="As of an unknown date: no source has one.",
    no_date="undated",
    inferred="{date} (inferred)",
    page="p. {page}",
    pages="pp. {page}–{page_end}",
    paragraph="para. {number}",
    hidden="hidden in the source",
    partly_hidden="partly hidden in the source",
    ocr="read by OCR, {percent} %",
    inside="{name} (in {container})",
    quoted="quoted",
    quoted_by="quoted by {reporter}",
    comment="reader’s comment",
    caption="caption",
    otherwise="The documents say otherwise:",
    taken_for_granted="The question takes for granted: “{subject}”",
    differ="The sources differ on {subject}",
    differ_note="Oldest first. None is preferred.",
    withheld="{count} statements withheld: not supported by the documents",
    withheld_one="1 statement withheld: not supported by the documents",
    withheld_note="Proposed for this answer and not proved. Do not rely on what follows.",
    withheld_reason="Withheld because {reason}.",
    unproven="Unproven",
    caution="Note:",
    talk="Earlier in this conversation",
    talk_note="The next question is read as a part of this conversation.",
    new_talk="New conversation",
    no_answer="No answer",
    closest="Closest, but not an answer",
    problem="That did not work",
    fault="A fault inside OnRecord: the server’s log has the details. Ask again.",
    searched="What was searched (passages read: {passages}; their documents: {documents})",
    searched_note="Best match first. An answer uses only some of what was found.",
    marks="Marked: {word}, {near}.",
    marked_word="words of the question",
    marked_near="close in meaning",
    also_in="Also in",
    nothing_searched="No passage was found.",
    score="score {score}",
    found_by="found by {names}",
    found_by_names=(("dense", "meaning"), ("keyword", "words")),
    used="cited in the answer",
    unused="not used",
    fingerprint="Index and settings: {fingerprint}",
    source="Source",
    source_hint="Choose a source in the answer to see the quoted words where they stand.",
    source_text="Text of the source",
    back="Back to the answer",
    about="About this document",
    section="Section",
    not_stated="Inferred",
    left_out="Notes",
    licence="Licence",
    file="File",
    sha256="SHA-256",
    cut_before="{count} characters before this are not shown.",
    cut_after="{count} characters after this are not shown.",
    no_such_place="The index no longer holds that place. Ask again.",
)  # fmt: skip

LANGUAGES: dict[str, Strings] = {"en": ENGLISH}
