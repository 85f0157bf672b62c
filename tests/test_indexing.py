"""The way of a document in: what is added, replaced, skipped, refused, and what is known of it."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from conftest import HASHING

from index.config import Config
from index.documents import sha256_hex
from index.errors import InputError
from index.indexing import add, edit, remove
from index.keywords import words
from index.metadata import MetadataManifest
from index.store import IndexFolder, damages
from ui.terminal_changes import report_text


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder: paths are given as people give them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folder(here) -> IndexFolder:
    return IndexFolder(".onrecord")


def outcome(report) -> dict[str, list[str]]:
    names = ("added", "replaced", "skipped", "failed")
    return {
        name: [x.source for x in getattr(report, name)] for name in names if getattr(report, name)
    }


def write(name: str, content: str | bytes) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def test_what_is_unchanged_is_skipped_and_what_changed_is_replaced(folder):
    write("docs/a.txt", "The bell rang.")
    write("docs/b.md", "The ice broke.")
    assert outcome(add(folder, ["docs"], HASHING)) == {"added": ["docs/a.txt", "docs/b.md"]}
    generation = folder.current()
    assert outcome(add(folder, ["docs"], HASHING)) == {"skipped": ["docs/a.txt", "docs/b.md"]}
    assert folder.current() == generation  # nothing was written
    before = {d.source: d.id for d in folder.open().documents.values()}
    write("docs/a.txt", "The bell fell.")
    report = add(folder, ["docs"], HASHING)
    assert outcome(report) == {"replaced": ["docs/a.txt"], "skipped": ["docs/b.md"]}
    assert [x.passages for x in report.replaced] == [1]
    after = {d.source: (d.id, d.text) for d in folder.open().documents.values()}
    assert after["docs/b.md"] == (before["docs/b.md"], "The ice broke.")
    assert after["docs/a.txt"] == (report.replaced[0].id, "The bell fell.")
    assert after["docs/a.txt"][0] != before["docs/a.txt"]
    assert folder.open().keywords.scores("rang").max() == 0
    assert damages(folder) == []


def test_a_change_of_what_is_known_replaces_a_document_too(folder):
    write("a.txt", "The bell rang.")
    add(folder, ["a.txt"], HASHING, metadata={"published": "2023"})
    assert outcome(add(folder, ["a.txt"], HASHING, metadata={"published": "2023"})) == {
        "skipped": ["a.txt"]
    }
    assert outcome(add(folder, ["a.txt"], HASHING, metadata={"published": "2024"})) == {
        "replaced": ["a.txt"]
    }
    (document,) = folder.open().documents.values()
    assert document.published == "2024"


def test_one_file_under_two_spellings_is_one_document(folder):
    write("a.txt", "The bell rang.")
    assert outcome(
        add(folder, ["a.txt", "./a.txt", "../" + Path.cwd().name + "/a.txt"][:2], HASHING)
    ) in (
        {"added": ["a.txt"]},
        {"added": ["./a.txt"]},
    )
    assert "skipped" in outcome(add(folder, [".//a.txt"], HASHING))
    write("a.txt", "The bell fell.")
    assert outcome(add(folder, ["./a.txt"], HASHING)) == {"replaced": ["./a.txt"]}
    assert [d.text for d in folder.open().documents.values()] == ["The bell fell."]


def test_failures_are_listed_with_their_reasons_and_the_rest_is_committed(folder):
    write("docs/good.txt", "The bell rang.")
    write("docs/latin.txt", "Gr\xfc\xdfe".encode("latin-1"))
    write("docs/empty.md", "")
    write("docs/hostile.md", "---\npublished: 2024-02-30\n---\nText.")
    write("docs/binary.txt", b"\x01\x02\x03\x04\0")
    write("docs/zip.txt", b"PK\x03\x04\0")
    write("docs/long.txt", "x" * 301)
    write("scan.doc", b"%PDF-1.7")
    write("bare/notes.doc", b"%PDF-1.7")
    os.mkfifo("pipe.txt")
    config = Config(encoder="hashing", max_file_bytes=300)
    paths = ["docs", "scan.doc", "absent.txt", "bare", "pipe.txt", "n" * 300]
    report = add(folder, paths, config)
    assert [x.source for x in report.added] == ["docs/good.txt"]
    reasons = {x.source: x.reason for x in report.failed}
    assert [x.source for x in report.left_out] == ["bare/notes.doc"]
    expected = {
        "docs/latin.txt": "invalid UTF-8 at byte offset 2 (0xfc); save it as UTF-8",
        "docs/empty.md": "empty file",
        "docs/hostile.md": "(front matter): published is '2024-02-30'",
        "docs/binary.txt": "not a text file (NUL byte at offset 4)",
        "docs/zip.txt": "looks like a ZIP archive; rename it to .zip",
        "docs/long.txt": "301 bytes, the limit is 300; split the file or raise max_file_bytes",
        "scan.doc": "no reader for .doc; open it in Word or LibreOffice and save it as .docx",
        "absent.txt": "no such file or folder",
        "bare": "no documents in this folder; formats read: .txt, .md",
        "pipe.txt": "neither a file nor a folder",
        "n" * 300: "cannot be read (File name too long)",
    }
    assert reasons.keys() == expected.keys()
    for source, reason in expected.items():
        assert reasons[source].startswith(source)
        assert reason in reasons[source]
        assert "\n" not in reasons[source]
    assert [d.source for d in folder.open().documents.values()] == ["docs/good.txt"]


def test_a_file_that_can_no_longer_be_read_keeps_its_place_in_the_index(folder):
    write("a.txt", "The bell rang.")
    add(folder, ["a.txt"], HASHING)
    write("a.txt", b"\xff\xff")
    assert outcome(add(folder, ["a.txt"], HASHING)) == {"failed": ["a.txt"]}
    assert [d.text for d in folder.open().documents.values()] == ["The bell rang."]


def test_a_name_that_is_not_utf8_is_a_failure_that_can_be_printed(folder):
    Path("docs").mkdir()
    try:
        Path(os.fsdecode(b"docs/caf\xe9.txt")).write_text("The bell rang.")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (failure,) = add(folder, ["docs"], HASHING).failed
    assert failure.source == r"docs/caf\udce9.txt"
    assert "rename the file" in failure.reason
    failure.reason.encode()


def test_when_nothing_can_be_added_there_is_no_index(folder):
    assert outcome(add(folder, ["absent.txt"], HASHING)) == {"failed": ["absent.txt"]}
    assert not folder.exists()


def test_folders_are_read_deep_but_not_what_is_hidden_or_describes(folder):
    for name in ("docs/z.txt", "docs/deep/er/a.MD", "docs/.git/x.txt", "docs/.hidden.txt"):
        write(name, f"Text of {name}.")
    write("docs/manifest.jsonl", '{"file": "z.txt", "title": "Zed"}\n')
    write("docs/z.txt.meta.yaml", "author: Someone")
    assert outcome(add(folder, ["docs"], HASHING)) == {"added": ["docs/deep/er/a.MD", "docs/z.txt"]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "---\ntitle: Only a head\n---\n"),
        ("a.md", "---\ntitle: Only a head\n---\n\u200b\n\n***\n"),
        ("a.txt", "\u200b ... !?"),
    ],
)
def test_a_document_without_a_letter_or_digit_is_a_named_failure(folder, name, content):
    write(name, content)
    (failure,) = add(folder, [name], HASHING).failed
    assert failure.reason == f"{name}: no text, not one letter or digit; leave it out"
    assert not folder.path.exists()
    write("b.txt", "7")
    assert outcome(add(folder, ["."], HASHING)) == {"added": ["b.txt"], "failed": [name]}


def test_what_is_left_out_of_a_folder_is_named_and_no_failure(folder):
    for name in ("docs/a.txt", "docs/b.doc", "docs/deep/c.XLSX", "docs/README", "docs/.hidden.doc"):
        write(name, "The bell rang.")
    write("docs/manifest.jsonl", '{"file": "a.txt", "title": "A"}')
    write("docs/b.doc.meta.yaml", "title: B")
    os.mkfifo("docs/pipe.txt")
    report = add(folder, ["docs", "./docs"], HASHING)
    assert outcome(report) == {"added": ["docs/a.txt"]}
    assert {x.source: x.reason.partition(": ")[2] for x in report.left_out} == {
        "docs/README": "no reader for a file without an ending",
        "docs/b.doc": "no reader for .doc",
        "docs/deep/c.XLSX": "no reader for .xlsx",
        "docs/pipe.txt": "not a regular file",
    }
    assert report_text(report).splitlines()[-2:] == [
        "1 added, 0 replaced, 0 skipped, 0 failed",
        "left out: 4 files without a reader (.doc 1, .txt 1, .xlsx 1, no ending 1)",
    ]


def test_an_index_inside_the_folder_is_not_among_what_is_left_out(here):
    write("a.txt", "The bell rang.")
    for path in (".", ".", f"../{here.name}"):
        assert add(IndexFolder("ix"), [path], HASHING).left_out == ()


def test_a_folder_that_cannot_be_listed_is_a_failure(folder, monkeypatch):
    write("docs/a.txt", "The bell rang.")
    write("docs/shut/b.txt", "The bell fell.")
    real = os.scandir  # root may list any folder, so that taking the right away tests nothing

    def scandir(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = add(folder, ["docs"], HASHING)
    assert outcome(report) == {"added": ["docs/a.txt"], "failed": ["docs/shut"]}
    assert report.failed[0].reason == "docs/shut: cannot be read (Permission denied); check it"
    assert [x.source for x in add(folder, ["docs/shut"], HASHING).failed] == ["docs/shut"]


def test_an_empty_path_is_refused_and_does_not_mean_the_working_folder(folder):
    write("a.txt", "The bell rang.")
    (failure,) = add(folder, [""], HASHING).failed
    assert failure.reason == "'': an empty path; name a file or folder"
    (failure,) = add(folder, ["nul\0l"], HASHING).failed
    assert "cannot be read" in failure.reason or "no such file" in failure.reason


def test_a_document_is_found_under_any_spelling_of_its_path(folder):
    write("tie/x.txt", "The bell rang.")
    add(folder, ["./tie"], HASHING)
    add(folder, ["tie//x.txt"], HASHING)
    for name in ("./tie/x.txt", "tie/../tie/x.txt", "x.txt", "./x.txt"):
        assert folder.open().find(name).text == "The bell rang."
    for name in ("", ".", "/"):
        with pytest.raises(InputError, match="no document"):
            folder.open().find(name)
    assert len(remove(folder, [".//tie/x.txt"])) == 1


def test_a_manifest_is_parsed_once_however_many_files_it_describes(folder, monkeypatch):
    for number in range(5):
        write(f"docs/{number}.txt", "The bell rang.")
    write("docs/manifest.jsonl", '{"file": "3.txt", "title": "Three"}')
    loads = []
    real = MetadataManifest.load
    monkeypatch.setattr(MetadataManifest, "load", lambda path: loads.append(path) or real(path))
    add(folder, ["docs"], HASHING)
    assert loads == [Path("docs/manifest.jsonl")]
    assert folder.open().find("docs/3.txt").title == "Three"


@pytest.mark.parametrize("language", ["fil", "Estonian", "eng"])
def test_a_language_is_its_whole_first_subtag(language):
    assert words("The bells were ringing", language) == ["the", "bells", "were", "ringing"]
    assert words("The bells are ringing", "EN_gb") == words("bells ringing", "en-GB")


def known(folder: IndexFolder) -> dict[str, str | None]:
    (document,) = folder.open().documents.values()
    return {
        key: getattr(document, key) for key in ("title", "author", "publisher", "published", "url")
    }


def test_metadata_of_four_places_the_later_wins(folder):
    """Front matter, then the row of manifest.jsonl, then the sidecar, then --meta."""
    write("docs/a.md", "---\ntitle: front\nauthor: front\npublisher: front\nurl: front\n---\nText.")
    write(
        "docs/manifest.jsonl",
        '{"file": "a.md", "title": "row", "author": "row", "publisher": "row"}',
    )
    write("docs/a.md.meta.yaml", "title: sidecar\nauthor: sidecar\npublished: 2024-05-01\n")
    add(folder, ["docs/a.md"], HASHING, metadata={"title": "given"})
    assert known(folder) == {
        "title": "given", "author": "sidecar", "publisher": "row", "url": "front",
        "published": "2024-05-01",
    }  # fmt: skip


def test_a_manifest_row_finds_its_file_by_its_bytes_whatever_its_name(folder):
    write("docs/renamed.txt", "The bell rang.")
    row = {"file": "bell.txt", "sha256": sha256_hex(b"The bell rang."), "title": "The Bell"}
    write("docs/manifest.jsonl", json.dumps(row))
    add(folder, ["docs"], HASHING)
    assert known(folder)["title"] == "The Bell"
    write("named.jsonl", json.dumps({"file": "renamed.txt", "title": "Named"}))
    add(folder, ["docs"], HASHING, manifest=MetadataManifest.load(Path("named.jsonl")))
    assert known(folder)["title"] == "Named"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt.meta.yaml", "titel: typo", r"a\.txt\.meta\.yaml: unknown metadata field 'titel'"),
        ("a.txt.meta.yaml", b"title: \xff", r"a\.txt\.meta\.yaml: invalid UTF-8"),
        ("a.txt.meta.yaml", "title: [", r"a\.txt\.meta\.yaml: metadata is not valid YAML"),
        ("manifest.jsonl", '{"file": "a.txt", "when": 1}', r":1: unknown metadata field 'when'"),
        ("manifest.jsonl", "no", r"manifest\.jsonl:1: not JSON"),
    ],
)  # fmt: skip
def test_a_slip_in_the_metadata_fails_the_file_and_is_named(folder, name, content, reason):
    write("a.txt", "The bell rang.")
    write(name, content)
    (failure,) = add(folder, ["a.txt"], HASHING).failed
    assert failure.source == "a.txt"
    with pytest.raises(InputError, match=reason):
        raise InputError(failure.reason, "")


def test_passages_are_stemmed_by_the_language_of_their_document_or_of_the_index(folder):
    write("a.txt", "Los pescadores encendieron hogueras.")
    write("b.txt", "The fishers lit fires.")
    write("a.txt.meta.yaml", "language: es")
    add(folder, ["."], HASHING)
    snapshot = folder.open()
    for question, name in (("un pescador", "a.txt"), ("fire", "b.txt")):
        row = int(snapshot.keywords.scores(question).argmax())
        assert snapshot.documents[snapshot.passages[row].span.document_id].source == name


def test_ids_come_from_source_and_text_alone(folder):
    write("a.txt", "The bell rang.")
    write("b.txt", "The bell rang.")
    ids = [x.id for x in add(folder, ["a.txt", "b.txt"], HASHING).added]
    other = IndexFolder("other")
    assert [
        x.id
        for x in add(other, ["b.txt", "a.txt"], Config(encoder="hashing", passage_tokens=64)).added
    ] == ids[::-1]
    assert len(set(ids)) == 2


def test_the_order_of_additions_does_not_change_what_an_index_says(folder):
    """Added at once or one by one, with a removal between: the same passages and scores."""
    for name in "abc":
        write(f"{name}.txt", f"The {name} gauge stood at {ord(name)}.")
    add(folder, ["a.txt", "b.txt", "c.txt"], HASHING)
    other = IndexFolder("other")
    add(other, ["a.txt"], HASHING)
    add(other, ["b.txt"], HASHING)
    remove(other, ["a.txt"])
    add(other, ["c.txt"], HASHING)
    add(other, ["a.txt"], HASHING)
    for index in (folder, other):
        assert damages(index) == []
    assert folder.manifest().fingerprint == other.manifest().fingerprint
    scores = []
    for index in (folder, other):
        snapshot = index.open()
        rows = snapshot.keywords.scores("b gauge").tolist()
        vectors = [v for s in snapshot.segments for v in s.vectors.vectors().tolist()]
        scores.append(sorted(zip([p.id for p in snapshot.passages], rows, vectors, strict=True)))
    assert scores[0] == scores[1]
    first, second = (
        {path.name: path.read_bytes() for path in index.current().glob("*/*")}
        for index in (folder, other)
    )
    assert first.keys() == second.keys()
    # How and when a document came in is another matter: its salt is drawn anew.
    assert {n for n in first if first[n] != second[n]} <= {"intakes.data.npy", "intakes.sums.npy"}


def test_a_first_add_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "broken.txt").write_bytes(b"\xff")
    report = add(IndexFolder(tmp_path / "index"), [str(tmp_path / "broken.txt")], HASHING)
    assert report.failed
    assert not (tmp_path / "index").exists()


def test_a_first_add_that_fails_leaves_a_folder_as_it_was(here: Path) -> None:
    Path("pre").mkdir()
    Path("full").mkdir()
    Path("full/lock").write_text("not ours")
    for name, kept in (("pre", []), ("full", ["lock"])):
        assert add(IndexFolder(name), ["nope.txt"], HASHING).failed
        assert [path.name for path in Path(name).iterdir()] == kept
    assert Path("full/lock").read_text() == "not ours"


def bundle(name: str, members: dict[str, str]) -> None:
    with zipfile.ZipFile(name, "w") as file:
        for member, text in members.items():
            file.writestr(member, text)


def test_a_container_is_read_once_and_its_documents_come_and_go(folder):
    bundle("b.zip", {"one.txt": "The bell rang.", "two/two.txt": "The bell fell."})
    first = outcome(add(folder, ["b.zip"], HASHING))
    assert first == {"added": ["b.zip!/one.txt", "b.zip!/two/two.txt"]}
    assert [row.action for row in folder.log()] == ["added", "added"]
    assert outcome(add(folder, ["b.zip"], HASHING)) == {
        "skipped": ["b.zip!/one.txt", "b.zip!/two/two.txt"]
    }
    bundle("b.zip", {"one.txt": "The bell rang twice.", "three.txt": "The bell was mended."})
    report = add(folder, ["b.zip"], HASHING)
    assert outcome(report) == {"added": ["b.zip!/three.txt"], "replaced": ["b.zip!/one.txt"]}
    assert [x.source for x in report.removed] == ["b.zip!/two/two.txt"]
    assert damages(folder) == []
    removed = remove(folder, ["b.zip!/one.txt"])
    assert [document.source for document in removed] == ["b.zip!/one.txt"]
    assert outcome(add(folder, ["b.zip"], HASHING)) == {
        "added": ["b.zip!/one.txt"],
        "skipped": ["b.zip!/three.txt"],
    }
    assert len(remove(folder, ["b.zip"])) == 2
    assert damages(folder) == []


def test_what_cannot_be_read_in_a_container_is_said_each_time(folder):
    bundle("b.zip", {"one.txt": "The bell rang.", "bad.txt": "\0", "sheet.xlsx": "x"})
    for added in ({"added": ["b.zip!/one.txt"]}, {"skipped": ["b.zip!/one.txt"]}):
        report = add(folder, ["b.zip"], HASHING)
        assert outcome(report) == added | {"failed": ["b.zip!/bad.txt"]}
        assert [x.source for x in report.left_out] == ["b.zip!/sheet.xlsx"]


def test_equal_and_nearly_equal_documents_are_named(folder):
    text = " ".join(f"The gauge of pier {n} stood at {n * 7} in the frost." for n in range(60))
    write("a.txt", text)
    write("b.txt", text)
    write("c.txt", text.replace("pier 30", "pier thirty"))
    notes = {note.source: note.note for note in add(folder, ["a.txt", "b.txt"], HASHING).notes}
    assert notes == {"b.txt": "the same bytes as a.txt"}
    (note,) = add(folder, ["c.txt"], HASHING).notes
    assert note.source == "c.txt"
    assert note.note in ("nearly the same text as a.txt", "nearly the same text as b.txt")


def test_what_is_known_of_a_document_can_be_said_otherwise(folder):
    write("a.md", "---\ntitle: The Gauge\nauthor: Nobody\n---\nThe bell rang.")
    add(folder, ["a.md"], HASHING)
    edit(folder, "a.md", {"title": "The Bell", "author": "", "published": "2021-03"}, HASHING)
    document = folder.open().find("a.md")
    assert (document.title, document.author, document.published) == ("The Bell", None, "2021-03")
    assert folder.open().keywords.scores("bell").max() > 0
    assert damages(folder) == []
    assert [row.action for row in folder.log()] == ["added", "replaced"]
    assert outcome(add(folder, ["a.md"], HASHING)) == {"skipped": ["a.md"]}
    assert folder.open().find("a.md").title == "The Bell"
    assert edit(folder, "a.md", {"published": ""}, HASHING).published is None
    with pytest.raises(InputError, match="write YYYY"):
        edit(folder, "a.md", {"published": "soon"}, HASHING)
    with pytest.raises(InputError, match="unknown metadata field"):
        edit(folder, "a.md", {"titel": "x"}, HASHING)
