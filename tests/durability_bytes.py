"""Bytes of an index: each flipped one is found, and none is left of what was removed."""

from __future__ import annotations

import io
import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import samples
from durability_state import CONFIG, Tally, small_batches

from index.documents import Document
from index.errors import OnRecordError
from index.indexing import add, rebuild, remove
from index.intake import Intake
from index.readers import FORMATS, Part, parts, suffix_of
from index.reading import DEFAULTS
from index.store import IndexFolder, damages

# Flips

NO_BYTES_OF_THE_INDEX = ("lock",)
"""The lock is empty, and nothing is read from it."""

BESIDE = ("CURRENT", "intake.jsonl", "originals")
"""Files beside the generation; all others count as its segments or manifest."""


def library(where: Path, documents: int) -> IndexFolder:
    """Several segments, originals of several formats, a log in which all actions stand."""
    files, folder = where / "files", IndexFolder(where / "index")
    files.mkdir(parents=True)
    for number in range(documents):
        lines = (f"The Ostrel gauge {number} stood at {n * number % 41} feet." for n in range(8))
        (files / f"{number}.txt").write_text("\n\n".join(lines))
    add(folder, [str(files)], CONFIG)
    for suffix in (".md", ".pdf", ".zip"):
        (files / f"sample{suffix}").write_bytes(samples.samples()[suffix])
        add(folder, [str(files / f"sample{suffix}")], CONFIG)
    (files / "1.txt").write_text("The Ostrel gauge 1 was taken down.")
    add(folder, [str(files / "1.txt")], CONFIG)
    remove(folder, ["0.txt"])
    return folder


def flips(base: Path, positions: int, seed: int, documents: int = 40) -> dict[str, Tally]:
    """Half of the positions are drawn among all bytes, half among all files: small ones count too.

    A tally for each kind of file.
    """
    with small_batches(1024, here=True):
        folder = library(base, documents)
    files = [p for p in sorted(folder.path.rglob("*")) if p.is_file() and p.stat().st_size]
    ends = list(accumulate(path.stat().st_size for path in files))
    chance = Random(seed)  # noqa: S311
    tallies: dict[str, Tally] = {}
    for number in range(positions):
        path = files[bisect_right(ends, chance.randrange(ends[-1]))] if number % 2 else None
        path = path or chance.choice(files)
        at, bit = chance.randrange(path.stat().st_size), 1 << chance.randrange(8)
        name = path.relative_to(folder.path).as_posix()
        kind = next((b for b in BESIDE if name.startswith(b)), "generation: " + _kind(path))
        tally = tallies.setdefault(kind, Tally())
        tally.count("flips")
        found = _found(folder, path, at, bit)
        if found is True:
            tally.count("found")
        else:
            tally.fault("crashes" if found else "not found", f"{name} at {at}: {found}")
    if damages(folder):
        raise RuntimeError("a flip was not undone")
    return tallies


def _kind(path: Path) -> str:
    return path.name if path.suffix == ".json" else path.suffix


def _found(folder: IndexFolder, path: Path, at: int, bit: int) -> bool | str:
    """True when `check` finds one flipped bit, or says why it cannot go on; else what it raised."""
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
    try:
        return bool(damages(folder))
    except OnRecordError:
        return True
    except Exception as error:
        return repr(error)
    finally:
        path.write_bytes(whole)


FLIP_COLUMNS = ("flips", "found", "not found", "crashes")
FLIP_FAULTS = FLIP_COLUMNS[2:]

# Removals

SLICE = 20
"""Bytes in a row of which none may be left."""

VICTIM = ("The dunnock ferry of Vexholm carried 7,719 barrels of pitch to the trombulant quay.",
          "Its ledger lists 61 quillfeather crates. Two of them were never claimed by anyone.",
          "The ossenbrook ferryman wrote that the fog bell had cracked in the thaw.")  # fmt: skip
SECRET = {"title": "Zarvendel papers of the pitch trade", "author": "Brindlewick Ledger Office"}
NAME = "thrummelby-manifest-of-pitch"


def victim(suffix: str) -> bytes:
    """A file with words that no other has."""
    kept = samples.PARAGRAPHS, samples.TITLE
    samples.PARAGRAPHS, samples.TITLE = VICTIM, "The trombulant pitch ledger"
    samples.samples.cache_clear()
    try:
        return samples.samples()[suffix]
    finally:
        samples.PARAGRAPHS, samples.TITLE = kept
        samples.samples.cache_clear()


def removals(base: Path, formats: Iterable[str] = FORMATS) -> Iterator[tuple[str, Tally]]:
    """One document of each format added among others and removed, replaced, or given up."""
    with small_batches(4, here=True):
        for suffix in formats:
            for how in ("removed", "replaced"):
                yield f"{suffix}, {how}", _removed(base / f"{suffix[1:]}-{how}", suffix, how)
        yield ".txt, never committed", _given_up(base / "given-up")


def _removed(where: Path, suffix: str, how: str) -> Tally:
    folder, control = _others(where, suffix), _others(where / "control", suffix)
    path = where / f"{NAME}{suffix}"
    path.write_bytes(victim(suffix))
    add(folder, [str(path)], CONFIG, metadata=SECRET)
    traces = _traces(folder, path, how)
    tally = Tally()
    tally.count("slices", len(traces))
    tally.count("seen before", len(_held(folder, traces)))
    if how == "removed":
        remove(folder, [str(path)])
    else:
        path.write_bytes(samples.samples()[suffix])
        add(folder, [str(path)], CONFIG, metadata={"title": "Another", "author": "Another Office"})
        add(control, [str(path)], CONFIG, metadata={"title": "Another", "author": "Another Office"})
    _compare(folder, control, traces, tally)
    return tally


def _given_up(where: Path) -> Tally:
    """Read and encoded by an addition that was stopped; then another change came."""
    folder, control = _others(where, ".txt"), _others(where / "control", ".txt")
    path = where / f"{NAME}.txt"
    path.write_bytes(victim(".txt"))
    (where / "last.txt").write_text("The last gauge of Ostrel.")
    other = IndexFolder(where / "other")
    add(other, [str(path)], CONFIG, metadata=SECRET)
    traces = _traces(other, path, "removed")

    def stop(step: Any) -> None:
        if folder.waiting():
            raise KeyboardInterrupt

    tally = Tally()
    tally.count("slices", len(traces))
    try:
        add(folder, [str(path), str(where / "last.txt")], CONFIG, metadata=SECRET, listener=stop)
    except KeyboardInterrupt:
        tally.count("seen before", len(_held(folder, traces)))
    for index in (folder, control):
        remove(index, ["stays.txt"])
    _compare(folder, control, traces, tally)
    return tally


def _others(where: Path, suffix: str) -> IndexFolder:
    """An index that never had the document, with one of the same format and a large one."""
    files, folder = where / "others", IndexFolder(where / "index")
    files.mkdir(parents=True)
    (files / f"other{suffix}").write_bytes(samples.samples()[suffix])
    (files / "stays.txt").write_text("The harbour bell of Ostrel rang at noon.")
    add(folder, [str(files)], CONFIG)
    return folder


def _compare(
    folder: IndexFolder, control: IndexFolder, traces: dict[bytes, str], tally: Tally
) -> None:
    """The control never had the document: what stands there too, in the segments that it has or in
    one of all that is left, says nothing of it."""
    left, common = _held(folder, traces), _held(control, traces)
    with small_batches(1024, here=True):
        rebuild(control, CONFIG)
    common |= _held(control, traces)
    tally.count("in others too", len(common))
    for trace in sorted(left - common):
        tally.fault("left", f"{traces[trace]}: {trace!r}")
    if found := damages(folder):
        tally.fault("damaged", found[0])


def _traces(folder: IndexFolder, path: Path, how: str) -> dict[bytes, str]:
    """Slices of all that the index knows of a file's documents, each with what it is of."""
    found: dict[bytes, str] = {}
    for what, data in _secrets(folder, path, how).items():
        for at in range(max(len(data) - SLICE, 0) + 1) if data else ():
            found.setdefault(data[at : at + SLICE], what)
    return found


def _secrets(folder: IndexFolder, path: Path, how: str) -> Mapping[str, bytes]:
    data = path.read_bytes()
    found = {f"bytes, {name}": inner for name, inner in _unpacked(data, path.name)}
    for number, part in enumerate(parts(data, str(path), DEFAULTS)):
        if isinstance(part, Part):
            found[f"bytes of document {number}"] = part.data
            found[f"text of document {number}"] = part.reading.text.encode()
    snapshot = folder.open()
    for number, document in enumerate(snapshot.documents.values()):
        if document.source.startswith(str(path)):
            found |= _of_document(document, snapshot.intake_of(document), number)
    found |= {name: value.encode() for name, value in SECRET.items()}
    if how == "removed":
        found["path"] = str(path).encode()
        found["name"] = NAME.encode()
    return found


def _of_document(document: Document, intake: Intake, number: int) -> dict[str, bytes]:
    """What is written of a document besides its words."""
    return {
        f"layout {number}": document.layout,
        f"salt {number}": intake.salt.encode(),
        f"digest {number}": bytes.fromhex(document.sha256),
    }


def _unpacked(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """A file and the members of a zip file, as deep as it goes."""
    yield name, data
    if suffix_of(name) in (".zip", ".docx", ".odt", ".epub"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                yield from _unpacked(archive.read(info), info.filename)


def _held(folder: IndexFolder, traces: Mapping[bytes, str]) -> set[bytes]:
    """The traces that stand anywhere in the folder: in bytes or in names."""
    found: set[bytes] = set()
    lengths = sorted({len(trace) for trace in traces})
    for path in sorted(folder.path.rglob("*")):
        data = str(path.relative_to(folder.path)).encode()
        for content in (data, path.read_bytes() if path.is_file() else b""):
            for length in lengths:
                slices = (content[at : at + length] for at in range(len(content) - length + 1))
                found.update(one for one in slices if one in traces)
    return found


REMOVAL_COLUMNS = ("slices", "seen before", "in others too", "left", "damaged")
REMOVAL_FAULTS = REMOVAL_COLUMNS[3:]
