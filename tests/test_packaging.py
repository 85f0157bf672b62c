"""What is shipped: the wheel in an environment of its own, and the pins it is tested with."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("index", "rag", "eval", "ui")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"]
DEPENDENCIES: list[str] = [
    *PROJECT["project"]["dependencies"],
    *(text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra),
]
"""All that the packages may import, what is optional included."""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command outside the work tree, without its folders on Python's path."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built without build isolation, so without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index")
    run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a clean environment that holds the wheel.

    The dependencies come from the running environment by a path file. The editable install there
    works by a path file too, and Python does not follow one from within another, so the four
    packages can come from the wheel only.
    """
    home = tmp_path_factory.mktemp("clean") / "env"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / Path(sys.executable).name
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=home)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home)
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(site.stdout.strip(), "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n")
    return scripts


def test_wheel_holds_the_four_packages_with_their_data_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    info = f"onrecord-{_version()}.dist-info"
    assert {name.split("/")[0] for name in names} == {*PACKAGES, info}
    assert f"{info}/licenses/LICENSE" in names
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert on_disk == {name for name in names if not name.startswith(info)}
    assert {"eval/gates.toml", "index/codebooks/minilm.npz"} <= names
    assert any(re.fullmatch(r"ui/.+\.css", name) for name in names), "the page has no style"


def test_wheel_is_what_runs_in_a_clean_environment(installed: Path) -> None:
    code = (
        "import importlib, json; "
        f"print(json.dumps({{n: importlib.import_module(n).__file__ for n in {PACKAGES!r}}}))"
    )
    python = installed / Path(sys.executable).name
    files = json.loads(run(python, "-c", code, cwd=installed).stdout)
    for name, file in files.items():
        assert Path(file).is_relative_to(installed.parent), f"{name} comes from {file}"


def test_command_of_the_wheel_runs(installed: Path) -> None:
    command = installed / "onrecord"
    assert _version() in run(command, "--version", cwd=installed).stdout
    text = run(command, "--help", cwd=installed).stdout
    for name in ("add", "ask", "serve", "eval", "check"):
        assert re.search(rf"\b{name}\b", text), f"--help does not name {name}"


def test_command_of_the_wheel_answers_from_a_document(installed: Path, tmp_path: Path) -> None:
    text = "The commission met in Geneva in 1947.\n\nIt heard nineteen witnesses on the treaty.\n"
    tmp_path.joinpath("minutes.txt").write_text(text, encoding="utf-8")
    tmp_path.joinpath("onrecord.toml").write_text('encoder = "hashing"\n', encoding="utf-8")
    command = installed / "onrecord"
    run(command, "add", "minutes.txt", cwd=tmp_path)
    question = "Where did the commission meet in 1947?"
    answer = json.loads(run(command, "ask", question, "--json", cwd=tmp_path).stdout)
    assert answer["hits"], "the document was not found"
    for hit in answer["hits"]:
        assert text[hit["start"] : hit["end"]] == hit["text"]


def test_constraints_pin_exact_versions_only() -> None:
    for requirement in _constraints():
        assert re.fullmatch(r"==[0-9][0-9.]*", str(requirement.specifier)), str(requirement)
        assert requirement.url is None
    assert "onrecord" not in _pins()


@pytest.mark.parametrize("group", ["dependencies", *GROUPS])
def test_each_dependency_is_pinned_inside_its_range(group: str) -> None:
    wanted = DEPENDENCIES if group == "dependencies" else GROUPS[group]
    for requirement in map(Requirement, wanted):
        pin = _pins().get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt does not pin {requirement}; run make constraints"
        assert requirement.specifier.contains(pin), f"constraints.txt pins {pin}, not {requirement}"


def test_all_that_the_dependencies_need_is_pinned() -> None:
    """Whatever is reached from pyproject.toml on this machine; other builds of torch pin their own.

    An unpinned one lets a release of somebody else turn the build red, or change an answer.
    """
    reached: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in DEPENDENCIES + GROUPS["test"]]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in reached or re.match(r"(nvidia|cuda|triton)\b", name):
                continue
            reached.add((name, extra))
            needed = map(Requirement, metadata.requires(name) or ())
            waiting += [n for n in needed if not n.marker or n.marker.evaluate({"extra": extra})]
    assert len(reached) > len(DEPENDENCIES)
    assert {name for name, _ in reached} - set(_pins()) == set()


def test_what_the_packages_import_is_a_declared_dependency() -> None:
    """A module that is there only because another package needs it can vanish with that package."""
    declared = {canonicalize_name(Requirement(text).name) for text in DEPENDENCIES}
    known = metadata.packages_distributions()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for name in _imports(path) - {*PACKAGES, *sys.stdlib_module_names}:
                owners = {canonicalize_name(owner) for owner in known.get(name, ())}
                assert owners & declared, f"{path.relative_to(ROOT)} imports {name}: {owners}"


def test_pre_commit_runs_what_make_check_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ncheck:")[1].split("\n\n")[0]
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()[1:]]
    assert re.findall(r"entry: (.+)", hooks) == commands


def _version() -> str:
    text = (ROOT / "index" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(.+)"', text)
    assert found
    return found.group(1)


def _imports(path: Path) -> set[str]:
    """Top-level names of the absolute imports anywhere in a module."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom) and not n.level}
    return {name.split(".")[0] for name in plain | froms}


def _constraints() -> list[Requirement]:
    """Rows of constraints.txt that hold for this Python."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    rows = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [row for row in rows if not row.marker or row.marker.evaluate()]


def _pins() -> dict[str, Version]:
    return {
        canonicalize_name(row.name): Version(next(iter(row.specifier)).version)
        for row in _constraints()
    }
