"""The README is run: its console sample gives what it says, and its tables list what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from index.config import Config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_console_sample_gives_what_the_readme_says(tmp_path: Path) -> None:
    """Every command of the sample, in order, in a fresh folder, with the packaged model."""
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    command = tmp_path / "bin" / "onrecord"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom ui.cli import main\nmain()\n")
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)
    assert len(steps) >= 4
    for line, expected in steps:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
            check=False,
        )
        assert done.stdout.strip() == expected.strip(), (line, done.stderr)


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", README, re.MULTILINE))
    defaults = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in Config().model_dump().items()
    }
    assert {key: value.strip('`"') for key, value in rows.items()} == defaults


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("seeds/*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_figure_was_left_to_be_filled_in() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("seeds/*.md")]:
        text = page.read_text(encoding="utf-8").replace("$ONRECORD_MODELS", "")
        left = re.findall(r"\b(?:[A-Z]+_[A-Z]+|TODO|TBD|XXX)\b", text)
        assert not left, page.name
