"""`onrecord search` and `onrecord ask`: one question, or a file of them, under conditions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import InputError, OnRecordError
from ui.filter_options import (
    AuthorOption,
    DocumentOption,
    LanguageOption,
    PublisherOption,
    SinceOption,
    UntilOption,
    filters_from,
    nothing_found,
    read_filters,
)
from ui.options import (
    DEFAULT_INDEX,
    BaseUrlOption,
    BatchOption,
    ConfigOption,
    Device,
    DeviceOption,
    IndexOption,
    JsonOption,
    ModelOption,
    RoleOption,
    StrictnessOption,
    say,
    say_json,
    say_set_off,
    settings_from,
    styled,
)

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.filters import Filters

    Call = Callable[[str, str | None, Filters, list[str]], dict[str, Any]]
    """From a question, its id, its conditions and those asked before to what is said of it."""


def search(
    question: Annotated[
        str | None, typer.Argument(help='"exact words" must stand in a passage, -word must not.')
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 10,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    author: AuthorOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    batch: BatchOption = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ranked passages, without an answer."""
    filters = filters_from(document, publisher, author, language, since, until)
    assistant = _assistant(index, config, question, batch, device)
    from rag.answer import hit_json
    from rag.filters import parse_query
    from ui.terminal import hits_text

    def found(query: str, _: str | None, conditions: Filters, _before: list[str]) -> dict[str, Any]:
        return {"hits": [hit_json(hit) for hit in assistant.search(query, k, conditions)]}

    query = question or ""
    if batch:
        _batch(batch, filters, found)
    elif as_json:
        say_json(found(query, None, filters, []))
    elif hits := assistant.search(query, k, filters):
        say_set_off(hits_text(hits, styled()))
    else:
        say(nothing_found(filters.merged(parse_query(query)[1])))


def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    author: AuthorOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    batch: BatchOption = None,
    composer: Annotated[
        str | None, typer.Option(help="How the answer is made: extractive or chat.")
    ] = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    role: RoleOption = None,
    strictness: StrictnessOption = None,
    after: Annotated[
        list[str] | None, typer.Option(help="An earlier question of the conversation; repeatable.")
    ] = None,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Also print what was withheld, and why.")
    ] = False,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """A cited answer, or the reason why the documents do not give one."""
    filters = filters_from(document, publisher, author, language, since, until)
    assistant = _assistant(
        index,
        config,
        question,
        batch,
        device,
        composer=composer,
        model=model,
        base_url=base_url,
        model_role=role,
        strictness=strictness,
    )
    from ui.history import after as after_those
    from ui.history import read_history
    from ui.terminal import answer_text

    def told(asked: str, id_: str | None, conditions: Filters, before: list[str]) -> dict[str, Any]:
        return after_those(assistant, asked, conditions, before, id_).to_json()

    if batch:
        if after:
            raise InputError("--after goes with one question", 'in a batch, rows have "history"')
        _batch(batch, filters, told)
        return
    answer = after_those(assistant, question or "", filters, read_history(after))
    if as_json:
        say_json(answer.to_json())
        return
    say(answer_text(answer, unproven))
    if filters and not answer.hits:
        say(nothing_found(filters))


def _assistant(
    index: Path,
    config: Path | None,
    question: str | None,
    batch: Path | None,
    device: Device | None,
    **answering: object,
) -> Assistant:
    if (question is None) == (batch is None):
        raise InputError("one question or --batch FILE is needed", "give exactly one of them")
    from rag.assistant import open_assistant

    return open_assistant(index, settings_from(config, device, **answering))


def _batch(path: Path, filters: Filters, call: Call) -> None:
    """One line out for each line in, in order; what fails is a line with `error`."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})", "name a JSON Lines file") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            say_json(_batch_row(line, f"{path}:{number}", filters, call))


def _batch_row(line: str, where: str, filters: Filters, call: Call) -> dict[str, Any]:
    """What a line asks for, under the conditions of the options and its own."""
    question_id = question = None
    try:
        row = json.loads(line)
        question_id, question = row.get("id"), row["question"]
        if not isinstance(question, str):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        reason = f"{where}: not a JSON object with a 'question' that is text; mend the line"
        return {"id": question_id, "question": None, "error": reason}
    from ui.history import read_history

    asked = {"id": question_id, "question": question}
    try:
        conditions = filters.merged(read_filters(row.get("filters")))
        return asked | call(question, question_id, conditions, read_history(row.get("history")))
    except OnRecordError as error:
        reason = str(error)
    except Exception as error:  # a fault of ours: this line says so, the others are answered
        reason = f"{type(error).__name__}: {error}"
    return asked | {"error": f"{where}: {reason}"}
