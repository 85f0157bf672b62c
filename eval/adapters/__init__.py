"""Public benchmarks as documents and gold questions: a function each, and a line in `ADAPTERS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .beir import beir
from .common import Benchmark, sample, write
from .multihop_rag import multihop_rag
from .pubmedqa import pubmedqa
from .squad import squad2, xquad

__all__ = ["ADAPTERS", "Adapter", "Benchmark", "sample", "write"]

Adapter = Callable[[Sequence[Path]], Benchmark]
"""The files of a benchmark, as published, in the order its docstring names."""

ADAPTERS: dict[str, Adapter] = {
    "squad2": squad2,
    "xquad": xquad,
    "pubmedqa": pubmedqa,
    "beir": beir,
    "multihop-rag": multihop_rag,
}
