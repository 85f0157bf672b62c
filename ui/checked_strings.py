"""The words of the view "Checked"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ui.view_parts import Speech


@dataclass(frozen=True, slots=True)
class CheckedStrings:
    """In one language; `ui/words/<language>/checked.toml` holds them."""

    FILE: ClassVar = "checked"

    title: str
    about: str
    empty: str
    empty_next: str
    nothing_found: str
    problem: str
    not_found: str
    not_found_text: str
    back: str

    intact_one: str
    intact: str
    last_hash: str
    damaged: str
    left_over: str

    show: str
    clear: str
    verdict: str
    who: str
    any: str
    verdicts: tuple[tuple[str, str], ...]
    found: str
    found_of: str
    overruled: str
    overruled_same: str
    row: str
    question: str
    sentence: str
    quote: str
    source: str
    note: str
    instead: str
    nothing_said: str
    gone: str

    take: str
    take_csv: str
    take_json: str
    take_gold: str
    gold_note: str
    gold_open: str

    say_right: str
    right_title: str
    right_words: str
    right_hint: str
    right_none: str
    right_which: str
    initials: str
    save: str
    kept: str
    wrong_initials: str
    wrong_choice: str
    wrong_words: str
    wrong_place: str
    read_only: str
    read_only_text: str


CheckedSpeech = Speech[CheckedStrings]
