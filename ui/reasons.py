"""Why there is no answer, in the reader's language. `rag.abstention` says it in English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rag import abstention
from ui.words import words


@dataclass(frozen=True, slots=True)
class ReasonStrings:
    """The reasons; `ui/words/<language>/reasons.toml` holds them. `kinds` are by English name."""

    FILE: ClassVar = "reasons"

    nothing_found: str
    not_about: str
    an_order: str
    not_proved: str
    not_stated: str
    not_sure: str
    partly: str
    kinds: tuple[tuple[str, str], ...]


_BY_TEXT = {
    abstention.NOTHING_FOUND: "nothing_found",
    abstention.NOT_ABOUT: "not_about",
    abstention.AN_ORDER: "an_order",
    abstention.NOT_PROVED: "not_proved",
    abstention.NOT_SURE: "not_sure",
    abstention.PARTLY: "partly",
}
_NOT_STATED = re.compile(re.escape(abstention.NOT_STATED).replace(re.escape("{kind}"), "(.+)"))


def told(reason: str, language: str) -> str:
    """The reason in that language; one that is not known here as it is."""
    strings = words(ReasonStrings, language)
    if reason in _BY_TEXT:
        return str(getattr(strings, _BY_TEXT[reason]))
    if stated := _NOT_STATED.fullmatch(reason):
        kind = dict(strings.kinds).get(stated[1], stated[1])
        return strings.not_stated.format(kind=kind)
    return reason
