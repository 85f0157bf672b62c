"""The words of the library, `ui/words/<language>/library.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ui.view_parts import Speech


@dataclass(frozen=True, slots=True)
class LibraryStrings:
    """In one language. Values in braces are filled in by the modules that use them."""

    FILE: ClassVar = "library"

    title: str
    holdings: str
    empty: str
    empty_changes: str
    empty_locked: str
    nothing_found: str
    back: str

    add: str
    add_files: str
    add_files_note: str
    add_drop: str
    add_chosen: str
    add_heavy: str
    add_submit: str
    add_folder: str
    add_folder_note: str
    add_folder_submit: str
    add_path_hint: str
    adding: str
    see_work: str

    find: str
    words: str
    since: str
    until: str
    date_hint: str
    format: str
    language: str
    any: str
    sort: str
    sorts: tuple[tuple[str, str], ...]
    show: str
    clear: str
    found: str
    range: str
    columns: tuple[tuple[str, str], ...]
    table: str
    unknown: str
    inside: str

    too_long: str
    bad_date: str
    bad_order: str
    bad_choice: str
    bad_page: str
    bad_place: str
    bad_query: str

    problem: str
    not_found: str
    not_found_text: str
    forbidden: str
    forbidden_text: str
    too_large: str
    too_large_text: str
    no_files: str
    no_path: str
    not_a_form: str
    too_many_waiting: str
    bad_name: str
    locked_text: str
    damaged_text: str

    work: str
    work_none: str
    work_of: str
    work_names: str
    states: tuple[tuple[str, str], ...]
    work_progress: str
    work_rate: str
    work_left: str
    work_file: str
    work_starting: str
    work_stop: str
    work_again: str
    work_stopped: str
    work_failed: str
    outcomes: tuple[tuple[str, str], ...]
    work_replaced_note: str
    work_passages: str
    work_more: str
    work_ended: str

    edit: str
    remove: str
    about: str
    to_about: str
    fields: tuple[tuple[str, str], ...]
    inferred: str
    inferred_note: str
    length: str
    characters: str
    passages: str
    page_count: str
    file: str
    intake: str
    received: str
    bytes: str
    byte_count: str
    sha256: str
    tool: str
    ocr: str
    kept: str
    kept_yes: str
    kept_no: str
    given: str
    notes: str
    hidden_note: str
    relatives: str
    parent: str
    children: str
    same_bytes: str
    near: str
    more_like: str

    text: str
    contents: str
    search: str
    search_submit: str
    search_clear: str
    search_count: str
    search_none: str
    search_many: str
    previous_hit: str
    next_hit: str
    part_of: str
    parts: str
    previous_part: str
    next_part: str
    page_mark: str
    page_picture: str
    pictures: str
    outside: str
    cut: str

    edit_title: str
    edit_note: str
    edit_confirm: str
    edit_wrong: str
    edit_save: str
    cancel: str
    saved: str
    same: str

    remove_title: str
    remove_gone: str
    remove_text: str
    remove_file: str
    remove_checks: str
    remove_inside: str
    remove_stays: str
    remove_sent: str
    remove_log: str
    remove_yes: str
    remove_part: str
    removed: str


LibrarySpeech = Speech[LibraryStrings]
