"""`docs/METRICS.md` has an entry for every measure, complete and with the right direction."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from town import Town, build_town

from eval.metrics import LOWER_IS_BETTER, MEASURES
from eval.ranking import retrieval

PAGE = (Path(__file__).parent.parent / "docs" / "METRICS.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### `([^`]+)`\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name under which a run holds a number."""
    town: Town = build_town(tmp_path_factory.mktemp("town"))
    found = set(retrieval([town.case(town.good[0])])["arnwick-mill"])
    return found | set(MEASURES) | set(town.run(town.good).measures)


def test_every_measure_has_its_entry(names: set[str]) -> None:
    general = {re.sub(r"^(success|recall)@\d+$", r"\1@k", n.removeprefix("doc_")) for n in names}
    asked = {name.partition(".")[0] for name in general} | {"interval", "p"}
    assert asked == set(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_complete(name: str) -> None:
    wanted = {"Formula", "Source", "Example", "Cannot see"}
    wanted |= {"Range"} if name != "interval" else set()
    assert set(re.findall(r"^- ([\w ]+): ", ENTRIES[name], re.MULTILINE)) == wanted
    assert ENTRIES[name].strip()[0].isupper() or ENTRIES[name].strip()[0].isdigit()


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in ("interval", "p")])
def test_an_entry_tells_the_better_direction(name: str) -> None:
    better = "lower" if name in LOWER_IS_BETTER else "higher"
    assert f"{better} is better" in ENTRIES[name]
