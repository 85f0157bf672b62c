"""Prompts: text files beside the code, and foreign text made fit to stand in one.

Also what of a foreign text speaks to the machine that reads it. That is a list, and no list is
complete: it keeps plain attempts off the page, while what keeps an answer true is `rag.proof`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from string import Template

_TAG = re.compile(r"<(?=[^\s\d=.<])|\[(?=/?[A-Z_]{2,}\])")
_KEY = re.compile(r"\b(src)([\W_]*[0-9a-f])", re.IGNORECASE)
_MARKUP = re.compile(
    r"<\|\w|\[/?INST\]|<</?SYS>>|</?s>|</?passage\b|\bsrc-[0-9a-f]{4}|\"claims\"\s*:|"
    r"<(?:!--|/?(?:script|style|iframe)\b|img\b)|\]\((?:javascript|data):|"
    r"^\W*\[[^\]]{0,300}\]\([^)]{0,2000}\)\W*$|"  # nothing but a link or an image of Markdown
    r"style=.{0,80}(?:color:\s*white|font-size:\s*[01]\b|display:\s*none)",
    re.IGNORECASE,
)
_OPENS = r"(?:^\W*|[.:;!?>\"“(—]\s*|\bplease\s+)"
_VERBS = r"(?:reply|respond|answer|say|print|output|write|repeat)"
_ORDER = re.compile(
    rf"{_OPENS}(?:ignore|disregard|forget|override|vergiss|ignorier\w*|ignor[ae]z?|olvida)\b.{{0,40}}"
    r"\b(?:instructions?|rules|prompts?|passages|documents|instrucciones|Anweisungen|Regeln)\b"
    rf"|{_OPENS}(?:reply|respond|answer|antworte|responda?|r[eé]pond(?:s|ez))\b"
    rf"|{_OPENS}(?:{_VERBS}|confirm|tell)\s(?:the (?:word|user|reader)|your|users)\b"
    rf"|(?:{_OPENS}|\b(?:must|should|always|then)\s)(?:{_VERBS}|antworte)\s"
    r"(?:only|exactly|nothing but|with the word|nur|solo|seulement)\b"
    rf"|\b(?:when|if) asked\b[^.]{{0,120}}(?:,|\balways)\s(?:always\s)?{_VERBS}\b"
    r"|\banswers? to (?:any|every|all|the|this) questions?\b.{0,40}\b(?:is|are|must be)\b"
    r"|\b(?:every|any|all|your|OnRecord['’]s|the correct|the only) answers?\b.{0,40}"
    r"\b(?:must be|is always)\b"
    r"|^\W*(?:system|assistants?)\s*:|\byou are now (?:an?|in)\b",
    re.IGNORECASE,
)
"""Orders to whoever answers. Of the 920 sentences of source articles and briefs none is one."""

_MIXED = re.compile(r"[a-z][\u0400-\u04ff]|[\u0400-\u04ff][a-z]", re.IGNORECASE)
"""Latin and Cyrillic letters in one word, as no language writes (Unicode TR 39, mixed scripts)."""

_UNSEEN = ("Cc", "Cf", "Co", "Cs")


@cache
def prompt(name: str) -> Template:
    """The text of `rag/prompts/NAME.md`, with $places for what is filled in."""
    return Template((files("rag") / "prompts" / f"{name}.md").read_text(encoding="utf-8").strip())


def as_data(text: str) -> str:
    """Foreign text for a prompt: on one line, unable to end its fence or to speak as somebody else.

    White space becomes one space; control characters and those that nobody sees go. What begins a
    tag (`</passage>`, `<|im_start|>`, `<s>`, `[INST]`; llama.cpp reads a model's own marks in any
    part of a prompt) or a passage key is broken by a space. Quotes from what is left are found in
    the source by `rag.quotes.locate_quote`, or rejected.
    """
    return _KEY.sub(r"\1 \2", _TAG.sub(r"\g<0> ", _visible(text)))


def meant_for_machines(text: str) -> bool:
    """True for a sentence that orders its reader what to answer, or holds marks of prompts, forged
    keys, hidden markup or letters disguised as others: it states nothing that could be cited."""
    seen = _visible(text)
    return bool(_MARKUP.search(text) or _MIXED.search(seen) or _ORDER.search(seen))


def _visible(text: str) -> str:
    """On one line, without control characters and those that nobody sees."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if character.isspace() else character for character in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN).split())
