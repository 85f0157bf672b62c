"""The rooms of the house: imports go index <- rag <- eval <- ui, and heavy ones come late."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ["index", "rag", "eval", "ui"]
FILES = [
    pytest.param(path, id=path.relative_to(ROOT).as_posix())
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
]
HEAVY = [
    "torch",
    "sentence_transformers",
    "transformers",
    "faiss",
    "gradio",
    "langchain_core",
    "langchain",
]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(first name of the imported module, whether by `import x`), also inside functions."""
    room = path.relative_to(ROOT).parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], True) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (room if node.level else str(node.module).split(".")[0]), False


def test_there_are_files_to_look_at():
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES)
def test_a_room_imports_only_from_the_rooms_below_it(path):
    room = path.relative_to(ROOT).parts[0]
    above = {*ROOMS[ROOMS.index(room) + 1 :], "seeds", "tests", "conftest"}
    names = list(imports(path))
    assert [name for name, _ in names if name in above] == []
    # `import eval` would hide the builtin; `import index.store` binds a bare `index`.
    assert [name for name, plain in names if plain and name in ROOMS] == []


@pytest.mark.parametrize("path", [p for p in FILES if not p.id.startswith("ui/")])
def test_nothing_below_the_ui_prints_or_runs_text(path):
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert (
        called & {"print", "input", "eval", "exec", "compile", "__import__", "breakpoint"} == set()
    )


@pytest.mark.parametrize("module", ["index.store", "index.indexing", "rag.assistant"])
def test_importing_a_room_does_not_import_what_is_heavy(module):
    code = f"import sys, {module}; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
