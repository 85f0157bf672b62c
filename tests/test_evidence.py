"""Evidence packs: what was made is found sound, and whatever was done to it since is found."""

from __future__ import annotations

import io
import json
import re
import struct
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import HASHING, LIBRARY, build
from samples import PARAGRAPHS, samples

from index.config import Config
from index.documents import sha256_hex
from index.errors import InputError
from index.indexing import remove
from index.store import IndexFolder
from rag.answer import Answer, Hit
from rag.assistant import newest, open_assistant
from rag.composers import Draft
from rag.evidence import archive
from rag.evidence.packing import MANIFEST, Options, Pack, answered_by, manifest, pack, settings_of
from rag.evidence.records import lines, objects, written
from rag.evidence.rereading import reread
from rag.evidence.saved import NotProved, restored
from rag.evidence.verifying import verify
from rag.evidence.view import view
from rag.proof import prove
from ui.cli import main

QUESTION = "How thick was the ice?"
SENTENCE = "The ice was 41 centimetres thick."
FILES = {f"ice{suffix}": data for suffix, data in samples().items() if suffix not in (".zip",)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    """The same words in every format, pages and containers among them. Read only."""
    return build(tmp_path_factory.mktemp("evidence"), FILES, HASHING)


def answered(folder: IndexFolder, sentence: str = SENTENCE, most: int = 99) -> Answer:
    """A real answer with a quote from each document that has the sentence."""
    snapshot = folder.open()
    found: dict[str, Hit] = {}
    for row in range(len(snapshot)):
        passage, document = snapshot.passages[row], snapshot.document_of(row)
        if sentence in passage.text and len(found) < most:
            found.setdefault(document.id, Hit(passage, document, 0.5, len(found) + 1, ("dense",)))
    claims = tuple(prove(Draft(sentence, hit, sentence) for hit in found.values()))
    return Answer(
        question=QUESTION,
        claims=claims,  # type: ignore[arg-type]
        abstention=None,
        hits=tuple(found.values()),
        as_of=newest([hit.document.published for hit in found.values()]),
        fingerprint=answered_by(snapshot.manifest.fingerprint, settings_of(HASHING)),
        seconds={"retrieve": 0.1},
        confidence=0.5,
    )


def packed(folder: IndexFolder, answer: Answer, options: Options = Options()) -> Pack:  # noqa: B008
    return pack(folder, folder.open(), HASHING, answer, options)


@pytest.fixture(scope="module")
def made(folder: IndexFolder) -> Pack:
    return packed(folder, answered(folder))


@pytest.fixture(scope="module")
def two(folder: IndexFolder) -> Pack:
    return packed(folder, answered(folder, most=2))


@pytest.fixture(scope="module")
def small(folder: IndexFolder) -> Pack:
    return packed(folder, answered(folder, most=2), Options(hashes_only=True))


# What is made


def test_a_pack_is_sound_is_a_zip_for_all_and_is_the_same_when_it_is_made_again(folder, made):
    found = verify(made.data, made.fingerprint)
    assert found.sound, found.faults
    assert packed(folder, replace(answered(folder), seconds={"retrieve": 9.9})) == made
    with zipfile.ZipFile(io.BytesIO(made.data)) as zipped:
        assert zipped.testzip() is None
        assert sha256_hex(zipped.read(MANIFEST)) == made.fingerprint
        originals = {sha256_hex(data) for data in FILES.values()}
        kept = {name for name in zipped.namelist() if name.startswith("sources/")}
        assert {sha256_hex(zipped.read(name)) for name in kept} <= originals | _inside(folder)
        rows = objects(zipped.read("documents.jsonl"))
        assert {row["original"] for row in rows} == kept
        assert len(rows) > len(kept) > 8, "equal files are kept once"


def _inside(folder: IndexFolder) -> set[str]:
    """SHA-256 of what lies in containers."""
    return {card.sha256 for card in folder.open().cards if card.parent}


def test_quotes_have_the_selectors_of_the_standard_and_pages_their_boxes(made):
    members = archive.opened(made.data).members
    rows = objects(members["quotes.jsonl"])
    for row in rows:
        by_words, by_place = row["selectors"]
        text = members[f"texts/{row['document']}.txt"].decode()
        whole = by_words["prefix"] + by_words["exact"] + by_words["suffix"]
        assert by_words["exact"] == text[by_place["start"] : by_place["end"]] == SENTENCE
        assert whole in text
        assert len(by_words["suffix"]) == 32
    assert [row["page"] for row in rows if row["boxes"]] == ["1"]


def test_files_are_read_anew_and_the_answer_proved_anew(made):
    found = reread(verify(made.data), {}, Config())
    assert found.sound, found.faults
    assert not [point for point in found.unchecked if "file" in point]


def test_with_hashes_only_no_text_leaves_and_who_has_the_files_can_check_them(folder, small):
    found = verify(small.data, small.fingerprint)
    assert found.sound
    assert PARAGRAPHS[2].encode() not in small.data
    assert len([point for point in found.unchecked if "--sources" in point]) == 2
    files = {sha256_hex(data): data for data in FILES.values()}
    again = reread(found, files, Config())
    assert again.sound, again.faults
    assert again.unchecked == []
    members = dict(archive.opened(small.data).members)
    members["quotes.jsonl"] = members["quotes.jsonl"].replace(
        b'"suffix":" Forty', b'"suffix":" Fifty'
    )
    forged = verify(sealed(members, small, page=True))
    assert forged.sound, "what stands beside a quote cannot be told without the text"
    assert reread(forged, files, Config()).faults == ["quotes.jsonl: not what the files give"]


def test_an_abstention_rests_on_what_was_found(library):
    assistant = open_assistant(library.path, HASHING)
    answer = assistant.ask("Who won the football cup final?")
    assert answer.abstained
    made = pack(library, assistant.snapshot, assistant.config, answer)
    found = verify(made.data)
    assert found.sound, found.faults
    assert found.pack
    assert {row.id for row in found.pack.documents} == {h.document.id for h in answer.hits}
    assert answer.text.encode() in archive.opened(made.data).members["index.html"]


def test_a_pack_says_when_index_or_settings_are_no_longer_those_of_the_answer(folder):
    answer = answered(folder, most=1)
    found = verify(pack(folder, folder.open(), Config(encoder="hashing", hits=3), answer).data)
    assert found.sound
    assert found.pack
    assert not found.pack.models.gave_the_answer
    with_strictness = replace(
        answer,
        fingerprint=answered_by(
            folder.manifest().fingerprint,
            settings_of(HASHING.model_copy(update={"strictness": 1.0})),
        ),
    )
    found = verify(packed(folder, with_strictness, Options(strictness=1)).data)
    assert found.pack
    assert found.pack.models.gave_the_answer


def test_an_answer_of_nothing_and_one_of_files_that_were_not_kept_are_packed_too(make_index):
    folder = make_index(
        {"ice.txt": samples()[".txt"]}, HASHING.model_copy(update={"keep_originals": False})
    )
    found = verify(packed(folder, answered(folder)).data)
    assert found.sound, found.faults
    assert any("which is not in the pack" in point for point in found.unchecked)
    nothing = replace(answered(folder), claims=(), hits=(), abstention="Nothing.", as_of=None)
    found = verify(packed(folder, nothing).data)
    assert found.sound, found.faults
    assert found.pack
    assert found.pack.documents == []


def test_what_was_removed_is_not_packed(make_index):
    folder = make_index({"ice.txt": samples()[".txt"]})
    answer = answered(folder)
    remove(folder, ["ice.txt"])
    with pytest.raises(InputError, match="no longer in the index"):
        packed(folder, answer)


def test_the_page_of_a_pack_is_inert_and_shows_hostile_words_as_they_are(make_index):
    from lxml import html

    hostile = "</title><script>alert(1)</script><img src=//x.example/y onerror=alert(1)>\u202egnp"
    name = "---\ntitle: '" + hostile + "'\nurl: javascript:alert(1)\n---\n"
    folder = make_index({"ice.md": name + SENTENCE + " <b onclick=x>\u202e" + hostile})
    made = packed(folder, answered(folder))
    assert verify(made.data).sound
    page = archive.opened(made.data).members["index.html"].decode()
    tree = html.fromstring(page)
    assert not tree.xpath("//script | //img | //b | //link | //iframe | //*[@src] | //@onclick")
    assert {href[0] for href in tree.xpath("//@href")} == {"#"}
    assert "\u202e" not in page
    assert "<script>alert(1)</script>" in tree.text_content()
    assert "U+202E" in tree.text_content()


# What was done to it since


def test_every_byte_that_is_altered_is_found(small):
    """1,000 bytes by chance, each made another; for the structure, all of them."""
    chance = Random(7)  # noqa: S311
    data, missed = small.data, []
    headers = [found.start() + n for found in re.finditer(b"PK..", data, re.S) for n in range(46)]
    places = [chance.randrange(len(data)) for _ in range(1000)]
    for at in {*places, *headers, *range(len(data) - 22, len(data))}:
        if at < len(data):
            altered = bytearray(data)
            altered[at] ^= chance.randrange(1, 256)
            found = verify(bytes(altered))
            if found.sound or not found.checks[0].faults:
                missed.append(at)
    assert missed == []


def test_bytes_that_are_lost_or_put_in_are_found(small):
    chance = Random(8)  # noqa: S311
    for _ in range(300):
        at, more = chance.randrange(4, len(small.data) - 22), chance.randbytes(3)
        assert not verify(small.data[:at] + more + small.data[at:]).sound
        assert not verify(small.data[:at] + small.data[at + 1 :]).sound
        assert not verify(small.data[:at]).sound
    assert not verify(small.data + b"\0").sound
    assert not verify(b"\0" + small.data).sound


def rezipped(data: bytes, change: Callable[[zipfile.ZipFile, dict[str, bytes]], None]) -> bytes:
    members = dict(archive.opened(data).members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in sorted(members):
            if name != "answer.json":
                target.writestr(zipfile.ZipInfo(name), members[name])
        change(target, members)
    return buffer.getvalue()


def _bomb(target: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    target.writestr("answer.json", b"\0" * 10**7, zipfile.ZIP_DEFLATED)


def _twice(target: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    target.writestr("answer.json", members["answer.json"])
    with pytest.warns(UserWarning, match="Duplicate"):
        target.writestr("answer.json", b"{}")


def _outside(target: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    target.writestr("../../answer.json", members["answer.json"])


def _comment(target: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    target.writestr("answer.json", members["answer.json"])
    target.comment = b"sound"


@pytest.mark.parametrize("change", [_bomb, _twice, _outside, _comment])
def test_a_zip_that_another_program_wrote_is_not_sound(small, change):
    assert not verify(rezipped(small.data, change)).sound


def test_sizes_that_lie_take_neither_time_nor_memory(small):
    huge = small.data[:18] + struct.pack("<II", 2**32 - 1, 2**32 - 1) + small.data[26:]
    assert verify(huge).faults[0] == "answer.json: cut off"
    with pytest.raises(InputError, match="not even a zip"):
        verify(b"%PDF-1.7 and so on")


# Packs that somebody wrote: sound to the byte, and saying what does not follow


def sealed(members: dict[str, bytes], like: Pack, page: bool = False) -> bytes:
    """A pack with these members and a manifest of its own, as a forger would write it."""
    old = json.loads(archive.opened(like.data).members[MANIFEST])
    rest = {name: data for name, data in members.items() if name != MANIFEST}
    if page:
        rest["index.html"] = view({k: v for k, v in rest.items() if k != "index.html"})
    from rag.evidence.records import LogRecord

    log = LogRecord(**old["log"])
    return archive.zipped(rest | {MANIFEST: manifest(rest, old["hashes_only"], log)})


Change = Callable[[dict[str, Any]], object]


def _set(*path: str | int, to: object) -> Change:
    def change(value: Any) -> None:
        *way, last = path
        for key in way:
            value = value[key]
        value[last] = to

    return change


FORGED: list[tuple[str, Change, str]] = [
    ("answer.json", _set("question", to="Was there any ice?"), "index.html"),
    ("answer.json", _set("claims", 0, "text", to="The ice was 14 thick."), "its text is not that"),
    ("answer.json", _set("claims", 0, "citations", to=[99]), "citation 1 is not both"),
    ("answer.json", _set("claims", to=[]), "neither claims nor"),
    ("answer.json", _set("citations", 0, "quote", to=SENTENCE[::-1]), "does not stand at"),
    ("answer.json", _set("citations", 0, "start", to=0), "not as long as its place"),
    ("answer.json", _set("citations", 0, "title", to="Another"), "title is not that of its"),
    ("answer.json", _set("citations", 0, "speaker", to="Nobody"), "quotes.jsonl"),
    ("answer.json", _set("citations", 0, "sha256", to="0" * 64), "sha256 is not that of its"),
    ("answer.json", _set("citations", 0, "short", to=[[0, 1]]), "short answer is not in"),
    ("answer.json", _set("as_of", to="2030"), "newest source"),
    ("answer.json", _set("hits", 0, "text", to="Other words."), "hit 1: its words do not"),
    ("answer.json", _set("fingerprint", to="0" * 16), "their fingerprint is not"),
    ("answer.json", _set("abstained", to=1), "answer.json: abstained"),
    ("models.json", _set("gave_the_answer", to=False), "their fingerprint is not"),
    ("models.json", _set("encoder", "sha256", to="0" * 64), "index.html"),
    ("models.json", _set("more", to=1), "models.json: more"),
    ("configuration.json", _set("hits", to=99), "their fingerprint is not"),
    ("documents.jsonl", _set(0, "publisher", to="Another"), "publisher is not that of its"),
    ("documents.jsonl", _set(0, "text_sha256", to="0" * 64), "not the one listed"),
    ("documents.jsonl", _set(0, "id", to="0" * 16), "not the documents that the answer"),
    ("documents.jsonl", _set(0, "source", to="other.txt"), "source is not that of its"),
    ("documents.jsonl", _set(0, "original", to=None), "of no document"),
    ("documents.jsonl", _set(0, "text", to="texts/other.txt"), "texts/other.txt: missing"),
    ("quotes.jsonl", _set(0, "speaker", to="Nobody"), "quotes.jsonl: not what"),
    ("quotes.jsonl", _set(0, "selectors", 0, "prefix", to="no "), "quotes.jsonl: not what"),
    ("quotes.jsonl", _set(0, to={}), "quotes.jsonl: not what"),
    ("intake.jsonl", _set(0, "time", to="2020-01-01T00:00:00Z"), "of the log: altered"),
    ("intake.jsonl", _set(0, to={}), "of the log: none that"),
    ("intake-records.jsonl", _set(0, "sha256", to="0" * 64), "its intake is of something else"),
    ("intake-records.jsonl", _set(0, "received", to="2020-01-01T00:00:00Z"), "came in and stayed"),
]


@pytest.mark.parametrize(("name", "change", "told"), FORGED)
def test_what_does_not_follow_is_found_though_all_hashes_are_right(made, name, change, told):
    members = dict(archive.opened(made.data).members)
    if name.endswith(".json"):
        value = json.loads(members[name])
        change(value)
        compact = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        members[name] = compact if name == "configuration.json" else written(value)
    else:
        rows = objects(members[name])
        change(rows)  # type: ignore[arg-type]
        members[name] = lines(rows)
    found = verify(sealed(members, made))
    assert re.search(told, "\n".join(found.faults)), found.faults
    assert not verify(sealed(members, made), made.fingerprint).sound


def test_what_only_the_files_can_tell_is_found_when_they_are_read_anew(two):
    members = dict(archive.opened(two.data).members)
    rows = objects(members["documents.jsonl"])
    rows[0]["author"] = "Another"
    found = verify(sealed(members | {"documents.jsonl": lines(rows)}, two))
    assert found.sound
    assert "author is not what the file" in "".join(reread(found, {}, Config()).faults)


def test_rows_that_are_left_out_of_the_log_are_found(made):
    members = dict(archive.opened(made.data).members)
    rows = members["intake.jsonl"].splitlines(keepends=True)
    for left in (rows[1:], rows[:-1], [rows[0], *rows[2:]], [*rows, rows[-1]], []):
        found = verify(sealed(members | {"intake.jsonl": b"".join(left)}, made))
        assert any("the log" in fault for fault in found.faults)


@pytest.mark.parametrize("key", ["text", "sources"])
def test_other_words_in_a_text_or_a_file_are_found(made, key):
    members = dict(archive.opened(made.data).members)
    name = next(n for n in members if n.startswith(key) and n.endswith(".txt"))
    members[name] = members[name].replace(b"41 centimetres", b"14 centimetres")
    faults = verify(sealed(members, made)).faults
    assert any("SHA-256" in fault for fault in faults)
    if key == "text":  # with its hash made anew, what is left is the id of the document
        rows = objects(members["documents.jsonl"])
        row = next(row for row in rows if row["text"] == name)
        row["text_sha256"] = sha256_hex(members[name])
        faults = verify(sealed(members | {"documents.jsonl": lines(rows)}, made)).faults
        assert f"{name}: the id of its document is not made of it" in faults


def test_a_manifest_that_was_edited_by_hand_is_found(small):
    members = dict(archive.opened(small.data).members)
    members[MANIFEST] = members[MANIFEST].replace(b'"onrecord 0', b'"onrecord 9')
    assert verify(archive.zipped(members)).faults == [f"{MANIFEST}: altered, its seal is another"]


def test_a_key_that_stands_twice_is_found(made):
    """Some programs show the first, others the last."""
    members = dict(archive.opened(made.data).members)
    twice = members["answer.json"].replace(b'{\n "schema"', b'{\n "question": "Why?",\n "schema"')
    faults = verify(sealed(members | {"answer.json": twice}, made)).faults
    assert faults == ["answer.json: not in the form in which it is written"]


def test_a_sentence_that_its_quote_does_not_say_is_found(two):
    """A forger may make the page and the text of the answer again, but no proof."""
    members = dict(archive.opened(two.data).members)
    forged = members["answer.json"].replace(
        b'"text": "Port Chronicle: The ice was 41', b'"text": "Port Chronicle: The ice was 14'
    )
    assert forged != members["answer.json"]
    value = json.loads(forged)
    value["text"] = " ".join(
        claim["text"] + "".join(f" [{n}]" for n in claim["citations"]) for claim in value["claims"]
    )
    members["answer.json"] = written(value)
    found = verify(sealed(members, two, page=True))
    assert found.faults == ["the answer: a sentence is not the words of its quote"]
    value["composer"] = "gguf:some-model"
    members["answer.json"] = written(value)
    found = verify(sealed(members, two, page=True))
    assert found.sound, "a model may choose its words; whether they are borne takes a reading"
    assert "the number 14 is not in its quote" in "".join(reread(found, {}, Config()).faults)


def test_no_rubbish_makes_it_fail_otherwise(made):
    """Any value of any file in place of any other: found or not, never an error of ours."""
    chance = Random(9)  # noqa: S311
    rubbish = [None, -1, 10**30, 1.5, "", "\0", "x" * 99, [], {}, [[1]], {"a": {}}, True, "2021"]
    members = archive.opened(made.data).members
    names = sorted(n for n in members if n.endswith((".json", ".jsonl")) and n != MANIFEST)
    for _ in range(400):
        name = chance.choice(names)
        row = name.endswith(".jsonl")
        value: Any = objects(members[name]) if row else json.loads(members[name])
        at = value
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = chance.choice(keys)
            if not isinstance(at[key], (dict, list)) or not at[key] or chance.random() < 0.2:
                break
            at = at[key]
        at[key] = chance.choice(rubbish)
        data = lines(value) if row else written(value)
        verify(sealed(members | {name: data}, made))
    for deep in (b"[" * 10**5, b'{"a":' * 3000 + b"1" + b"}" * 3000):
        verify(sealed(members | {"answer.json": deep, "quotes.jsonl": deep + b"\n"}, made))


# An answer that was saved


def test_a_saved_answer_is_proved_anew_and_gives_the_same_pack(folder, made):
    answer = answered(folder)
    saved = json.loads(json.dumps(answer.to_json()))
    documents = folder.open().documents
    again = restored(saved, documents, "en")
    assert again.to_json() == answer.to_json()
    assert packed(folder, again) == made
    for path, value in [
        (("citations", 0, "speaker"), "Nobody"),
        (("citations", 0, "paragraph"), 77),
        (("citations", 0, "document"), "0" * 16),
        (("citations", 0, "start"), 0),
        (("claims", 0, "text"), "The ice was 14 centimetres thick."),
        (("claims", 0, "citations"), [99]),
        (("hits", 0, "text"), "Other words."),
        (("text",), "There was no ice."),
        (("question",), 7),
    ]:
        forged = json.loads(json.dumps(saved))
        _set(*path, to=value)(forged)
        with pytest.raises(NotProved):
            restored(forged, documents, "en")


def test_the_commands_pack_and_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)

    def onrecord(*arguments: str, code: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["onrecord", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert (ended.value.code or 0) == code, told.err
        return told.out, told.err

    Path("onrecord.toml").write_text('encoder = "hashing"\n')
    Path("harbour.md").write_text(LIBRARY["harbour.md"])
    onrecord("add", "harbour.md")
    question = "How thick was the ice on the second morning?"
    told, _ = onrecord("pack", question, "--out", "a.zip")
    fingerprint = re.search(r"^ +([0-9a-f]{64})$", told, re.M)
    assert fingerprint
    assert "is there already" in onrecord("pack", question, "--out", "a.zip", code=2)[1]
    Path("answer.json").write_text(onrecord("ask", question, "--json")[0])
    onrecord("pack", "--answer", "answer.json", "--out", "b.zip")
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()
    Path("answer.json").write_text(Path("answer.json").read_text().replace("41", "14"))
    assert (
        "answer.json: " in onrecord("pack", "--answer", "answer.json", "--out", "c.zip", code=2)[1]
    )
    onrecord("remove", "harbour.md")
    checked = onrecord("verify", "a.zip", "--fingerprint", fingerprint[1], "--reread", "--json")
    report = json.loads(checked[0])
    assert report["sound"]
    assert report["fingerprint"] == fingerprint[1]
    altered = bytearray(Path("a.zip").read_bytes())
    altered[200] ^= 1
    Path("bad.zip").write_bytes(altered)
    assert "bad.zip: answer.json: altered" in onrecord("verify", "bad.zip", code=1)[1]
    onrecord("verify", "harbour.md", code=2)
    onrecord("verify", "nowhere.zip", code=2)
