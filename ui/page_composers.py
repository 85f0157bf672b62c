"""Which composer answers, where a reader may choose: the configured chat model in either of its
roles, or none. Without a model there is nothing to choose."""

from __future__ import annotations

from copy import copy

from index.config import Config
from index.errors import InputError
from rag.assistant import Assistant
from rag.composers import COMPOSERS
from ui.strings import ENGLISH, Strings


def choices(config: Config) -> tuple[str, ...]:
    """What a reader may choose; the first is what is configured (`rag.writer.chat_composer`)."""
    if config.composer != "chat" or config.model is None:
        return ()
    auto = "judge" if config.model.startswith("gguf:") else "write"
    first = auto if config.model_role == "auto" else config.model_role
    return (first, *(name for name in ("judge", "write", "extractive") if name != first))


def composed_by(assistant: Assistant, choice: str) -> Assistant:
    """An assistant that shares everything but the composer. `InputError` for a choice that the page
    does not offer.

    Without a model, follow-up questions are read without it as well.
    """
    offered = choices(assistant.config)
    if choice in ("", *offered[:1]):
        return assistant
    if choice not in offered:
        raise InputError(f"no composer {choice!r} can be chosen", "load the page again")
    role = {"composer": "extractive"} if choice == "extractive" else {"model_role": choice}
    other = copy(assistant)
    other.config = assistant.config.model_copy(update=role)
    other.composer = COMPOSERS[other.config.composer](assistant.retriever.late, other.config)
    if choice == "extractive":
        other.rewrite = None
    return other


def chooser(config: Config, strings: Strings = ENGLISH) -> str:
    """The menu; empty where there is nothing to choose."""
    labels = dict(strings.composer_choices)
    options = "".join(f'<option value="{name}">{labels[name]}</option>' for name in choices(config))
    if not options:
        return ""
    return (
        f'<label class="sure"><span>{strings.composer}</span>'
        f'<select name="composer" autocomplete="off">{options}</select></label>'
    )
