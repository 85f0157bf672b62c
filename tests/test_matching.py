"""Which words of a passage are shown as those it was found by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.encoder import HashingEncoder
from rag.late_interaction import LateInteraction
from rag.matching import NEAR, matched_words, merged, near_words, telling


def shown(text, spans) -> list[str]:
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "question", "languages", "expected"),
    [
        ("The bells rang; a BELL fell.", "Who rang the bell?", ("en",), ["bells", "rang", "BELL"]),
        ("The pilot’s guild did not.", "What did the pilots' guild do?", ("en",),
         ["pilot’s", "guild"]),
        ("las canciones", "la canción de los", ("es",), ["canciones"]),
        ("las canciones", "la canción de los", ("en",), []),
        ("The night, las noches", "the noche", ("es", "en-GB"), ["noches"]),
        ("The quinces", "quince", ("xx",), []),
        ("Who was it?", "who was it?", ("en",), []),
        ("ice", "ice", (), []),
    ],
)  # fmt: skip
def test_words_of_the_same_stem_are_shown_and_no_stop_words(text, question, languages, expected):
    assert shown(text, matched_words(text, question, languages)) == expected


@given(st.text("ab the'’_-é.", max_size=40), st.text("ab the's", max_size=20))
def test_matched_words_are_apart_and_inside_the_text(text, question):
    spans = matched_words(text, question, ("en",))
    flat = [offset for span in spans for offset in span]
    assert flat == sorted(flat)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert merged(spans, matched_words(text, text, ("en",))) == matched_words(text, text, ("en",))


QUESTION, TEXT = "Did the boy die?", "His son, unhurt, was seen."
STARTS = np.array([0, 4, 7, 9, 11, 15, 17, 21, 25])  # "unhurt" is two pieces; "," and "." too


def similarities(**cosines: float) -> np.ndarray:
    """[q, t] with one cosine for each piece of the question, named as `piece_place`."""
    result = np.zeros((5, len(STARTS)), np.float32)
    for name, cosine in cosines.items():
        piece, _, place = name.partition("_")
        result[["did", "the", "boy", "die", "mark"].index(piece), int(place)] = cosine
    return result


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [
        ({"boy_1": NEAR}, ["son"]),
        ({"boy_1": NEAR - 0.01}, []),
        ({"boy_1": 0.6, "boy_7": 0.5}, ["son"]),
        ({"boy_1": 0.6, "die_4": 0.5}, ["son", "unhurt"]),
        ({"boy_4": 0.5, "die_3": 0.5}, ["unhurt"]),
        ({"did_7": 0.9, "the_1": 0.9, "mark_1": 0.9}, []),
        ({"boy_2": 0.9, "die_6": 0.9}, []),
    ],
)
def test_the_word_nearest_to_a_telling_piece_is_shown_whole(cosines, expected):
    weights = np.full(5, 0.2, np.float32)
    asked = telling(QUESTION, ("en",), np.array([0, 4, 8, 12, 15]), weights)
    assert asked.tolist() == [False, False, True, True, False]
    assert (
        shown(TEXT, near_words(TEXT, ("en",), similarities(**cosines), STARTS, asked)) == expected
    )


def test_a_common_piece_tells_nothing():
    weights = np.array([0.1, 0.9], np.float32)
    assert telling("bell ice", ("en",), np.array([0, 5]), weights).tolist() == [False, True]


@given(st.data(), st.text("ab the.é", min_size=1, max_size=30), st.integers(0, 4))
def test_near_words_are_words_of_the_text(data, text, pieces):
    starts = np.sort(data.draw(arrays(np.int32, (5,), elements=st.integers(0, len(text) - 1))))
    cosines = data.draw(arrays(np.float32, (pieces, 5), elements=st.floats(-1, 1, width=32)))
    found = near_words(text, ("en",), cosines, starts, np.ones(pieces, np.bool_))
    assert set(found) <= set(matched_words(text, text, ("en",)))
    assert found == sorted(set(found))


def test_the_arrays_are_those_of_an_index(make_index):
    text, question = "The old bell fell. Ice, ice!", "Is the bell ice?"
    snapshot = make_index({"a.txt": text}).open()
    late = LateInteraction(snapshot)
    asked = late.projected(HashingEncoder().encode_query(question))
    pieces = telling(question, ("en",), asked.offsets[:, 0], late.weights(asked))
    tokens = snapshot.segments[0].tokens
    cosines = snapshot.codec.similarities(asked.tokens, tokens.codes)
    near = near_words(text, ("en",), cosines, tokens.starts.astype(np.int32), pieces)
    assert shown(text, near) == ["bell", "Ice"]
    both = merged(near, matched_words(text, question, ("en",)))
    assert shown(text, both) == ["bell", "Ice", "ice"]
