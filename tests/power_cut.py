"""A power cut, simulated: what a legal file system may show after it, at any step of a change.

`PowerCut` watches `index.disk` and writes down every step below a folder. Afterwards it can set up
the folder as it may be found if the power had gone before step n. What is promised is what POSIX
promises, and no file system's habits:

- A file's content is what its last fsync left, or what any write since made of it, or something in
  the midst of one: cut short, or with zeros where data had not arrived. Bytes that nobody touched
  since the fsync are intact.
- Each change of a name (made, linked, renamed, deleted) since the last fsync of its folder happened
  or did not, whatever came before or after; a rename is one change, never half of one.
- fsync of a file says nothing of its name, fsync of a folder nothing of the content of its files.

Left out: renames across folders, which nobody here does (they fail), and disks that lie.

    with PowerCut(folder) as cut:
        change(folder)
    for step in range(len(cut) + 1):
        cut.restore(target, step)            # all that may be lost is lost
        cut.restore(target, step, seed=7)    # some of it, by chance
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from index import disk


@dataclass(eq=False)
class File:
    """Contents since the last fsync; the first is what that left."""

    versions: list[bytes]


@dataclass(eq=False)
class Folder:
    """Names as programs see them, and as the last fsync left them."""

    seen: dict[str, Node] = field(default_factory=dict)
    synced: dict[str, Node] = field(default_factory=dict)


Node = File | Folder
Change = list[tuple[Folder, str, Node | None]]
"""Of names in one folder, as one step: each gets the node, or goes (None)."""


@dataclass(frozen=True)
class Step:
    name: str
    paths: tuple[Path, ...]
    content: bytes | None = None
    """Of the file after an open, a write or a truncation."""


class PowerCut:
    """Steps below `root`, from a state in which all of it is durable."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._before = _contents(self._root)
        self._steps: list[Step] = []
        self._next: tuple[str, tuple[Path, ...], list[bool]] | None = None

    def __enter__(self) -> PowerCut:
        self._outer = disk.observe
        disk.observe = self
        return self

    def __exit__(self, *error: object) -> None:
        disk.observe = self._outer
        self._settle()

    def __call__(self, step: str, /, *paths: Path) -> None:
        """The step comes next, unless the one watching outside of this stops it."""
        self._settle()
        self._outer(step, *paths)
        inside = tuple(path.absolute() for path in paths)
        if all(path.is_relative_to(self._root) for path in inside):
            self._next = step, inside, [os.path.lexists(path) for path in inside]

    def __len__(self) -> int:
        self._settle()
        return len(self._steps)

    def restore(self, target: Path, steps: int | None = None, seed: int | None = None) -> None:
        """Sets up `target`, anew, as the folder may be found when the power went before step number
        `steps` (from 0; None: after the last). Without a seed, all is lost that may be."""
        chance = Random(f"{seed} {steps}")  # noqa: S311
        state = self._after(steps)
        if target.exists():
            shutil.rmtree(target)
        target.mkdir()
        # Extremes are likely: names without data and data without names are what goes wrong.
        names, data = (0 if seed is None else chance.choice((0, 0.5, 1)) for _ in range(2))
        _write(state.after_a_cut(names, chance), target, data, chance)

    def unseen(self) -> list[str]:
        """Files that are not as the steps have made them: changed behind the back of index.disk."""
        told, found = _flat(self._after(None).root), _contents(self._root)
        return sorted(
            str(k) for k in told.keys() | found.keys() if told.get(k, 0) != found.get(k, 0)
        )

    def _after(self, steps: int | None) -> _State:
        self._settle()
        state = _State(self._before)
        for step in self._steps[:steps]:
            state.take(step.name, [p.relative_to(self._root) for p in step.paths], step.content)
        return state

    def _settle(self) -> None:
        """Writes down the step that was announced, if it was done and not refused."""
        if self._next is None:
            return
        name, paths, there_before = self._next
        self._next = None
        last, is_there, was_there = paths[-1], os.path.lexists(paths[-1]), there_before[-1]
        content = None
        if name in ("open", "write", "truncate") and last.is_file():
            content = last.read_bytes()
        done = {
            "fsync": is_there,
            "mkdir": is_there and not was_there,
            "link": is_there and not was_there,
            "rename": is_there and there_before[0] and not os.path.lexists(paths[0]),
        }.get(name, content is not None or (was_there and not is_there))
        if not done:
            return
        self._steps.append(Step(name, paths, content))


class _State:
    """A folder as programs see it, with what of it is durable."""

    def __init__(self, contents: dict[Path, bytes | None]) -> None:
        self.root = Folder()
        self._pending: list[Change] = []
        for path, content in sorted(contents.items()):
            node: Node = Folder() if content is None else File([content])
            self._parent(path).seen[path.name] = node
            self._parent(path).synced[path.name] = node

    def take(self, name: str, paths: list[Path], content: bytes | None) -> None:
        folder, last = self._parent(paths[-1]), paths[-1].name
        if name == "fsync":
            node = self._node(paths[-1])
            if isinstance(node, File):
                node.versions = node.versions[-1:]
            else:
                self._sync(node)
        elif content is not None:
            if last not in folder.seen:
                self._change([(folder, last, File([b""]))])
            file = folder.seen[last]
            assert isinstance(file, File)
            if content != file.versions[-1]:
                file.versions.append(content)
        elif name == "mkdir":
            self._change([(folder, last, Folder())])
        elif name in ("unlink", "rmdir"):
            self._change([(folder, last, None)])
        else:
            old = self._node(paths[0])
            assert name == "link" or paths[0].parent == paths[1].parent, f"across folders: {paths}"
            gone: Change = [(folder, paths[0].name, None)]
            self._change([*(gone if name == "rename" else []), (folder, last, old)])

    def after_a_cut(self, odds: float, chance: Random) -> Folder:
        """The folder with what is durable, and each other change of names at these odds."""
        for change in self._pending:
            if chance.random() < odds:
                _apply(change)
        return self.root

    def _sync(self, folder: Folder) -> None:
        for change in [c for c in self._pending if c[0][0] is folder]:
            _apply(change)
            self._pending.remove(change)

    def _change(self, change: Change) -> None:
        for folder, name, node in change:
            folder.seen.pop(name, None)
            if node is not None:
                folder.seen[name] = node
        self._pending.append(change)

    def _parent(self, path: Path) -> Folder:
        node = self._node(path.parent)
        assert isinstance(node, Folder)
        return node

    def _node(self, path: Path) -> Node:
        node: Node = self.root
        for name in path.parts:
            assert isinstance(node, Folder)
            assert name in node.seen, f"{path}: changed behind the back of index.disk"
            node = node.seen[name]
        return node


def _apply(change: Change) -> None:
    for folder, name, node in change:
        folder.synced.pop(name, None)
        if node is not None:
            folder.synced[name] = node


def _write(folder: Folder, target: Path, odds: float, chance: Random) -> None:
    for name, node in folder.synced.items():
        if isinstance(node, Folder):
            (target / name).mkdir()
            _write(node, target / name, odds, chance)
        else:
            arrived = chance.random() < odds
            (target / name).write_bytes(_torn(node, chance) if arrived else node.versions[0])


def _torn(file: File, chance: Random) -> bytes:
    """The file after one of the writes since its fsync, or in the midst of one."""
    version = chance.choice(file.versions)
    intact = len(os.path.commonprefix(file.versions))  # noqa: RUF071 - of bytes
    here, there = sorted(chance.randint(min(intact, len(version)), len(version)) for _ in range(2))
    zeros = version[:here] + bytes(there - here) + version[there:]
    return chance.choice((version, version, version[:here], zeros))


def _flat(folder: Folder, inside: Path = Path()) -> dict[Path, bytes | None]:
    """What programs see, by path; folders are None."""
    found: dict[Path, bytes | None] = {}
    for name, node in folder.seen.items():
        found[inside / name] = node.versions[-1] if isinstance(node, File) else None
        if isinstance(node, Folder):
            found |= _flat(node, inside / name)
    return found


def _contents(root: Path) -> dict[Path, bytes | None]:
    return {
        path.relative_to(root): None if path.is_dir() else path.read_bytes()
        for path in root.rglob("*")
    }
