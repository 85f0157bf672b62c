"""`onrecord pack` and `onrecord verify`: an answer as a file that anyone can check."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import InputError
from ui.cli_documents import open_folder
from ui.filter_options import (
    AuthorOption,
    DocumentOption,
    LanguageOption,
    PublisherOption,
    SinceOption,
    UntilOption,
    filters_from,
)
from ui.options import (
    DEFAULT_INDEX,
    BaseUrlOption,
    ConfigOption,
    DeviceOption,
    IndexOption,
    JsonOption,
    ModelOption,
    RoleOption,
    StrictnessOption,
    complain,
    say,
    say_json,
    settings_from,
)

if TYPE_CHECKING:
    from index.config import Config
    from rag.answer import Answer
    from rag.evidence.verifying import Verification
    from rag.filters import Filters

AnswerOption = Annotated[
    Path | None,
    typer.Option("--answer", metavar="FILE", help="Packs what ask --json printed, proved anew."),
]


def pack(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file: answer.zip.")],
    question: Annotated[str | None, typer.Argument()] = None,
    answer: AnswerOption = None,
    hashes_only: Annotated[
        bool, typer.Option("--hashes-only", help="Leaves texts and files out, for those that may "
                           "not be handed on.")
    ] = False,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    author: AuthorOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    role: RoleOption = None,
    strictness: StrictnessOption = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Asks, and makes an evidence pack: the answer, its quotes, sources, hashes and log, one zip.

    Write its fingerprint down: it tells this pack from any that is made later.
    """
    if (question is None) == (answer is None):
        raise InputError("one question or --answer FILE is needed", "give exactly one of them")
    from rag.evidence.packing import Options
    from rag.evidence.packing import pack as packed

    settings = settings_from(
        config, device, model=model, base_url=base_url, model_role=role, strictness=strictness
    )
    filters = filters_from(document, publisher, author, language, since, until)
    folder = open_folder(index, config)
    given, snapshot, own = _answer(index, settings, question, answer, filters)
    made = packed(folder, snapshot, own, given, Options(hashes_only))
    _write_new(out, made.data)
    if as_json:
        told = {"file": str(out), "fingerprint": made.fingerprint, "bytes": len(made.data)}
        say_json(told | {"abstained": given.abstained})
        return
    what = "an abstention" if given.abstained else f"an answer with {_quotes(given)}"
    say(f"packed    {out} ({what}, {len(made.data):,} bytes)\n          {made.fingerprint}")
    say("Write this fingerprint down where the pack does not go; check with: onrecord verify")


def _quotes(answer: Answer) -> str:
    count = len(answer.citations)
    return f"{count} quote{'s' if count != 1 else ''}"


def _answer(
    index: Path, settings: Config, question: str | None, saved: Path | None, filters: Filters
) -> tuple[Answer, Any, Config]:
    """The answer, the snapshot that gave it, and the configuration with that index's own."""
    from index.store import IndexFolder

    if question is not None:
        from rag.assistant import open_assistant

        assistant = open_assistant(index, settings)
        return assistant.ask(question, filters=filters), assistant.snapshot, assistant.config
    from rag.evidence.saved import NotProved, restored

    if filters:
        raise InputError("--answer is packed as it is", "leave the conditions out")
    assert saved is not None  # noqa: S101 - one of the two is given
    snapshot = IndexFolder(index).open()
    own = snapshot.manifest.configured(settings)
    answer = read_answer(saved)
    known = {row.get("document") for row in answer["hits"] if isinstance(row, dict)}
    if missing := known - set(snapshot.documents):
        what = f"{saved}: a document that it found is not in the index ({missing.pop()})"
        raise InputError(what, "ask again")
    try:
        return restored(answer, snapshot.documents, own.language), snapshot, own
    except NotProved as error:
        raise InputError(f"{saved}: {error}", "ask again, and pack that answer") from error


def read_answer(path: Path) -> dict[str, Any]:
    """What `onrecord ask --json` printed. Raises `InputError` for anything else."""
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})", "name one answer") from error
    lists = ("claims", "citations", "hits")
    if not isinstance(answer, dict) or not all(isinstance(answer.get(k), list) for k in lists):
        raise InputError(f"{path}: not an Answer object", "give what onrecord ask --json prints")
    return answer


def _write_new(path: Path, data: bytes) -> None:
    """Never over another file: that may be evidence too."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise InputError(f"{path}: is there already", "name another file, or delete it") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})", "check it") from error


def verify(
    file: Annotated[Path, typer.Argument(metavar="PACK.zip")],
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", metavar="SHA256", help="The one it must have.")
    ] = None,
    reread: Annotated[
        bool, typer.Option("--reread", help="Also reads its files anew, and proves the answer.")
    ] = False,
    sources: Annotated[
        list[Path] | None,
        typer.Option("--sources", metavar="PATH", help="Files it has only the hashes of."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Checks every byte of an evidence pack, without a model, an index or a network.

    Exit code 1 when something is not as it should be.
    """
    from rag.evidence.verifying import verify as verified

    found = verified(_read(file), fingerprint)
    if (reread or sources) and found.pack:
        from rag.evidence.rereading import reread as read_anew

        wanted = {row.sha256 for row in found.pack.documents if row.original is None}
        found = read_anew(found, dict(_files(sources or (), wanted)), settings_from(config))
    _tell(file, found, as_json)
    if not found.sound:
        raise typer.Exit(1)


def _tell(file: Path, found: Verification, as_json: bool) -> None:
    if as_json:
        rows = [{"name": c.name, "told": c.told, "faults": list(c.faults)} for c in found.checks]
        told = {"file": str(file), "sound": found.sound, "fingerprint": found.fingerprint}
        say_json(told | {"checks": rows, "unchecked": found.unchecked})
        return
    say(f"{file}: {'sound' if found.sound else 'not sound'}")
    for check in found.checks:
        say(f"  {check.name:<14}{'see below' if check.faults else check.told}")
    if found.fingerprint:
        say(f"  {'SHA-256':<14}{found.fingerprint} (the fingerprint)")
    for point in found.unchecked:
        say(f"  {'not checked':<14}{point}")
    for fault in found.faults:
        complain(f"{file}: {fault}")


def _read(path: Path) -> bytes:
    from rag.evidence.verifying import MOST_BYTES

    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})", "check it") from error
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: larger than any evidence pack", "name a file made by pack")
    return data


def _files(paths: Sequence[Path], wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    """Those files, also in folders, whose SHA-256 is wanted."""
    from index.config import Config
    from index.documents import sha256_hex

    most = Config().max_file_bytes
    for path in paths:
        for name in sorted(path.rglob("*")) if path.is_dir() else [path]:
            try:
                data = b"" if name.is_dir() or name.stat().st_size > most else name.read_bytes()
            except OSError as error:
                what = f"{name}: cannot be read ({error.strerror})"
                raise InputError(what, "check the path") from error
            if (sha256 := sha256_hex(data)) in wanted:
                yield sha256, data
