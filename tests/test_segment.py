"""A segment gives back what was put in, however it was made: byte for byte the same files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import receiving
from index import segment as segment_module
from index.codec import CODECS
from index.documents import Anchor, Document, Page, Section, document_id, sha256_hex
from index.encoder import HashingEncoder
from index.layout import Box, Word, pack
from index.segment import Segment, source_key
from index.sketches import sketch
from index.splitting import Budget, split
from index.token_table import TokenTable
from index.vectors import STORES, Flat, InvertedLists

ENCODER = HashingEncoder()
CODEC = CODECS[ENCODER.codec](ENCODER.dimension)
BUDGET = Budget(16, ENCODER.max_pieces, ENCODER.count_pieces)


def document(source, text, **known):
    return Document(
        id=document_id(source, text),
        source=source,
        sha256=sha256_hex(text.encode()),
        text=text,
        paragraphs=((0, len(text)),),
        **known,
    )


DOCUMENTS = [
    document(
        "b/harbour.md",
        "# Ice\n\n" + " ".join(f"On day {n} the ice was {n * 7} cm thick." for n in range(9)),
        title="The Winter",
        author="Port Chronicle",
        published="2021-03",
        sections=(Section("Ice", 0, 5),),
        pages=(Page("i", 0), Page("ii", 60, index=1, confidence=0.75)),
        anchors=(Anchor("ice", 0), Anchor("day-3", 40)),
        hidden=((7, 20),),
        layout=pack([Word(0, 5, Box(1, 72.0, 80.5, 100.0, 92.0))]),
        parent="b.zip",
        notes=("left out: navigation, 12 characters",),
        uncertain=("published",),
    ),
    document("a.txt", "The bell “Gëorg” rang 🌊 twice."),
    document("c.txt", "El faro se apagó durante tres noches.", language="es"),
    document("d.txt", " ".join(["bell"] * 300)),
    document("A.txt", "Nothing but ice, ice, ice and ice."),
]


RECEIVED = {one.id: receiving.made(one) for one in DOCUMENTS}
"""With one intake each: its salt makes every other a different one."""


def made(documents):
    """A segment of documents, split and encoded."""
    passages = [split(one, BUDGET) for one in documents]
    texts = [passage.text for group in passages for passage in group]
    headers = ENCODER.encode_document([one.header for one in documents])
    encoded = ENCODER.encode_document(texts)
    return Segment.of(
        [RECEIVED[one.id] for one in documents],
        TokenTable.of(headers, CODEC),
        passages,
        TokenTable.of(encoded, CODEC),
        np.stack([one.vector for one in encoded]),
        "en",
    )


def arrays(segment):
    """All that a segment holds, by the names of its files."""
    found = {"vectors": segment.vectors.vectors()}
    for name in segment_module._ARRAYS:
        value = segment
        for part in name.split("."):
            value = getattr(value, part)
        found[name] = value
    return found


def same(one, other):
    ours, theirs = arrays(one), arrays(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert (ours[name].dtype, ours[name].shape) == (theirs[name].dtype, theirs[name].shape), (
            name
        )
        assert np.array_equal(ours[name], theirs[name]), name


def test_documents_and_passages_come_back_as_the_records_they_were():
    segment = made(DOCUMENTS)
    found = [segment.document(row) for row in range(len(segment.ids))]
    assert found == sorted(DOCUMENTS, key=lambda one: one.source)
    expected = [passage for one in found for passage in split(one, BUDGET)]
    owners = segment.places["document"].tolist()
    assert [segment.passage(row, found[owner]) for row, owner in enumerate(owners)] == expected
    assert len(segment) == len(expected) > 15
    for row, one in enumerate(found):
        bare = replace(
            one, text="", pages=(), sections=(), anchors=(), paragraphs=(), hidden=(), layout=b""
        )
        assert segment.card(row) == bare
        assert segment.intake(row) == RECEIVED[one.id].intake
        assert segment.digests[row].tobytes().hex() == one.sha256
        assert int(segment.files[row]) == source_key(RECEIVED[one.id].intake.file)
        assert segment.sketches[row].tolist() == sketch(one.text).tolist()
        assert segment.ids[row].decode() == one.id
        assert int(segment.sources[row]) == source_key(one.source) == source_key(f"./{one.source}")
    assert segment.languages("en") == ["en", "es"]
    assert segment.languages("fr") == ["es", "fr"]


def test_word_pieces_vectors_and_headers_are_those_of_their_texts():
    segment = made(DOCUMENTS)
    owners = segment.places["document"].tolist()
    found = [segment.document(row) for row in range(len(segment.ids))]
    texts = [segment.passage(row, found[owner]).text for row, owner in enumerate(owners)]
    for table, wanted in ((segment.tokens, texts), (segment.headers, [d.header for d in found])):
        assert len(table) == len(wanted)
        for row, text in enumerate(wanted):
            one, rows = ENCODER.encode_query(text), table.rows(row)
            assert table.pieces[rows].tolist() == one.pieces.tolist()
            assert table.starts[rows].tolist() == one.offsets[:, 0].tolist()
            assert np.array_equal(table.codes[rows], CODEC.encode(one.tokens))
    vectors = np.array([one.vector for one in ENCODER.encode_document(texts)])
    assert segment.vectors.vectors() == pytest.approx(vectors, abs=2**-12)


@settings(max_examples=40)
@given(st.permutations(range(len(DOCUMENTS))), st.data())
def test_joined_and_taken_apart_it_is_the_segment_made_at_once(order, data):
    """In whatever order documents come, in whatever parts, and whatever was in between."""
    documents = [DOCUMENTS[number] for number in order]
    cut = data.draw(st.integers(1, len(documents) - 1))
    parts = [made(documents[:cut]), made(documents[cut:])]
    whole = Segment.join(parts)
    same(whole, made(DOCUMENTS))
    gone = data.draw(st.sets(st.sampled_from(documents), max_size=len(documents) - 1))
    left = whole.without({one.id for one in gone})
    same(left, made([one for one in DOCUMENTS if one not in gone]))
    rest = [part for part in (p.without({one.id for one in gone}) for p in parts) if len(part.ids)]
    same(Segment.join(rest), left)


def test_without_any_document_nothing_is_left():
    empty = made(DOCUMENTS).without({one.id for one in DOCUMENTS})
    assert len(empty) == len(empty.ids) == 0
    assert all(array.size <= 1 for array in arrays(empty).values())  # bounds begin with a 0


def test_it_comes_back_from_the_disk_array_by_array(tmp_path):
    segment = made(DOCUMENTS)
    kind = segment.save(tmp_path / "one")
    assert kind == "flat"
    loaded = Segment.load(tmp_path / "one", kind)
    same(loaded, segment)
    assert loaded.document(0) == segment.document(0)
    same(Segment.join([loaded.without({d.id for d in DOCUMENTS[2:]}),
                       loaded.without({d.id for d in DOCUMENTS[:2]})]), segment)  # fmt: skip
    loaded.save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        first, second = (tmp_path / folder / name for folder in ("one", "two"))
        assert first.read_bytes() == second.read_bytes(), name


def test_a_large_segment_takes_the_store_that_suits_it_and_loses_nothing(tmp_path, monkeypatch):
    segment = made(DOCUMENTS)
    monkeypatch.setattr("index.vectors.IVF_FROM", len(segment))
    assert segment.save(tmp_path / "large") == "ivf"
    loaded = Segment.load(tmp_path / "large", "ivf")
    assert isinstance(loaded.vectors, STORES["ivf"])
    same(loaded, segment)
    assert isinstance(loaded.vectors, InvertedLists)
    small = loaded.without({DOCUMENTS[0].id})
    assert isinstance(small.vectors, Flat)
    assert small.save(tmp_path / "small") == "flat"
    same(small, made(DOCUMENTS[1:]))


def test_documents_stand_in_the_order_of_their_sources():
    segment = made(DOCUMENTS[::-1])
    sources = [segment.card(row).source for row in range(len(segment.ids))]
    assert sources == sorted(sources) == ["A.txt", "a.txt", "b/harbour.md", "c.txt", "d.txt"]
    assert segment.in_order() is segment
    owners = segment.places["document"]
    assert (np.diff(owners) >= 0).all()
    assert all((np.diff(segment.places["start"][owners == row]) > 0).all() for row in range(5))


def test_an_unreadable_segment_is_an_error_that_a_snapshot_understands(tmp_path):
    segment = made(DOCUMENTS)
    kind = segment.save(tmp_path / "one")
    for path in sorted((tmp_path / "one").iterdir()):
        whole = path.read_bytes()
        for broken in (whole[:7], b"\x93NUMPY\x09\x00" + whole[8:]):
            path.write_bytes(broken)
            with pytest.raises((ValueError, OSError, RuntimeError)):
                Segment.load(tmp_path / "one", kind)
        path.unlink()
        with pytest.raises((ValueError, OSError, RuntimeError)):
            Segment.load(tmp_path / "one", kind)
        path.write_bytes(whole)
    same(Segment.load(tmp_path / "one", kind), segment)
