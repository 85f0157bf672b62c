"""What all adapters share: the form they give, how files are read, named and written."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from eval.gold import GoldQuestion, Kind, Pointer
from eval.runs import write_lines
from index.documents import sha256_hex
from index.errors import InputError

AS_PUBLISHED = "take the benchmark's file as it is published"
_LONGEST = 80
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Texts by file name, gold questions about them, and what could not be converted, with why."""

    documents: Mapping[str, str]
    questions: tuple[GoldQuestion, ...]
    left_out: tuple[str, ...] = ()


def sample(benchmark: Benchmark, limit: int, seed: int) -> Benchmark:
    """At most `limit` of the questions, drawn at random and kept in order; all documents stay."""
    if limit < 1:
        raise InputError(f"--limit {limit}: nothing would be left", "ask for one or more")
    if len(benchmark.questions) <= limit:
        return benchmark
    # Reproducible, not secret.
    drawn = random.Random(seed).sample(range(len(benchmark.questions)), limit)  # noqa: S311
    return replace(benchmark, questions=tuple(benchmark.questions[i] for i in sorted(drawn)))


def write(benchmark: Benchmark, out: Path) -> None:
    """`out/documents/*.txt` and `out/gold.jsonl`; the same input gives the same bytes.

    Raises `InputError` when documents of something else lie there: they would be indexed too.
    """
    if not benchmark.questions:
        raise InputError(f"{out}: no question could be converted", AS_PUBLISHED)
    folder = out / "documents"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = sorted({path.name for path in folder.iterdir()} - benchmark.documents.keys())
        if strange:
            raise InputError(
                f"{folder}: holds {strange[0]!r}, which is not of this benchmark",
                "choose an empty folder with --out",
            )
        for name, text in benchmark.documents.items():
            (folder / name).write_bytes(text.encode("utf-8"))  # line ends stay as they are
        write_lines(out / "gold.jsonl", (q.model_dump_json() for q in benchmark.questions))
    except OSError as error:
        raise InputError(
            f"{out}: cannot write there ({error.strerror})", "choose another folder with --out"
        ) from error


def read_json(path: Path, form: type[_T]) -> _T:
    """A JSON file of this form; an error names the file and the place in it."""
    return _validated(form, read_bytes(path), str(path))


def read_json_lines(path: Path, form: type[_T]) -> list[_T]:
    """A JSON Lines file, each line of this form; an error names the file and the line."""
    lines = read_bytes(path).split(b"\n")
    return [
        _validated(form, line, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip()
    ]


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})", "check the path") from error


def _validated(form: type[_T], data: bytes, where: str) -> _T:
    adapter: TypeAdapter[_T] = TypeAdapter(form)
    try:
        return adapter.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        what = f"{place}: {first['msg']}" if place else first["msg"]
        raise InputError(f"{where}: {what}", AS_PUBLISHED) from error


def has_text(text: str) -> bool:
    """False for what the index refuses as a document: not one letter or digit."""
    return any(character.isalnum() for character in text)


def expect_files(files: Sequence[Path], names: Sequence[str]) -> None:
    """Raises `InputError` unless there is one file for each of the names."""
    if len(files) != len(names):
        raise InputError(
            f"{len(files)} files given, this benchmark has {len(names)}",
            f"give, in this order: {', '.join(names)}",
        )


def file_names(keys: Sequence[str], path: Path) -> dict[str, str]:
    """A file name for each key: letters, digits and `._-` of it, the same whatever its company.

    Where that loses something, or two keys differ by case only (some file systems hold such names
    for one), 8 digits of the key's SHA-256 tell them apart.
    """
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    if repeated:
        raise InputError(f"{path}: document {repeated[0]!r} stands twice", "keep one of them")
    folded = Counter(key.casefold() for key in keys)
    return {key: _file_name(key, alone=folded[key.casefold()] == 1) for key in keys}


def _file_name(key: str, *, alone: bool) -> str:
    safe = re.sub(r"[^0-9A-Za-z._-]", "_", key).lstrip(".")[:_LONGEST]
    if safe == key and alone:
        return f"{safe}.txt"
    return f"{safe}-{sha256_hex(key.encode())[:8]}.txt"


def unique(questions: Iterable[GoldQuestion], path: Path) -> tuple[GoldQuestion, ...]:
    """The questions; an id that stands twice is an error."""
    listed = tuple(questions)
    repeated = [qid for qid, count in Counter(q.id for q in listed).items() if count > 1]
    if repeated:
        raise InputError(f"{path}: question {repeated[0]!r} stands twice", "keep one of them")
    return listed


def gold_question(
    qid: str, question: str, lang: str, quotes: Sequence[Pointer], **other: Any
) -> GoldQuestion:
    """A gold row whose documents are those of its quotes, unless `other` says otherwise."""
    row: dict[str, Any] = {
        "documents": tuple(dict.fromkeys(quote.document for quote in quotes)),
        "kind": "fact",
        "must": (),
        "must_not": (),
        "needs_all": False,
    }
    return GoldQuestion(id=qid, question=question, lang=lang, quotes=tuple(quotes), **row | other)


UNANSWERABLE: Kind = "unanswerable"


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """A gold answer and what stands next to it in the text, where it stands in one."""

    text: str
    before: str = ""
    after: str = ""


def must(answers: Iterable[ShortAnswer]) -> tuple[str, ...]:
    """One expression that any of the gold answers matches; none when there are none.

    An answer is not found inside a longer word or number ("3" in "13"), unless that is how the
    benchmark itself marked it.
    """
    found = dict.fromkeys(map(_expression, answers))
    return ("|".join(found),) if found else ()


_JOINED = re.compile("[0-9A-Za-z]")


def _expression(answer: ShortAnswer) -> str:
    text = answer.text
    alone_left = _JOINED.match(text) and not _JOINED.match(answer.before)
    alone_right = _JOINED.match(text[-1:]) and not _JOINED.match(answer.after)
    left = r"(?<![0-9A-Za-z])" if alone_left else ""
    right = r"(?![0-9A-Za-z])" if alone_right else ""
    return f"{left}{re.escape(text)}{right}"
