"""`onrecord eval load`: what the page bears."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from index.errors import InputError
from ui.options import ConfigOption, progress_bar, say, settings_from


def eval_load(
    bench: Annotated[
        Path, typer.Option("--bench", metavar="DIR", help="squad2_articles.json and others.")
    ] = Path("../shared/bench"),
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="For load.json and load.md.")
    ] = Path("build/bench/load"),
    passages: Annotated[
        int, typer.Option("--passages", metavar="N", min=1000, help="Of the index.")
    ] = 10_000,
    users: Annotated[
        str, typer.Option("--users", metavar="N,N", help="Readers at once, with commas between.")
    ] = "1,10,50",
    questions: Annotated[
        int, typer.Option("--questions", metavar="N", min=1, help="Of each reader.")
    ] = 4,
    config: ConfigOption = None,
) -> None:
    """Measures the page with 1, 10 and 50 readers at once: times, errors, memory.

    The corpus is made up of the sentences of public benchmarks. Takes some five minutes.
    """
    from eval.load import Plan, measure

    levels = [level.strip() for level in users.split(",")]
    if not all(level.isdecimal() and int(level) for level in levels):
        raise InputError(f"--users {users}: not numbers of readers", "for example: --users 1,10,50")
    plan = Plan(bench, out / "work", passages, users=tuple(map(int, levels)), questions=questions)
    with progress_bar("encoding") as progress:
        for line in measure(plan, out, settings_from(config), progress):
            say(line)
    say((out / "load.md").read_text(encoding="utf-8"))
