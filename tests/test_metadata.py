"""What is known of a document: where it may be said, and that a slip is never swallowed."""

from __future__ import annotations

import json

import pytest

from index.documents import sha256_hex
from index.errors import InputError
from index.metadata import MetadataManifest, is_date, parse_pairs, parse_yaml


@pytest.mark.parametrize("text", ["2024", "2024-02", "2024-02-29"])
def test_dates_of_any_precision_are_dates(text):
    assert is_date(text)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "2024-13", "24-01-01", "2024-1-1", "2024-01-01T00", "20240101", ""]
)
def test_what_is_no_calendar_date_is_none(text):
    assert not is_date(text)


def test_pairs_are_stripped_and_empty_ones_left_out():
    assert parse_pairs(["title= The  = sign ", "author="]) == {"title": "The = sign"}


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("title", "has no '='"),
        ("titel=x", "unknown metadata field 'titel'; known fields: title, author"),
        ("published=May", "write YYYY, YYYY-MM or YYYY-MM-DD"),
    ],
)
def test_a_wrong_pair_is_an_error_that_says_how_to_write_it(pair, reason):
    with pytest.raises(InputError, match=reason):
        parse_pairs([pair])


def manifest(tmp_path, *rows):
    path = tmp_path / "manifest.jsonl"
    path.write_text(
        "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8"
    )
    return MetadataManifest.load(path)


def test_a_row_with_a_hash_describes_those_bytes_and_a_row_without_goes_by_name(tmp_path):
    digest = sha256_hex(b"bytes")
    rows = manifest(
        tmp_path,
        {"file": "renamed.txt", "sha256": digest, "title": "By hash"},
        {"file": "a.txt", "title": "By\u2028name"},
    )
    assert rows.find("other.txt", digest) == {"title": "By hash"}
    assert rows.find("renamed.txt", sha256_hex(b"others")) == {}
    assert rows.find("a.txt", sha256_hex(b"others")) == {"title": "By name"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", r"manifest\.jsonl:2: not JSON"),
        (b"[" * 100_000, r"manifest\.jsonl:2: not JSON \(nested too deep"),
        (b'{"file": ["a"]}', r":2: 'file' and 'sha256' must be text"),
        (b'["file"]', r":2: a row needs 'file' or 'sha256'"),
        (b'{"title": "x"}', r":2: a row needs 'file' or 'sha256'"),
        (b'{"file": "a", "date": "2024"}', r":2: unknown metadata field 'date'"),
        (b'{"file": "a", "title": "\\ud800"}', r":2: title holds half a surrogate"),
        (b'{"file": "\xff"}', r"manifest\.jsonl: invalid UTF-8 at byte offset 28"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path, line, reason):
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b'{"file": "b.txt"}\n' + line)
    with pytest.raises(InputError, match=reason):
        MetadataManifest.load(path)
    with pytest.raises(InputError, match="cannot be read"):
        MetadataManifest.load(tmp_path)


def test_of_two_rows_for_a_file_the_first_counts(tmp_path):
    digest = sha256_hex(b"bytes")
    by_name, by_hash = {"file": "a", "title": "Name"}, {"sha256": digest, "title": "Hash"}
    assert manifest(tmp_path, by_name, by_hash).find("a", digest) == {"title": "Name"}
    assert manifest(tmp_path, by_hash, by_name).find("a", digest) == {"title": "Hash"}
    assert manifest(tmp_path, by_name, by_name | {"title": "Later"}).find("a", "") == {
        "title": "Name"
    }


@pytest.mark.parametrize(
    "block", ["titel: typo", "title: [a]", "- a", "just words", "title: {a: b}"]
)
def test_a_sidecar_stays_strict(block):
    with pytest.raises(InputError, match=r"^a\.meta\.yaml: "):
        parse_yaml(block, "a.meta.yaml")


def test_a_sidecar_keeps_its_values_as_they_are_written():
    assert parse_yaml("language: no\ntitle: 0123\nauthor:\npublished: 2024-05-01 7:00:00", "a") == {
        "language": "no", "title": "0123", "published": "2024-05-01",
    }  # fmt: skip
