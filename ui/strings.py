"""The words of the page where one asks. What the terminal says of an answer in the same words comes
from here too. Values that stand in braces are filled by `ui.render`, which escapes them first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ui.words import words


@dataclass(frozen=True, slots=True)
class Strings:
    """In one language; `ui/words/<language>/ask.toml` holds them."""

    FILE: ClassVar = "ask"

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
    in_library: str

    answered_one: str
    answered: str
    answered_none: str
    answered_nothing: str

    show_as: str
    as_page: str
    as_text: str
    page_pictures: str
    page_caption: str
    page_alt: str
    no_picture: str
    step_back: str
    step_on: str
    step_of: str

    citation: str
    copy: str
    copied: str
    copy_refused: str
    copy_field: str
    confirm: str
    reject: str
    confirm_legend: str
    reject_legend: str
    initials: str
    check_note: str
    save: str
    cancel: str
    confirmed: str
    rejected: str
    checks_unread: str

    take: str
    take_style: str
    take_talk: str
    take_answer: str
    take_sources: str
    take_kinds: tuple[tuple[str, str], ...]
    take_note: str
    taking: str
    taken: str
    take_large: str
    answer_gone: str
    answer_removed: str
    no_reply: str
    notes: str

    keys: str
    keys_on: str
    keys_note: str
    keys_list: tuple[tuple[str, str], ...]

    composer: str
    composer_choices: tuple[tuple[str, str], ...]


ENGLISH = words(Strings)
