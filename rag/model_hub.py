"""GGUF files of a model hub, through `huggingface_hub` and so by the user's own settings of it.

The hub's SHA-256 of the file, asked for before, is what the file must have after.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from index.errors import InputError
from rag.models import PullFailed

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

_SPEC = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)/(?P<file>(?!.*\.\.)\S+\.gguf)", re.IGNORECASE)
_PIECE = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
"""How llama.cpp names the pieces of a model that was cut up."""
_COMMIT_SHOWN = 10  # characters, as git does

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class HubModel:
    """A file of a hub's repository at one commit; `size` in bytes."""

    name: str
    repository: str
    file: str
    commit: str
    size: int
    sha256: str
    licence: str

    @property
    def title(self) -> str:
        """The file, as the hub names it."""
        return f"{self.repository}/{self.file}"

    @property
    def origin(self) -> str:
        """The file and the commit it was taken from."""
        return f"hub:{self.title} at {self.commit[:_COMMIT_SHOWN]}"


def find_on_hub(spec: str, name: str | None = None) -> HubModel:
    """Asks the hub about OWNER/REPO/FILE.gguf; nothing of the file is fetched.

    The model is called `name`, or what its file is called. Raises `InputError` for what is not
    there or cannot be checked, `PullFailed` if the hub does not answer.
    """
    found = _SPEC.fullmatch(spec)
    if not found:
        raise InputError(
            f"hub:{spec}: not a GGUF file of a hub", "write hub:OWNER/REPOSITORY/FILE.gguf"
        )
    if _PIECE.search(spec):
        raise InputError(f"hub:{spec}: one piece of several", "name a model of one file")
    repository, file = found["repository"], found["file"]
    _quiet()
    from huggingface_hub import model_info

    info = _asked(repository, lambda: model_info(repository, files_metadata=True))
    entry = next((item for item in info.siblings or () if item.rfilename == file), None)
    if entry is None:
        there = [i.rfilename for i in info.siblings or () if i.rfilename.lower().endswith(".gguf")]
        raise InputError(
            f"{repository} has no file {file}", f"these are there: {', '.join(there) or 'none'}"
        )
    if entry.lfs is None or entry.size is None or info.sha is None:
        raise InputError(
            f"hub:{spec}: the hub tells no SHA-256 of it, so it could not be checked",
            "take another file, or download it yourself and use gguf:PATH",
        )
    return HubModel(
        name or Path(file).stem,
        repository,
        file,
        info.sha,
        entry.size,
        entry.lfs.sha256,
        _licence(info),
    )


def fetch(model: HubModel, partial: Path) -> Path:
    """Downloads the file below `partial`, going on where an earlier attempt was cut short.

    `hf_hub_download` begins anew after a killed process (since 2.4); the function it is made of
    does not. A server that ignores the wish to go on in the middle is noticed by it.
    """
    _quiet()
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    path = partial / f"hub-{model.sha256[:16]}"  # another file of that name begins anew
    path.touch()
    url = hf_hub_url(model.repository, model.file, revision=model.commit)
    with path.open("r+b") as out:
        there = out.seek(0, os.SEEK_END)
        if there > model.size:
            there = out.seek(0)
            out.truncate()
        headers = build_hf_headers() | {"Accept-Encoding": "identity"}  # a place in the very file
        _asked(
            model.repository,
            lambda: http_get(
                url, out, resume_size=there, headers=headers, expected_size=model.size
            ),
        )
    return path


def _asked(repository: str, call: Callable[[], Result]) -> Result:
    """The result of a call of the library, its errors as ours.

    Those are of many classes, from three HTTP libraries over its versions, with no common base.
    """
    try:
        return call()
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise PullFailed(
            f"the hub did not give {repository}: {type(error).__name__}: {said.rstrip('.')}",
            "see that the name is right and the hub in reach (a gated model wants its terms"
            " accepted there, and HF_TOKEN), then pull again; what has come is kept",
        ) from error


def _quiet() -> None:
    """The library reads these when it is imported: no usage data, and one progress bar, ours."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"


def _licence(info: ModelInfo) -> str:
    """The licence the model's card states; many cards name their own terms."""
    card = info.card_data
    named = getattr(card, "license_name", None) or getattr(card, "license", None)
    if isinstance(named, list):
        named = ", ".join(map(str, named))
    return str(named) if named else "not stated"
