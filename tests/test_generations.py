"""An index of several segments: what a change writes, what it links, and that nobody can tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from index import encoding, generation
from index.config import Config
from index.errors import IndexDamaged, IndexMismatch, InputError, OnRecordError
from index.indexing import add, rebuild, remove
from index.manifest import COPY
from index.manifest import NAME as MANIFEST
from index.store import IndexFolder, damages
from rag.assistant import open_assistant

CONFIG = Config(encoder="hashing", passage_tokens=16)
ALL = 60
"""More hits than there are passages: which of equal ones come last is not asked here."""


def gauges(name, count):
    """A text of `count` passages, each about a gauge of its own."""
    return "\n\n".join(f"The {name} gauge {n} stood at {n * 7 % 41} feet." for n in range(count))


TEXTS = {
    "large.txt": gauges("brindlewick", 40),
    "middle.txt": gauges("thrummelby", 12),
    "other.txt": gauges("ossenbrook", 1),
    "small.txt": gauges("vexholm", 1),
    "late.txt": gauges("zarvendel", 1),
}
QUESTIONS = [
    "Which gauge stood at 40 feet?",
    "vexholm gauge",
    "Where fell the oak at the thrummelby gauge number 3?",
    "brindlewick",
    "a zeppelin over the sea",
]


@pytest.fixture
def write(memory_path):
    """Writes files of `TEXTS` and says where they are."""

    def write_(*names):
        (memory_path / "files").mkdir(exist_ok=True)
        for name in names:
            (memory_path / "files" / name).write_text(TEXTS[name])
        return [str(memory_path / "files" / name) for name in names]

    return write_


@pytest.fixture
def folder(memory_path, write):
    """Three segments: one large, one of two documents, one small."""
    index = IndexFolder(memory_path / "index")
    for names in (["large.txt"], ["middle.txt", "other.txt"], ["small.txt"]):
        add(index, write(*names), CONFIG)
    assert passages(index) == [40, 13, 1]
    return index


def passages(folder):
    return [segment.passages for segment in folder.manifest().segments]


def names(folder):
    return [segment.name for segment in folder.manifest().segments]


def inodes(folder, name):
    files = (folder.current() / name).iterdir()
    return {path.name: (path.stat().st_ino, path.stat().st_size) for path in files}


def at_once(where, files, config=CONFIG):
    index = IndexFolder(where)
    add(index, files, config)
    assert len(names(index)) == 1
    return index


def said(folder):
    """All that a search says, question by question: hits by passage, and their scores."""
    found = []
    modes = [CONFIG.model_copy(update={"rerank": mode}) for mode in ("passages", "none")]
    for mode, question in product(modes, QUESTIONS):
        hits = open_assistant(folder.path, mode).search(question, ALL)
        assert len(hits) == min(ALL, len(folder.open()))
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        by_id = {hit.passage.id: replace(hit, score=0, rank=0) for hit in hits}
        scores = {hit.passage.id: hit.score for hit in hits}
        assert list(scores.values()) == sorted(scores.values(), reverse=True)
        found.append((by_id, scores))
    return found


def assert_same(one, other):
    for (hits, scores), (other_hits, other_scores) in zip(one, other, strict=True):
        assert hits == other_hits
        assert scores == pytest.approx(other_scores, abs=1e-6)


# What a change writes


def test_a_small_add_links_the_large_segment_and_joins_the_small_ones(folder, write):
    (large, middle, small) = names(folder)
    before = {name: inodes(folder, name) for name in (large, middle)}
    add(folder, write("late.txt"), CONFIG)
    assert passages(folder) == [40, 13, 2]
    assert names(folder)[:2] == [large, middle]
    assert names(folder)[2] != small
    for name, files in before.items():
        assert len(files) > 20
        assert inodes(folder, name) == files
    segments = {path.name for path in folder.current().iterdir()} - {MANIFEST, COPY}
    assert segments == set(names(folder))
    assert damages(folder) == []


def test_a_removal_writes_only_the_segment_it_touches(folder):
    (large, middle, small) = names(folder)
    before = {name: inodes(folder, name) for name in (large, small)}
    remove(folder, ["other.txt"])
    assert passages(folder) == [40, 12, 1]
    assert (names(folder)[0], names(folder)[2]) == (large, small)
    assert names(folder)[1] != middle
    for name, files in before.items():
        assert inodes(folder, name) == files
    assert damages(folder) == []


def test_a_segment_that_shrank_is_joined_to_what_follows_it(folder):
    remove(folder, ["middle.txt"])
    assert passages(folder) == [40, 2]
    remove(folder, ["large.txt"])
    assert passages(folder) == [2]
    remove(folder, ["other.txt", "small.txt"])
    assert passages(folder) == []
    assert {path.name for path in folder.current().iterdir()} == {MANIFEST, COPY}
    assert damages(folder) == []


def test_segments_are_not_joined_beyond_the_largest_size(folder, write, monkeypatch):
    monkeypatch.setattr(generation, "MOST_PASSAGES", 13)
    monkeypatch.setattr(generation, "GROWTH", 100)
    add(folder, write("late.txt"), CONFIG)
    assert passages(folder) == [40, 13, 2]
    remove(folder, ["other.txt"])
    assert passages(folder) == [40, 12, 2]
    remove(folder, ["small.txt"])
    assert passages(folder) == [40, 13]


def test_many_documents_are_written_batch_by_batch_and_make_few_segments(
    memory_path, write, monkeypatch
):
    monkeypatch.setattr(encoding, "BATCH", 2)
    index = IndexFolder(memory_path / "index")
    (memory_path / "files").mkdir()
    for number in range(23):
        (memory_path / "files" / f"{number:02}.txt").write_text(gauges(f"n{number}", 1))
    shown, waiting = [], []

    def listener(step):
        shown.append(step)
        waiting.append(index.waiting())

    report = add(index, [str(memory_path / "files")], CONFIG, listener=listener)
    assert len(report.added) == sum(passages(index)) == 23
    assert waiting == sorted(waiting)
    assert set(waiting) == {*range(0, 23, 2), 23}  # on the disk in twos, before the commit
    assert index.waiting() == 0
    assert len(names(index)) <= 5
    assert [step.done for step in shown] == sorted(step.done for step in shown)
    assert shown[-1].done == shown[-1].total == sum(len(gauges(f"n{n}", 1)) for n in range(23))
    read = [Path(step.source).name for step in shown if step.outcome == "read"]
    assert read == [f"{number:02}.txt" for number in range(23)]
    monkeypatch.undo()
    assert_same(said(index), said(at_once(memory_path / "once", [str(memory_path / "files")])))


def test_an_addition_goes_on_with_the_file_at_which_it_was_stopped(
    folder, memory_path, monkeypatch
):
    monkeypatch.setattr(encoding, "BATCH", 2)
    for number in range(9):
        (memory_path / "files" / f"{number}.txt").write_text(gauges(f"n{number}", 1))

    def stop(step):
        if folder.waiting() == 4:
            raise KeyboardInterrupt

    def dealt_with(outcome):
        return [Path(step.source).name for step in shown if step.outcome == outcome]

    before = names(folder)
    with pytest.raises(KeyboardInterrupt):
        add(folder, [str(memory_path / "files")], CONFIG, listener=stop)
    assert (folder.waiting(), names(folder), damages(folder)) == (4, before, [])
    shown = []
    report = add(folder, [str(memory_path / "files")], CONFIG, listener=shown.append)
    assert (len(report.added), report.resumed) == (9, 4)
    assert dealt_with("resumed") == [f"{number}.txt" for number in range(4)]
    assert dealt_with("read") == [f"{number}.txt" for number in range(4, 9)]
    assert folder.waiting() == 0
    assert damages(folder) == []


def test_sizes_fall_off_whatever_is_added_and_removed(write, memory_path):
    index = IndexFolder(memory_path / "index")
    write()
    for number in range(24):
        path = memory_path / "files" / f"{number}.txt"
        path.write_text(gauges("oak", 1 + number * 5 % 7))
        add(index, [str(path)], CONFIG)
        if number % 4 == 3:
            remove(index, [f"{number // 2}.txt"])
        sizes = passages(index)
        assert all(one > generation.GROWTH * other for one, other in pairwise(sizes)), sizes
    assert len(index.open().documents) == 18
    assert damages(index) == []


# Nobody can tell


def test_several_segments_answer_as_one(folder, write, memory_path):
    files = write("large.txt", "middle.txt", "other.txt", "small.txt")
    once = at_once(memory_path / "once", files)
    assert_same(said(folder), said(once))
    assert folder.manifest().fingerprint == once.manifest().fingerprint
    for changed in (folder, once):
        add(changed, write("late.txt"), CONFIG)
        remove(changed, ["middle.txt"])
    assert passages(folder) != passages(once)
    assert_same(said(folder), said(once))
    assert damages(folder) == damages(once) == []
    answers = [
        asdict(open_assistant(index.path, CONFIG).ask(QUESTIONS[2])) for index in (folder, once)
    ]
    for answer in answers:
        answer.pop("seconds")
    assert answers[0] == answers[1]


@pytest.mark.parametrize("rerank", ["windows", "passages", "none"])
def test_equal_scores_come_in_an_order_that_no_segment_decides(
    write, memory_path, monkeypatch, rerank
):
    """Two indexes of the same documents have one fingerprint, so they must answer alike."""
    monkeypatch.setattr(generation, "GROWTH", 0)
    config = CONFIG.model_copy(update={"rerank": rerank})
    write()
    found = []
    for order in ("abcd", "dbca"):
        index = IndexFolder(memory_path / order)
        for name in order:
            path = memory_path / "files" / f"{name}.txt"
            path.write_text(f"The oak gauge fell.\n\n{gauges(name * 5, 3)}")
            add(index, [str(path)], config)
        assert passages(index) == [4] * 4
        assistant = open_assistant(index.path, config)
        found.append([hit.passage.id for hit in assistant.search("Which oak gauge fell?", 20)])
    assert sorted(found[0]) == sorted(found[1])
    assert found[0] == found[1]


def test_what_a_snapshot_says_of_its_documents_goes_through_all_segments(
    folder, write, memory_path
):
    snapshot = folder.open()
    assert len(snapshot.segments) == 3
    assert len(snapshot) == len(snapshot.passages) == 54
    sources = [Path(card.source).name for card in snapshot.cards]
    assert sources == ["large.txt", "middle.txt", "other.txt", "small.txt"]
    assert [card.id for card in snapshot.cards] == list(snapshot.documents)
    assert snapshot.owners.tolist() == [0] * 40 + [1] * 12 + [2, 3]
    assert list(snapshot.passage_counts.values()) == [40, 12, 1, 1]
    for card in snapshot.cards:
        name = Path(card.source).name
        document = snapshot.documents[card.id]
        assert document.text == TEXTS[name]
        assert (
            snapshot.find(name) == snapshot.find(card.id) == snapshot.find(card.source) == document
        )
        assert snapshot.by_source(f"{Path(card.source).parent}/./{name}") == document
    assert snapshot.by_source(str(memory_path / "files" / "late.txt")) is None
    with pytest.raises(InputError, match="no document"):
        snapshot.find("late.txt")
    for row, passage in enumerate(snapshot.passages):
        card = snapshot.cards[snapshot.owners[row]]
        assert passage.span.document_id == card.id == snapshot.document_of(row).id
        assert passage.text == snapshot.document_of(row).text[passage.span.start : passage.span.end]
        number, local = snapshot.place(row)
        assert snapshot.owner(row)[0] == number
        assert snapshot.segments[number].places["start"][local] == passage.span.start
    once = at_once(memory_path / "once", write(*sources)).open()
    assert np.array_equal(once.piece_frequency, snapshot.piece_frequency)
    assert snapshot.manifest.passages == once.manifest.passages == 54
    assert snapshot.manifest.sentences == once.manifest.sentences
    assert snapshot.manifest.word_pieces == once.manifest.word_pieces


def test_the_nearest_are_those_of_all_segments_of_the_allowed(folder):
    snapshot = folder.open()
    rows = np.concatenate([segment.vectors.vectors() for segment in snapshot.segments])
    for at in (3, 45, 53):
        cosines = rows @ rows[at]
        for allowed in (None, np.arange(54) % 5 == at % 5, np.arange(54) > 52, np.zeros(54, bool)):
            order = np.argsort(-cosines, kind="stable")
            order = order if allowed is None else order[allowed[order]]
            found = snapshot.nearest(rows[at], 7, allowed)
            expected = cosines[order][:7].tolist()
            assert list(found.values()) == pytest.approx(expected, abs=1e-5)
            assert all(cos == pytest.approx(cosines[row], abs=1e-5) for row, cos in found.items())
            assert allowed is None or all(allowed[row] for row in found)
            assert next(iter(found), at) == at or (allowed is not None and not allowed[at])


def test_a_document_that_changed_replaces_its_former_self_in_an_old_segment(folder, memory_path):
    """With hard links, what replaces must never be written into the files of before."""
    reader = folder.open()
    (memory_path / "files" / "middle.txt").write_text("The dunnock gauge stood at 88 feet.")
    report = add(folder, [str(memory_path / "files")], CONFIG)
    assert [Path(one.source).name for one in report.replaced] == ["middle.txt"]
    assert len(report.skipped) == 3
    assert passages(folder) == [40, 3]
    assert (
        open_assistant(folder.path, CONFIG)
        .search("dunnock", 1)[0]
        .document.text.endswith("88 feet.")
    )
    assert all("thrummelby" not in d.text for d in folder.open().documents.values())
    assert damages(folder) == []
    assert "thrummelby" in reader.find("middle.txt").text  # a reader keeps what it opened


def test_rebuilding_makes_one_segment_of_all(folder):
    before = said(folder)
    rebuild(folder, Config())
    assert passages(folder) == [54]
    assert_same(said(folder), before)
    assert damages(folder) == []


# Removed means gone


@pytest.mark.parametrize("victim", ["large.txt", "middle.txt", "other.txt", "small.txt"])
def test_removed_means_gone_from_whichever_segment(folder, victim):
    snapshot = folder.open()
    document = snapshot.find(victim)
    word = TEXTS[victim].split()[1].encode()
    rows = [r for r, p in enumerate(snapshot.passages) if p.span.document_id == document.id]
    number, local = snapshot.place(rows[0])
    segment = snapshot.segments[number]
    traces = {
        "word": word,
        "name": victim.encode(),
        "id": document.id.encode(),
        "hash": bytes.fromhex(document.sha256),
        "salt": snapshot.intake_of(document).salt.encode(),
        "vector": segment.vectors.vectors()[local].astype(np.float16).tobytes(),
        "token vector": np.asarray(segment.tokens.codes[segment.tokens.rows(local)][1]).tobytes(),
    }
    hexadecimal = document.sha256.encode()

    def found():
        held = [path.read_bytes() for path in folder.path.rglob("*") if path.is_file()]
        return {name for name, trace in traces.items() if any(trace in one for one in held)}

    assert found() == set(traces)
    remove(folder, [victim])
    assert found() == set()
    files = (path for path in folder.path.rglob("*") if path.is_file())
    assert [p.name for p in files if hexadecimal in p.read_bytes()] == ["intake.jsonl"]
    assert damages(folder) == []


# Damage


def flip(path, at=-1):
    """Alters one byte; in a new file, so that no other name of the old one sees it."""
    whole = bytearray(path.read_bytes())
    whole[at] ^= 1
    path.unlink()
    path.write_bytes(bytes(whole))


def test_a_segment_that_is_not_there_or_not_ours_is_damage(folder):
    name = names(folder)[1]
    (folder.current() / name).rename(folder.path / "aside")
    with pytest.raises(IndexDamaged, match=name):
        folder.open()
    assert any(name in line for line in damages(folder))
    (folder.path / "aside").rename(folder.current() / name)
    (folder.current() / "0123456789abcdef").mkdir()
    (folder.current() / "0123456789abcdef" / "tokens.codes.npy").write_bytes(b"x")
    assert damages(folder) == [
        f"{folder.current() / '0123456789abcdef' / 'tokens.codes.npy'}: not part of the index"
    ]


@pytest.fixture(params=["joined", "rewritten"])
def change(request, folder, write):
    """A change that makes a new segment of an old one, and the files of the old one."""
    if request.param == "joined":
        files = folder.current() / names(folder)[2]
        return lambda: add(folder, write("late.txt"), CONFIG), files
    return lambda: remove(folder, ["other.txt"]), folder.current() / names(folder)[1]


@pytest.mark.parametrize(
    "file", ["tokens.codes.npy", "vectors.faiss", "postings.counts.npy", "bodies.data.npy"]
)
def test_damage_is_never_written_anew_as_if_it_were_sound(folder, change, file):
    """A segment that is joined or written anew gets new hashes: the old ones are compared first."""
    act, files = change
    flip(files / file)
    with pytest.raises(OnRecordError):
        act()
    assert any(file in line for line in damages(folder))


def test_an_altered_card_stops_a_change_with_an_error_for_people(folder, change):
    act, files = change
    flip(files / "cards.data.npy")
    current = folder.current()
    with pytest.raises(OnRecordError):
        act()
    assert folder.current() == current
    assert list(current.parent.iterdir()) == [current]


@pytest.mark.parametrize("file", ["ids", "sources"])
def test_an_altered_id_or_source_is_damage_and_not_a_document_that_nobody_finds(folder, file):
    flip(folder.current() / names(folder)[1] / f"{file}.npy")
    with pytest.raises(IndexDamaged):
        folder.open().find("other.txt")


# Settings and limits


def test_an_index_from_which_all_was_removed_keeps_its_settings(make_index, tmp_path):
    made = Config(encoder="hashing", passage_tokens=32, language="es")
    folder = make_index({"a.txt": "The oak fell."}, made)
    remove(folder, ["a.txt"])
    with pytest.raises(IndexMismatch, match="passage_tokens"):
        add(folder, [str(tmp_path / "files")], Config(passage_tokens=64))
    add(folder, [str(tmp_path / "files")], Config())
    manifest = folder.manifest()
    settings_ = (manifest.encoder, manifest.passage_tokens, manifest.language, manifest.passages)
    assert settings_ == ("hashing", 32, "es", 1)
    assert rebuild(folder, Config()).passage_tokens == 32


FEW_FILES = """
import json, resource, sys
from pathlib import Path
from index import generation
from index.config import Config
from index.indexing import add
from index.store import IndexFolder, damages
base = Path(sys.argv[1])
generation.GROWTH = 0  # nothing is joined
folder = IndexFolder(base / "index")
for number in range(16):
    (base / f"{number}.txt").write_text(f"The gauge {number} fell.")
    add(folder, [str(base / f"{number}.txt")], Config(encoder="hashing"))
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
(base / "last.txt").write_text("The last gauge fell.")
add(folder, [str(base / "last.txt")], Config(encoder="hashing"))
held = [folder.open() for _ in range(3)]
print(len(held[0].segments), damages(folder))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the open files of a process")
def test_an_index_of_many_segments_opens_where_few_files_may_be_open(memory_path):
    """256 is what macOS gives a process, 1024 what most of Linux does."""
    done = subprocess.run(
        [sys.executable, "-c", FEW_FILES, str(memory_path)], capture_output=True, text=True
    )
    assert done.stdout == "17 []\n", done.stderr


def test_a_disk_that_cannot_link_gets_copies(folder, write, monkeypatch):
    large = names(folder)[0]
    before = inodes(folder, large)

    def refused(source, target):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    add(folder, write("late.txt"), CONFIG)
    assert names(folder)[0] == large
    after = inodes(folder, large)
    assert {name: size for name, (_, size) in after.items()} == {
        name: size for name, (_, size) in before.items()
    }
    assert damages(folder) == []
    assert json.loads((folder.current() / MANIFEST).read_text())["segments"][0]["name"] == large
