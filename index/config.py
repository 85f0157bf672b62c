"""One flat, strict configuration. A key that does not exist is an error that names file and key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import InputError

INDEX_KEYS = ("encoder", "passage_tokens", "language")
"""Keys that shape the index itself: changing one needs `onrecord rebuild`."""


class Config(BaseModel):
    """All settings of OnRecord; every figure's origin is in docs/RETRIEVAL.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    # index
    encoder: Literal["minilm", "hashing"] = "minilm"
    passage_tokens: int = Field(200, ge=16, le=2000, description="tiktoken budget of a passage")
    language: str = Field("en", description="language of documents that do not name theirs")
    max_file_bytes: int = Field(64 * 2**20, ge=1)
    keep_originals: bool = Field(True, description="keep the files themselves in the index")
    ocr: str = Field("", description="languages of Tesseract for pages that are pictures: eng+spa")
    reader_seconds: float = Field(60.0, gt=0, description="time for a file, or a page read by OCR")
    reader_megabytes: int = Field(1024, ge=256, description="memory of a process that reads files")

    # retrieval
    candidates: int = Field(50, ge=1, le=1000, description="taken from each of the two searches")
    dense_weight: float = Field(0.6, ge=0, le=1, description="share of dense in the fused score")
    rerank: Literal["windows", "passages", "none"] = Field(
        "windows", description="late interaction over windows of whole sentences, or over passages"
    )
    hit_chars: int = Field(1000, ge=100, le=10_000, description="longest window, in characters")
    cross_encoder: str | None = Field(
        None, description="folder or hub name of a sentence-transformers CrossEncoder"
    )
    cross_encoder_depth: int = Field(20, ge=1, le=1000, description="hits that it reads at least")
    hits: int = Field(8, ge=1, le=1000, description="hits kept and read for the answer")

    # machine
    device: Literal["auto", "cpu", "cuda"] = "auto"

    # answer
    composer: str = "extractive"
    strictness: float = Field(
        0.4, ge=0, le=1, description="least support of an answer: 0 answers all, 1 hardly any"
    )
    model: str | None = Field(None, description="chat model that composes or judges answers")
    base_url: str | None = Field(None, description="server of an openai: model")
    model_role: Literal["auto", "judge", "write"] = Field(
        "auto", description="what the model does: judge sentences, or write claims"
    )
    model_seconds: float = Field(60.0, gt=0, description="time given to a model for one answer")
    nli: str | None = Field(None, description="folder or hub name of a CrossEncoder for entailment")
    max_question_chars: int = Field(2000, ge=1)


def load_config(path: Path) -> Config:
    """Reads a TOML file. Unknown keys, wrong types and bad TOML name the file and the key."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: cannot read the configuration ({error.strerror})",
            "name an existing file with --config",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML ({error})", "mend the line it names") from error
    return parse_config(data, str(path))


def parse_config(data: dict[str, Any], where: str) -> Config:
    """Checks a mapping against `Config`; `where` is named in the error."""
    try:
        return Config(**data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "?"
        known = ", ".join(Config.model_fields)
        if first["type"] == "extra_forbidden":
            raise InputError(f"{where}: unknown key {key!r}", f"known keys: {known}") from error
        raise InputError(
            f"{where}: key {key!r}: {first['msg'].lower()} (got {first['input']!r})",
            "mend that value",
        ) from error
