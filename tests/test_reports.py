"""Reports of a run: all there, nothing flattered, nothing loaded, nothing run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ir_measures
import pytest
from playwright.sync_api import expect, sync_playwright

from eval.answers import GivenAnswer
from eval.corpus import Corpus
from eval.report_files import markdown, trec_id
from eval.report_html import words
from eval.report_questions import Piece, pieces
from eval.reports import write_reports
from eval.runs import Gold, Run, open_gold, score
from index.documents import Document
from index.errors import InputError
from index.store import IndexFolder

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
HOSTILE = "</p></details><script>document.title='broken'</script><img src=http://evil.example/x>"
ICE = "The ice was 41 centimetres thick on\nthe second morning."
TREES = "Its keeper counted 218 trees last autumn, nine fewer than in the year before."
FILES = ["report.html", "summary.md", "junit.xml", "passage.qrels.trec", "passage.run.trec",
         "document.qrels.trec", "document.run.trec"]  # fmt: skip


def question(id_: str, kind: str, asked: str, **rest: Any) -> dict[str, Any]:
    empty = {"documents": [], "quotes": [], "must": [], "must_not": []}
    row = {"id": id_, "question": asked, "lang": "en", "kind": kind, **empty, "needs_all": False}
    return row | rest


QUESTIONS = [
    question("ice 1", "number", "How thick was the ice?", documents=["harbour.md"],
             quotes=["41 centimetres thick"], must=[r"\b41\b"], must_not=["thin"]),
    question("trees", "number", "How many trees | stand there?", documents=["orchard.txt"],
             quotes=["218 trees"], must=["218", "autumn"]),
    question("list", "list", "Which boats and bells?", documents=["harbour.md"],
             quotes=["Forty-two boats", "3,500 crowns"], must=["boats", "crowns"]),
    question("faro", "when", "¿Cuándo se apagó?", documents=["faro.txt"], lang="es",
             quotes=["tres noches seguidas"]),
    question("moon", "out-of-domain", HOSTILE),
    question("mayor", "unanswerable", "Who is the mayor?"),
    question("gone", "fact", "?", documents=["missing.md"], quotes=["x"], must=["x"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def corpus(library: IndexFolder) -> Corpus:
    return Corpus(library.open().documents.values())


@pytest.fixture(scope="module")
def gold_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gold") / "coast.jsonl"
    path.write_text("\n".join(map(json.dumps, QUESTIONS)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def gold(gold_file: Path, corpus: Corpus) -> Gold:
    return open_gold(gold_file, corpus)


def span(document: Document, quote: str) -> dict[str, Any]:
    start = document.text.index(quote)
    place = {"start": start, "end": start + len(quote)}
    return {"document": document.id, "source": document.source, **place}


def answer(corpus: Corpus, id_: str, name: str, quote: str, hits: list[str]) -> GivenAnswer:
    document = corpus.named(name)
    assert document
    cited = {"number": 1, "quote": quote, "speaker": document.speaker, **span(document, quote)}
    return GivenAnswer.model_validate(
        {
            "id": id_,
            "text": f"{quote} [1]",
            "claims": [{"text": quote, "citations": [1]}],
            "citations": [cited],
            "hits": [
                {"rank": rank, "text": text, "score": 1 / rank, **span(document, text)}
                for rank, text in enumerate(hits, 1)
            ],
            "confidence": 0.5,
            "seconds": {"retrieve": 0.25, "compose": 0.5},
        }
    )


def silence(id_: str) -> GivenAnswer:
    return GivenAnswer(id=id_, text="The documents do not say.", abstained=True)


def answers(corpus: Corpus) -> dict[str, GivenAnswer]:
    """Right: ice, moon. Wrong: trees (half), list (hostile text), mayor. Failed: faro."""
    harbour = corpus.named("harbour.md")
    assert harbour
    ice = answer(corpus, "ice 1", "harbour.md", ICE, ["Forty-two boats lay fast", f"{ICE} Forty"])
    trees = answer(corpus, "trees", "orchard.txt", "218 trees last", [TREES, "A blight took"])
    wicked = f"{HOSTILE} \x0b\x00\u202e &amp; boats"
    cited = {"number": 1, "quote": wicked, "speaker": HOSTILE, "source": "harbour.md"}
    hostile = GivenAnswer.model_validate(
        {
            "id": "list",
            "text": wicked,
            "citations": [cited | {"start": 0, "end": 9, "title": HOSTILE, "page": "<b>1</b>"}],
            "hits": [{"rank": 1, "text": wicked, "source": HOSTILE}],
        }
    )
    mayor = GivenAnswer(id="mayor", text="Nobody knows.", seconds={"retrieve": 0.1})
    given = [ice, trees, hostile, silence("moon"), mayor]
    return {item.id: item for item in given}


def made(
    gold: Gold, given: Mapping[str, GivenAnswer], corpus: Corpus, system: str = "onrecord"
) -> Run:
    about = {"index": {"encoder": "hashing", "note": HOSTILE}}
    return score(gold, given, corpus, system=system, about=about)


@pytest.fixture(scope="module")
def run(gold: Gold, corpus: Corpus) -> Run:
    return made(gold, answers(corpus), corpus)


@pytest.fixture(scope="module")
def peer(gold: Gold, corpus: Corpus) -> Run:
    """It lost the ice and the moon, and won the mayor."""
    given = answers(corpus) | {"mayor": silence("mayor")}
    del given["ice 1"], given["moon"]
    return made(gold, given, corpus, f"peer {HOSTILE}")


@pytest.fixture(scope="module")
def folder(
    run: Run, peer: Run, gold: Gold, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    where = tmp_path_factory.mktemp("reports") / "new"
    assert write_reports([run, peer], gold, corpus, where) == [where / name for name in FILES]
    return where


class Page(HTMLParser):
    """Every element with its attributes, and the text of each mark and of the whole."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[str] = []
        self.text = ""
        self._in_mark = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "mark":
            self._in_mark = True
            self.marks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_mark:
            self.marks[-1] += data

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.elements if (value := attrs.get(attribute)) is not None]


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text("utf-8"))


def test_the_same_runs_give_the_same_bytes(
    folder: Path, run: Run, peer: Run, gold: Gold, corpus: Corpus, tmp_path: Path
) -> None:
    write_reports([run, peer], gold, corpus, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_the_page_loads_and_runs_nothing(page: Page, folder: Path) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "base", "video", "audio"}
    assert page.values("src") == page.values("action") == page.values("style") == []
    assert {href for href in page.values("href") if not href.startswith("#")} == {"data:,"}
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    style = re.findall(r"<style>(.*?)</style>", (folder / "report.html").read_text("utf-8"), re.S)
    assert len(style) == 1
    assert not re.search(r"url\(|@import|http", style[0])
    policy = [a["content"] for tag, a in page.elements if "http-equiv" in a and tag == "meta"]
    assert policy[0]
    assert "default-src 'none'" in policy[0]
    assert "script-src" not in policy[0]


def test_hostile_text_is_shown_as_it_is(page: Page) -> None:
    """From a question, an answer, a quote, a speaker, a source, a system's name, its settings."""
    assert page.text.count(HOSTILE) >= 9
    assert "\0" not in page.text
    assert "b" not in {tag for tag, attrs in page.elements if attrs.get("class") == "text"}
    assert [a for tag, a in page.elements if tag == "bdi" and a.get("class") == "control"]


def test_ids_are_unique_and_links_lead_to_them(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.values("href") if href[0] == "#"} <= set(ids)


def test_every_question_is_there_with_its_outcome(page: Page) -> None:
    classes = [(a["class"] or "").split() for tag, a in page.elements if a.get("class") != "about"
               and tag == "details"]  # fmt: skip
    assert classes == [
        ["q", "k0", "right", "answered", "won0"],
        ["q", "k0", "wrong", "answered"],
        ["q", "k1", "wrong", "answered"],
        ["q", "k2", "wrong", "failed"],
        ["q", "k3", "right", "abstained", "won0"],
        ["q", "k4", "wrong", "answered", "lost0"],
    ]
    for row in QUESTIONS[:-1]:
        assert row["question"] in page.text
    assert "1 questions were not run" in page.text
    assert "First: gone" in page.text


def test_quotes_are_marked_where_they_stand(page: Page) -> None:
    """The ice: gold within the cited words, in the citation and again in the hit that holds it."""
    cut = ICE.index("41 centimetres thick")
    parts = [ICE[:cut], "41 centimetres thick", ICE[cut + len("41 centimetres thick") :]]
    shown = [mark for mark in page.marks if mark in parts]
    assert shown == parts * 2
    kinds = [attrs["class"] for tag, attrs in page.elements if tag == "mark"]
    at = page.marks.index(parts[0])
    assert kinds[at : at + 3] == ["cited", "cited gold", "cited"]
    assert "these words do not stand there" in page.text


def test_what_is_missing_is_named(page: Page) -> None:
    assert "expected the answer to match /autumn/" in page.text
    assert "answered; expected an abstention (unanswerable)" in page.text
    assert "no answer was given" in page.text


@pytest.mark.parametrize(
    ("cited", "gold", "expected"),
    [
        ([], [], [("abcdef", False, False)]),
        ([(1, 3)], [], [("a", False, False), ("bc", True, False), ("def", False, False)]),
        ([(0, 4)], [(2, 9)], [("ab", True, False), ("cd", True, True), ("ef", False, True)]),
        ([(-5, 1)], [(7, 9)], [("a", True, False), ("bcdef", False, False)]),
        ([(-9, -2), (3, 3)], [(6, 6)], [("abcdef", False, False)]),
    ],
)
def test_marks_cut_a_text_and_lose_nothing(
    cited: list[tuple[int, int]], gold: list[tuple[int, int]], expected: list[Any]
) -> None:
    found = pieces("abcdef", cited, gold)
    assert "".join(piece.text for piece in found) == "abcdef"
    kept = [piece for piece in found if piece.cited or piece.gold] or list(found)
    assert kept == [Piece(*e) for e in expected if e[1] or e[2]] or found == (Piece(*expected[0]),)


def test_escaped_words_are_the_words() -> None:
    text = "a\r\n<b>&amp;\u202e \u2066'\"{{ 7 * 7 }}"
    assert Page(f"<p>{words(text)}</p>").text == text


def test_junit_counts_what_failed(folder: Path) -> None:
    root = ElementTree.parse(folder / "junit.xml").getroot()  # noqa: S314  our own file
    suite = root.find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "3", "errors": "1", "skipped": "1"}
    counts.pop("skipped")  # the schema has it for a suite only
    assert {name: root.get(name) for name in counts} == counts
    cases = {str(case.get("name")): case for case in suite.iter("testcase")}
    assert len(cases) == 7
    ice = cases["ice 1: How thick was the ice?"]
    assert (ice.get("classname"), ice.get("time"), len(ice)) == ("coast.number", "0.7500", 0)
    told = {
        name.partition(":")[0]: (str(child.tag), str(child.get("message")))
        for name, case in cases.items()
        for child in case
    }
    assert told["trees"] == ("failure", "expected the answer to match /autumn/")
    assert told["faro"] == ("error", "no answer was given")
    assert told["mayor"] == ("failure", "answered; expected an abstention (unanswerable)")
    assert told["gone"][0] == "skipped"
    assert told["list"] == ("failure", "expected the answer to match /crowns/")
    assert f"moon: {HOSTILE}" in cases


def test_junit_has_what_the_schema_of_jenkins_knows(folder: Path) -> None:
    """Elements and attributes of junit-10.xsd (Jenkins xUnit plugin), its pattern of a time too."""
    known = {
        "testsuites": {"name", "time", "tests", "failures", "errors"},
        "testsuite": {"name", "time", "tests", "failures", "errors", "skipped"},
        "testcase": {"name", "time", "classname"},
        "failure": {"type", "message"},
        "error": {"type", "message"},
        "skipped": {"message"},
    }
    for element in ElementTree.parse(folder / "junit.xml").iter():  # noqa: S314  our own file
        assert set(element.keys()) == known[element.tag], element.tag
        assert re.fullmatch(r"\d+(\.\d+)?", element.get("time", "0"))


def test_trec_files_give_the_means_of_the_run(folder: Path, run: Run) -> None:
    named = {"success": ir_measures.Success, "recall": ir_measures.R, "mrr": ir_measures.RR,
             "ndcg": ir_measures.nDCG}  # fmt: skip
    checked = 0
    for level, prefix in (("passage", ""), ("document", "doc_")):
        qrels = list(ir_measures.read_trec_qrels(str(folder / f"{level}.qrels.trec")))
        ranking = list(ir_measures.read_trec_run(str(folder / f"{level}.run.trec")))
        for name, mean in run.measures.items():
            bare, _, depth = name.removeprefix(prefix).partition("@")
            if not name.startswith(prefix) or bare not in named:
                continue
            measure = named[bare] @ int(depth)
            assert ir_measures.calc_aggregate([measure], qrels, ranking)[measure] == (
                pytest.approx(mean)
            ), name
            checked += 1
    assert checked == 24
    assert 0 < run.measures["mrr@10"] < 1
    lines = (folder / "passage.run.trec").read_text("utf-8").splitlines()
    assert lines[:2] == [
        "ice%201 Q0 miss-0 1 1.0 onrecord",
        "ice%201 Q0 quote 2 0.5 onrecord",
    ]
    assert {len(line.split()) for line in lines} == {6}


def test_trec_ids_stay_apart() -> None:
    assert trec_id("a b%20c\td") == "a%20b%2520c%09d"
    assert trec_id("frage-ü") == "frage-ü"


def test_the_summary_is_short_and_says_what_changed(folder: Path) -> None:
    text = (folder / "summary.md").read_text("utf-8")
    lines = text.splitlines()
    assert len(lines) <= 60
    assert lines[2] == "2 of 6 questions right."
    assert "**1 questions were NOT run**" in text
    assert "<script" not in re.sub(r"\\.", "", text)
    right = next(line for line in lines if line.startswith("| right "))
    assert right == "| right | 0.333 [0.000, 0.667] | 0.167 | ↑ 0.167 | 1.0000 |"
    lost = next(n for n, line in enumerate(lines) if line.startswith("### Lost"))
    assert lines[lost].endswith(" (1)")
    assert lines[lost + 2] == "- *unanswerable* mayor: Who is the mayor?"
    won = next(n for n, line in enumerate(lines) if line.startswith("### Won"))
    assert lines[won + 2] == "- *number* ice 1: How thick was the ice?"


def test_the_summary_stays_short_with_many_losses(
    run: Run, gold: Gold, corpus: Corpus, tmp_path: Path
) -> None:
    """Sixty questions, all lost against each of three peers."""
    item, row = gold.questions[0], run.rows[0]
    ids = [f"q{n}" for n in range(60)]
    questions = [replace(item, question=item.question.model_copy(update={"id": i})) for i in ids]
    good = replace(run, not_run=(), rows=tuple(replace(row, id=i, right=True) for i in ids))
    bad = replace(good, rows=tuple(replace(row, id=i, right=False) for i in ids))
    write_reports([bad, good, good, good], replace(gold, questions=tuple(questions)), corpus,
                  tmp_path)  # fmt: skip
    lines = (tmp_path / "summary.md").read_text("utf-8").splitlines()
    assert len(lines) <= 60
    assert len([line for line in lines if line.startswith("- and 5")]) == 3
    assert r"onrecord \(4\)" in lines[4]


def test_a_run_alone_lists_what_is_not_right(
    run: Run, gold: Gold, corpus: Corpus, tmp_path: Path
) -> None:
    write_reports([run], gold, corpus, tmp_path)
    text = (tmp_path / "summary.md").read_text("utf-8")
    assert "### Not right (4)" in text
    assert "- *number* trees: How many trees \\| stand there?" in text
    assert "ours − theirs" not in (tmp_path / "report.html").read_text("utf-8")


def test_markdown_shows_text_and_does_nothing_with_it() -> None:
    assert markdown("# a\n`b` <i> [x](http://y) @me &lt;") == (
        "\\# a \\`b\\` \\<i\\> \\[x\\]\\(http\\://y\\) @\u200bme \\&lt;"
    )


def test_runs_gold_and_index_must_belong_together(
    run: Run, gold: Gold, corpus: Corpus, tmp_path: Path
) -> None:
    other = replace(run, about={**run.about, "gold_sha256": "another"})
    with pytest.raises(InputError, match="different gold files"):
        write_reports([run, other], gold, corpus, tmp_path)
    with pytest.raises(InputError, match="not made over this gold file"):
        write_reports([other], gold, corpus, tmp_path)
    fewer = replace(gold, questions=gold.questions[1:])
    with pytest.raises(InputError, match=r"lacks the documents of 1 questions \(first: ice 1\)"):
        write_reports([run], fewer, corpus, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_them(
    run: Run, peer: Run, gold_file: Path, library: IndexFolder, tmp_path: Path
) -> None:
    run.save(tmp_path / "run.jsonl")
    peer.save(tmp_path / "peer.jsonl")
    command = ["eval", "report", "run.jsonl", "peer.jsonl", "--gold", str(gold_file),
               "--index", str(library.path), "--out", "out"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *command],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [x for n in FILES for x in ("written", f"out/{n}")]
    assert HOSTILE in Page((tmp_path / "out" / "report.html").read_text("utf-8")).text


def test_the_page_in_a_browser(folder: Path) -> None:
    """Filters narrow the list, nothing is requested, the console is silent, a phone suffices."""
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 360, "height": 780})
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.on("request", lambda request: heard.append(request.url))
        address = (folder / "report.html").as_uri()
        tab.goto(address)
        assert tab.title() == "coast: onrecord, evaluated"
        assert tab.evaluate("document.documentElement.scrollWidth") == 360
        shown = tab.locator("details.q:visible")
        expect(shown).to_have_count(6)
        tab.get_by_label("right 2").check()
        expect(shown).to_have_count(2)
        tab.get_by_role("combobox").select_option("out-of-domain (1)")
        expect(shown).to_have_count(1)
        shown.locator("summary").first.click()
        expect(shown.get_by_text("the right outcome is an abstention")).to_be_visible()
        tab.get_by_label("wrong 4").check()
        expect(shown).to_have_count(0)
        expect(tab.get_by_text("No question is both.")).to_be_visible()
        tab.get_by_role("combobox").select_option("all")
        expect(shown).to_have_count(4)
        assert tab.evaluate("document.documentElement.scrollWidth") == 360
        browser.close()
    assert [line for line in heard if line != address and not line.startswith("data:")] == []
