"""The town of Skerrow in every format, through the real `add` and the real encoder: each question
is answered from the file that knows, and the cited page, box, row or paragraph is the right one."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from pdf_samples import FONT, HEIGHT, WIDTH, Placed
from PIL import Image
from reportlab.pdfbase.pdfmetrics import getAscentDescent
from town_formats import BODY, build
from town_texts import HIDDEN_IN_PAGE, HIDDEN_IN_PDF, HIDDEN_IN_WORD

from index import wire_places
from index.config import Config
from index.errors import InputError
from index.formats import epub_package, html, mail_parts, ocr, pdf, pdf_file, tables, trees, zipped
from index.indexing import add, remove
from index.layout import Box
from index.news import AddReport
from index.page_images import MARGIN, render
from index.readers import CONTAINERS, DEEPEST, READERS
from index.sandbox import RETRIES
from index.sandbox_process import TIMES
from index.store import IndexFolder, damages
from rag.answer import Citation, citation_json
from rag.assistant import Assistant, open_assistant

DOCS = Path(__file__).parent.parent / "docs" / "DOCUMENTS.md"


@dataclass(frozen=True)
class Town:
    """The files, the index of them, and where reportlab set the words of some."""

    files: Path
    folder: IndexFolder
    report: AddReport
    assistant: Assistant
    placed: Mapping[str, list[Placed]]

    def cited(self, question: str, name: str, quote: str) -> Citation:
        """The citation with these words that the answer rests on: its first."""
        answer = self.assistant.ask(question)
        assert not answer.abstained, question
        first = answer.claims[0].citations[0]
        assert (first.document.source, first.quote) == (self.source(name), quote)
        return first

    def source(self, name: str) -> str:
        return f"{self.files}/{name}"


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Read only."""
    where = tmp_path_factory.mktemp("skerrow")
    placed = build(where / "files")
    folder = IndexFolder(where / "index")
    report = add(folder, [str(where / "files")], Config(ocr="eng"))
    return Town(where / "files", folder, report, open_assistant(folder.path), placed)


DATE_OF_FILE = {"uncertain": ["published", "language"]}

PAGES = {  # question, file, quote, what the citation says of its place
    "roman label": (
        "In what is the first copy of the harbour board's account bound?",
        "report.pdf",
        "The first copy, bound in green quorrelskin, lies in the reading room on Cable Street.",
        {"page": "iii", "page_index": 0, "page_end": None, "section": "Preface",
         "speaker": "Skerrow Harbour Board", "title": "The Harbour Report of Skerrow",
         "published": "2000-01-01", **DATE_OF_FILE},
    ),
    "over two columns": (
        "What is done where the leadline finds less than four fathoms?",
        "report.pdf",
        "Where the leadline finds less than four fathoms, a red buoy is laid before the evening "
        "tide, and the harbourmaster writes the place into the book of shoals.",
        {"page": "1", "page_index": 1, "page_end": None, "section": "Dredging"},
    ),
    "a word cut at a line end": (
        "By how many metres was the breakwater lengthened?",
        "report.pdf",
        "The breakwater was lengthened by 83 metres after the gale of 2011, which had thrown two "
        "cargo boats onto the fish market.",
        {"page": "1", "page_index": 1, "page_end": None, "section": "The breakwater"},
    ),
    "over two pages, a word cut between them": (
        "What was the crown of the breakwater made of?",
        "report.pdf",
        "Its foundation is of granite from the hill of Orme, and its crown is of concrete cast on "
        "the spot by the town's own masons.",
        {"page": "1", "page_index": 1, "page_end": "2", "section": "The breakwater"},
    ),
    "right column": (
        "What does a vessel of up to twenty tonnes pay for its berth?",
        "report.pdf",
        "A vessel of up to twenty tonnes pays six crowns a day for its berth.",
        {"page": "2", "page_index": 2, "page_end": None, "section": "Dues"},
    ),
    "scan": (
        "How much too high does the tide gauge on the customs steps read?",
        "tides.pdf",
        "The tide gauge on the customs steps of Skerrow was struck by a barge on the night of the "
        "storm and now reads nineteen centimetres too high.",
        {"page": "1", "page_index": 0, "paragraph": 1, "speaker": None, **DATE_OF_FILE},
    ),
    "turned page": (
        "How many gas lamps does Skerrow burn?",
        "lamps.pdf",
        "The town of Skerrow burns 268 gas lamps, of which the lamplighters of Skerrow clean a "
        "third every week.",
        {"page": "1", "page_index": 0, "paragraph": 2, "speaker": "Skerrow Gas Works"},
    ),
    "printed by a browser": (
        "How long must a wheel of goat cheese ripen?",
        "market.pdf",
        "A wheel of tumblewick cheese must ripen for fourteen months before it gets the stamp of "
        "the market guild.",
        {"page": "2", "page_index": 1, "section": "Cheese", "title": "The Skerrow Market Guide"},
    ),
    "attached to a message": (
        "What rent does the tenant of the smokehouse pay?",
        "complaint.eml!/lease.pdf",
        "The tenant of the smokehouse on Eel Lane pays a rent of 312 crowns at midsummer and at "
        "yuletide, and shall keep the chimney swept.",
        {"page": "1", "page_index": 0, "speaker": "Skerrow Estates"},
    ),
}  # fmt: skip

NO_PAGE = {"page": None, "page_index": None, "boxes": [], "ocr": None}

PLACES = {
    "docx": (
        "How long does the ferry take to cross the Vane?",
        "ferry.docx",
        "The ferry crosses the Vane in eleven minutes on a chain[1] that was forged in the naval "
        "yard.",
        {"paragraph": 2, "section": "The crossing", "speaker": "Skerrow Ferry Company",
         "published": "2019-05-02", "uncertain": ["published"], **NO_PAGE},
    ),
    "docx, row of a table": (
        "What is the fare for a piano on the ferry?",
        "ferry.docx",
        "A piano or a lurchwagon | 21 crowns",
        {"paragraph": 7, "section": "Fares"},
    ),
    "docx, footnote": (
        "How many links has the ferry chain?",
        "ferry.docx",
        "[1] The ferry chain has 2,316 links, each stamped with an anchor.",
        {"paragraph": 8, "section": "footnote 1"},
    ),
    "odt": (
        "Of what is the paper for banknotes made?",
        "mill.odt",
        "Banknotes are printed on paper of the mill that is made of flax, nettles and rags of "
        "sailcloth.",
        {"paragraph": 4, "section": "The paper", "speaker": "Orme Paper Works",
         "published": "2017-08-21", **DATE_OF_FILE, **NO_PAGE},
    ),
    "html": (
        "From what was the tidal clock of the museum built?",
        "museum.html",
        "The pride of the collection is a tidal clock that a blacksmith of the town built from the "
        "gears of two mills.",
        {"paragraph": 4, "anchor": "clock", "speaker": "Vane Valley Courier",
         "publisher": "Courier Press", "published": "2022-09-14", "uncertain": [],
         "url": "https://courier.example/museum", **NO_PAGE},
    ),
    "html, reader's comment": (
        "Where did the whale's jaw come from?",
        "museum.html",
        "My grandmother swore that the whale's jaw came from a beach in the far south and was "
        "bought for the price of a rowing boat.",
        {"section": "Comments", "voice": "comment"},
    ),
    "htm, a date that can be read in two ways": (
        "How many loaves does the bakery sell on the eve of the regatta?",
        "bakery.htm",
        "The bakery on Gull Street heats its oven with driftwood and sells 540 loaves on the eve "
        "of the regatta.",
        {"paragraph": 2, "published": "2021-04-03", "uncertain": ["published"]},
    ),
    "xhtml": (
        "What is the fine for a dog without a lead on the pier?",
        "bylaw.xhtml",
        "2. A dog that is found on the pier without a lead is kept at the pound for five days, and "
        "its owner pays a fine of seventeen crowns.",
        {"paragraph": 3, "anchor": "s2", "published": None},
    ),
    "epub": (
        "How was the siege ended?",
        "chronicle.epub",
        "The siege was ended by a herring fleet, whose nets were drawn across the river under the "
        "ponderhulk of the enemy.",
        {"page": "42", "page_index": None, "anchor": "c0.xhtml#relief", "section": "The siege",
         "speaker": "Skerrow Antiquaries", "publisher": "Courier Press", "published": "1998-10",
         "uncertain": []},
    ),
    "epub, second chapter": (
        "Which step of the town hall did the great flood reach?",
        "chronicle.epub",
        "The great flood reached the ninth step of the town hall, where a brass line marks its "
        "height.",
        {"page": "57", "anchor": "c1.xhtml#pg57", "section": "The great flood"},
    ),
    "md": (
        "How many pupils does the school of navigation teach?",
        "school.md",
        "The school of navigation teaches 134 pupils, eleven of them in the art of the wexlode "
        "compass.",
        {"paragraph": 2, "section": "Pupils", "speaker": "Skerrow School Trust",
         "published": "2020-06", "uncertain": ["language"], **NO_PAGE},
    ),
    "markdown": (
        "How many people does the playhouse seat?",
        "theatre.markdown",
        "The playhouse of Skerrow seats 220 people on benches that came out of a wrecked steamer.",
        {"paragraph": 2, "section": "The playhouse", "speaker": None},
    ),
    "txt": (
        "How many prisms has the lens of the lighthouse?",
        "letter.txt",
        "The lens of the Skerrow lighthouse was ground from 1,012 prisms and weighs as much as "
        "four oxen.",
        {"paragraph": 2, "section": None, "speaker": None, "published": None, **NO_PAGE},
    ),
    "csv": (
        "What is the draught of the Saltwife?",
        "boats.csv",
        "Boat: Saltwife; Home berth: 12; Draught in metres: 3.1; Built: 2003",
        {"section": "row 3", "paragraph": 2, **NO_PAGE},
    ),
    "tsv": (
        "When was the black walnut on Orme Road planted?",
        "trees.tsv",
        "Street: Orme Road; Tree: black walnut; Planted: 1924",
        {"section": "row 3"},
    ),
    "eml": (
        "Until when do the dogs of the smokehouse bark?",
        "complaint.eml",
        "The dogs of the smokehouse bark until two in the morning, and the council has not "
        "answered my four letters.",
        {"paragraph": 2, "speaker": "Pilot Guild", "voice": "author", "published": "2020-02-12",
         "title": "Noise on Eel Lane", "uncertain": ["language"], **NO_PAGE},
    ),
    "eml, quoted in it": (
        "When is the steam crane on the coal quay tested?",
        "complaint.eml",
        "The steam crane on the coal quay is tested on Saturdays at noon.",
        {"section": "earlier message", "speaker": "Harbour Office", "voice": "quoted",
         "reported_by": "Pilot Guild"},
    ),
    "eml, attachment": (
        "What did the council vote to plant around the slaughter yard?",
        "complaint.eml!/minutes.docx",
        "The council voted by eight to three to plant a hedge of blackthorn around the slaughter "
        "yard.",
        {"paragraph": 1, "speaker": "Skerrow Town Council", "published": "2020-02-11"},
    ),
    "mbox": (
        "For how many pilots does the guild buy sea boots?",
        "pilots.mbox!/0002 Boots.eml",
        "The guild buys sea boots for all 26 pilots before the first frost.",
        {"paragraph": 2, "speaker": "Pilot Guild", "published": "2019-11-06", "title": "Boots"},
    ),
    "zip": (
        "How deep is the well in the cloister?",
        "papers.zip!/well.txt",
        "The well in the cloister of Skerrow is 47 metres deep, and its water tastes of "
        "thistlebrine.",
        {"paragraph": 1, "speaker": None},
    ),
    "zip in a zip": (
        "On what are tea and tobacco weighed?",
        "papers.zip!/old/chest.zip!/customs.docx",
        "Tea, tobacco and playing cards are weighed on the brass scales of the customs house, and "
        "the ombrelsmith pays no duty on whalebone.",
        {"paragraph": 1, "speaker": "Skerrow Customs House"},
    ),
    "table in a zip in a zip": (
        "How many tonnes of salt does the east pan give?",
        "papers.zip!/old/chest.zip!/salt.csv",
        "Pan: East pan; Salt in tonnes: 275",
        {"section": "row 3"},
    ),
}  # fmt: skip


def test_every_format_is_in_the_corpus_and_is_read(town: Town):
    assert {path.suffix for path in town.files.iterdir()} == {*READERS, *CONTAINERS}
    assert not town.report.failed
    [song] = town.report.left_out
    assert song.source == town.source("papers.zip!/song.mp3")
    asked = {name for _, name, _, _ in [*PAGES.values(), *PLACES.values()]}
    unasked = {document.source for document in town.report.added} - set(map(town.source, asked))
    assert unasked == {
        town.source(name)
        for name in ("papers.zip!/bridge.md", "pilots.mbox!/0001 Fog signal.eml",
                     "pilots.mbox!/0003 Pension.eml")
    }  # fmt: skip
    notes = {(Path(note.source).name, note.note) for note in town.report.notes}
    assert {
        ("report.pdf", 'pages 1-3: running line left out: "The Harbour Report of Skerrow"'),
        ("report.pdf", "hidden text: 51 characters on page 1"),
        ("ferry.docx", "hidden text: 44 characters"),
        ("museum.html", "hidden text, marked as such: 65 characters"),
        ("theatre.markdown", "left out of the passages: 1 HTML comment"),
        ("salt.csv", "row 1 is read as the names of 2 columns"),
    } <= notes
    assert any(name == "museum.html" and "navigation" in note for name, note in notes)
    assert damages(town.folder) == []


@pytest.mark.parametrize("case", [*PAGES, *PLACES])
def test_the_cited_place_is_right(town: Town, case: str):
    question, name, quote, says = (PAGES | PLACES)[case]
    citation = town.cited(question, name, quote)
    told = citation_json(citation)
    assert {key: told[key] for key in says} == says
    assert told["hidden"] is False
    parent = town.source(name.rpartition("!/")[0]) if "!/" in name else None
    assert citation.document.parent == parent
    if name == "tides.pdf":
        assert 0.8 < told["ocr"] <= 1
    elif name.endswith(".pdf"):
        assert told["ocr"] is None


SIZES = {"report.pdf": BODY, "tides.pdf": 11.0, "lamps.pdf": 12.0, "complaint.eml!/lease.pdf": 11.0}
"""Of the type that reportlab set, in points."""
ROOM = 0.215
"""Between the ascender of Times (683 of 1,000) and the top of its FontBBox (898), in sizes."""


def letters_of(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def lines_set(placed: list[Placed], quote: str, size: float, height: float) -> list[Box]:
    """Where reportlab set the lines of a quote: from ascender to descender of its letters."""
    above, below = getAscentDescent(FONT, size)
    texts = [letters_of(word.text) for word in placed]
    start = "".join(texts).index(letters_of(quote))
    end, at, own = start + len(letters_of(quote)), 0, []
    for word, text in zip(placed, texts, strict=True):
        own += [word] if at < end and start < at + len(text) else []
        at += len(text)
    boxes = []
    for (page, baseline), line in groupby(own, key=lambda word: (word.page, word.baseline)):
        words = list(line)
        top, bottom = height - baseline - above, height - baseline - below
        boxes.append(Box(page, words[0].left, top, words[-1].right, bottom))
    return boxes


@pytest.mark.parametrize("case", [case for case in PAGES if PAGES[case][1] in SIZES])
def test_boxes_are_where_the_words_were_set(town: Town, case: str):
    """Within 2 points (0.7 mm). Above, a box begins between the letters' height and the font's."""
    question, name, quote, _ = PAGES[case]
    boxes = town.cited(question, name, quote).boxes
    height = WIDTH if name == "lamps.pdf" else HEIGHT
    lines = lines_set(town.placed[name], quote, SIZES[name], height)
    assert [box.page for box in boxes] == [line.page for line in lines]
    for box, line in zip(boxes, lines, strict=True):
        sides = (line.left, line.right, line.bottom)
        assert (box.left, box.right, box.bottom) == pytest.approx(sides, abs=2)
        assert line.top - ROOM * SIZES[name] - 2 < box.top < line.top + 2


def picture(data: bytes, page: int, boxes: tuple[Box, ...], scale: float) -> Image.Image:
    return Image.open(io.BytesIO(render(data, page, boxes, scale)))


def recognised(data: bytes, boxes: tuple[Box, ...]) -> str:
    """What Tesseract reads in the boxes alone, cut out of the pages and put below each other."""
    scale = ocr.DPI / 72
    pages = {page: picture(data, page, (), scale) for page in {box.page for box in boxes}}
    lines = []
    for box in boxes:
        sides = (box.left - MARGIN, box.top, box.right + MARGIN, box.bottom)
        lines.append(pages[box.page].crop(tuple(round(side * scale) for side in sides)))
    sheet = Image.new("RGB", (max(i.width for i in lines) + 80, sum(i.height + 20 for i in lines)))
    sheet.paste("white", (0, 0, *sheet.size))
    for number, line in enumerate(lines):
        sheet.paste(line, (40, 10 + sum(i.height + 20 for i in lines[:number])))
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return " ".join(word.text for word in ocr.recognised(stream.getvalue(), "eng"))


@pytest.mark.parametrize("case", PAGES)
def test_the_mark_on_the_page_holds_the_words_and_nothing_else(town: Town, case: str):
    """Every pixel that the mark changes lies in a box, nearly all of each box is marked, and who
    reads only what is marked reads the quote."""
    citation = town.cited(*PAGES[case][:3])
    data = town.folder.original(citation.document)
    for page in {box.page for box in citation.boxes}:
        plain, marked = (
            np.asarray(picture(data, page, boxes, 2.0), np.int16) for boxes in ((), citation.boxes)
        )
        changed = np.abs(plain - marked).max(axis=2) > 0
        inside = np.zeros_like(changed)
        for box in citation.boxes:
            if box.page == page:
                top, left = (int(2 * (side - MARGIN)) for side in (box.top, box.left))
                bottom, right = (int(2 * (side + MARGIN)) + 2 for side in (box.bottom, box.right))
                inside[top:bottom, left:right] = True
                own = changed[int(2 * box.top) : int(2 * box.bottom),
                              int(2 * box.left) : int(2 * box.right)]  # fmt: skip
                assert own.mean() > 0.99
        assert not (changed & ~inside).any()
    read = letters_of(recognised(data, citation.boxes))
    assert SequenceMatcher(None, read, letters_of(citation.quote)).ratio() > 0.97, read


def test_show_draws_each_page_of_a_quote(town: Town, tmp_path: Path):
    """A process, as people start it: one picture for each of the two pages."""
    case = PAGES["over two pages, a word cut between them"]
    citation = town.cited(*case[:3])
    at = f"{citation.span.start}-{citation.span.end}"
    command = ["show", citation.document.id, "--at", at, "--png", "page.png"]
    done = subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *command,
         "--index", str(town.folder.path)],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["drawn     page.png", "drawn     page-2.png"], done.stderr
    data = town.folder.original(citation.document)
    for name, page in (("page.png", 1), ("page-2.png", 2)):
        assert (tmp_path / name).read_bytes() == render(data, page, citation.boxes)


@pytest.mark.parametrize(
    ("question", "name", "unseen", "secret"),
    [
        ("How many crowns is the secret reserve of the board of Skerrow?", "report.pdf",
         HIDDEN_IN_PDF, "77,000"),
        ("How much is the keeper of the museum paid a week?", "museum.html",
         HIDDEN_IN_PAGE, "900"),
        ("Does the ferry company bribe the harbour board?", "ferry.docx",
         HIDDEN_IN_WORD, "bribe"),
    ],
)  # fmt: skip
def test_what_is_hidden_is_found_and_never_said(
    town: Town, question: str, name: str, unseen: str, secret: str
):
    answer = town.assistant.ask(question)
    assert not any(citation.pinpoint.hidden for citation in answer.citations)
    assert secret not in answer.text
    hits = town.assistant.retriever.search(question, k=50).hits
    hidden = [hit for hit in hits if hit.pinpoint.hidden]
    assert unseen in [
        hit.passage.text for hit in hidden if hit.document.source == town.source(name)
    ]
    assert hits[-len(hidden) :] == tuple(hidden), "what can be seen comes first"


@pytest.mark.parametrize(
    "question",
    ["What did Napoleon eat on the day of his coronation?",
     "Which vaccine protects against yellow fever?"],
)  # fmt: skip
def test_what_no_file_is_about_is_not_answered(town: Town, question: str):
    assert town.assistant.ask(question).abstained


RARE = {  # what to remove, in this order, and words that go with it and stand nowhere else
    "papers.zip!/well.txt": ["thistlebrine"],
    "papers.zip!/old/chest.zip": ["ombrelsmith", "North pan"],
    "papers.zip": ["plumbgate"],
    "pilots.mbox!/0002 Boots.eml": ["gorseleather"],
    "pilots.mbox": ["hootmonger", "driftwardens"],
    "complaint.eml": ["bark until two", "quernmakers", "skaldering"],
    "report.pdf": ["quorrelskin", "caissons"],
    "tides.pdf": ["brindleflag"],
    "lamps.pdf": ["vellumwrights"],
    "market.pdf": ["tumblewick"],
    "ferry.docx": ["lurchwagon"],
    "mill.odt": ["heronquill"],
    "museum.html": ["zephyrwood"],
    "bakery.htm": ["crumbhollow"],
    "bylaw.xhtml": ["gavelock"],
    "chronicle.epub": ["ponderhulk"],
    "school.md": ["wexlode"],
    "theatre.markdown": ["mirthvale"],
    "letter.txt": ["fennelwax"],
    "boats.csv": ["Old Bramble"],
    "trees.tsv": ["black walnut"],
}


def holding(folder: Path, words: str) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if words.encode() in path.read_bytes()]


def test_removed_files_and_containers_are_gone(town: Town, memory_path: Path):
    folder = IndexFolder(shutil.copytree(town.folder.path, memory_path / "index"))
    with pytest.raises(InputError, match="which would still hold it"):
        remove(folder, [town.source("complaint.eml!/lease.pdf")])
    for name, words in RARE.items():
        assert all(holding(folder.path, word) for word in words), name
        gone = {document.sha256 for document in remove(folder, [town.source(name)])}
        assert not any(holding(folder.path, word) for word in words), name
        assert damages(folder) == []
        assert not gone & {path.name for path in (folder.path / "originals").rglob("*")}
    assert not folder.open().documents
    assert holding(town.folder.path, "thistlebrine"), "the index that was copied is as it was"


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of the document, without its head."""
    part = DOCS.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", part, re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows][1:]


def test_the_document_lists_the_formats_that_are_read():
    listed = [
        ending for row in rows_below("Formats") for ending in re.findall(r"`(\.\w+)`", row[0])
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == {*READERS, *CONTAINERS}


def test_the_document_states_the_limits_of_the_code():
    config = Config()
    limits = {
        "bytes of a file (`max_file_bytes`)": f"{config.max_file_bytes / 2**20:g} MiB",
        "time without progress, for a file or a page read by OCR (`reader_seconds`)":
            f"{config.reader_seconds:g} s",
        "memory for reading a file (`reader_megabytes`)": f"{config.reader_megabytes:,} MiB",
        "time for a file as a whole, while it shows progress": f"{TIMES} times that without",
        "pages of a PDF": f"{pdf_file.MOST_PAGES:,}",
        "signs on a page of a PDF": f"{pdf.MOST_SIGNS:,}",
        "files in a ZIP": f"{zipped.MOST_MEMBERS:,}",
        "a file in a ZIP, unpacked": f"{zipped.LARGEST_MEMBER / 2**20:g} MiB",
        "all files in a ZIP, unpacked": f"{zipped.LARGEST_TOTAL / 2**30:g} GiB",
        f"unpacked to packed size, from {zipped.UNSUSPECTED / 2**20:g} MiB on":
            f"{zipped.HIGHEST_RATIO}",
        "containers in containers": f"{DEEPEST}",
        "files in a container that may cost their process": f"{RETRIES}",
        "an XML part of a DOCX or ODT, unpacked": f"{zipped.LARGEST_XML / 2**20:g} MiB",
        "a file of an EPUB, unpacked": f"{epub_package.LARGEST_PART / 2**20:g} MiB",
        "all text of an EPUB, unpacked": f"{epub_package.LARGEST_BOOK / 2**20:g} MiB",
        "characters of a web page whose main text is told apart": f"{html.LARGEST_JUDGED:,}",
        "elements of such a page": f"{html.MOST_ELEMENTS:,}",
        "attributes of an element of a web page": f"{trees.MOST_ATTRIBUTES:,}",
        "paragraphs, headings, anchors of a document": f"{wire_places.MOST_PLACES:,} each",
        "rows of a table": f"{tables.MOST_ROWS:,}",
        "parts of a message within parts": f"{mail_parts.DEEPEST}",
    }  # fmt: skip
    assert dict(rows_below("Limits")) == limits
