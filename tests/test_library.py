"""The library without a browser: what its pages say, and what its routes do to an index."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import lxml.html
import pytest
from fastapi import FastAPI
from hostile import TRICKS
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from index.config import Config, load_config
from index.documents import Document, Page, Section
from index.errors import IndexDamaged
from index.store import IndexFolder
from rag.assistant import Assistant
from ui import library
from ui.desk import Desk, open_desk
from ui.library_list import Asked, Rights
from ui.library_list import page as list_page
from ui.library_shelf import ROWS, Query, Shelf
from ui.library_strings import LibraryStrings
from ui.library_text import PART, Hits, find, part_html, part_of, parts
from ui.library_uploads import Inbox
from ui.view_parts import speech_in

HASHING = Config(encoder="hashing")
WORDS = speech_in("en", LibraryStrings)
ICE = "How thick was the ice on the second morning?"
MILL = "# The mill\n\nThe mill of Varn ground 912 sacks of rye in the autumn of 2017.\n"
SACKS = "How many sacks of rye did the mill of Varn grind?"


def client_of(desk: Desk) -> TestClient:
    app = FastAPI()
    app.include_router(library.router(desk))
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def desk(make_index) -> Desk:
    return open_desk(make_index({"harbour.md": HARBOUR, "mill.md": MILL}).path, HASHING)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with client_of(desk) as client:
        yield client


@pytest.fixture(scope="module")
def reader(library_module: IndexFolder) -> Iterator[TestClient]:
    with client_of(open_desk(library_module.path, HASHING)) as client:
        yield client


@pytest.fixture(scope="module")
def library_module(library: IndexFolder) -> IndexFolder:
    return library


HARBOUR = (
    "---\ntitle: The Winter of the Harbour\nauthor: Port Chronicle\n---\n\n# The freeze\n\n"
    "The harbour of Ostrel froze twice.  The ice was 41 centimetres thick on\nthe second morning.\n"
    "\n- one boat\n- two boats\n\n# The thaw\n\nThe “old” bell rang <i>once</i> in May.\n"
)


def path_of(client: TestClient, words: str) -> str:
    """The path of the one document that these words find."""
    page = lxml.html.fromstring(client.get("/library", params={"words": words}).text)
    [path] = page.xpath("//a[@class='name']/@href")
    return str(path)


def done(client: TestClient) -> str:
    """The text of the page of additions, once all of them have ended."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        page = lxml.html.fromstring(client.get("/library/work").text)
        if page.get_element_by_id("work").get("data-busy") == "no":
            return " ".join(page.text_content().split())
        time.sleep(0.1)
    raise AssertionError("the addition does not end")


def send(client: TestClient, *files: tuple[str, bytes]) -> httpx.Response:
    return client.post("/library/add", files=[("files", file) for file in files])


def left_behind(folder: IndexFolder) -> list[str]:
    return sorted(path.name for path in folder.path.rglob("*") if "upload" in str(path))


# The list


def cards(number: int) -> list[Document]:
    return [
        Document(
            id=f"{n:016x}",
            source=f"reports/{n % 37}/{n}.{('pdf', 'md')[n % 2]}",
            sha256="0" * 64,
            text="",
            title=f"Report {n * 7919 % number} of the Fête of Ostrel",
            publisher=f"Press {n % 300}",
            published=None if n % 10 == 0 else f"{2000 + n % 20}-0{n % 9 + 1}",
            language=("en", "es")[n % 2],
        )
        for n in range(number)
    ]


def test_ten_thousand_documents_are_listed_at_once(capsys):
    shelf = Shelf(cards(10_000), lambda card: "2026-01-01T00:00:00Z")
    rights = Rights(True, True, 2**28)
    start = time.perf_counter()
    html = list_page(shelf, 20_000, Asked(Query(sort="newest"), {}), rights, WORDS)
    seconds = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n10,000 documents listed in {seconds:.2f} s, {len(html):,} characters")  # noqa: T201
    assert html.count('scope="row"') == ROWS
    assert "1 to 50 of 10,000" in html
    assert seconds < 5  # of 0.2 on an idle machine: not quadratic


def test_conditions_narrow_and_order_the_list():
    shelf = Shelf(cards(200), lambda card: card.id)
    for words in ("fete ostrel", "FÊTE", "reports/3/"):
        assert shelf.found(Query(words=words)), words
    assert not shelf.found(Query(words="fete elsewhere"))
    assert {c.source[-2:] for c in shelf.found(Query(format="md"))} == {"md"}
    assert {c.language for c in shelf.found(Query(language="es"))} == {"es"}
    within = shelf.found(Query(since="2003", until="2004-02"))
    assert {c.published[:4] for c in within if c.published} == {"2003", "2004"}
    newest = [c.published for c in shelf.found(Query(sort="newest"))]
    dated = [date for date in newest if date]
    assert dated == sorted(dated, reverse=True)
    assert newest[len(dated) :] == [None] * 20
    assert next(c.id for c in shelf.found(Query(sort="added"))) == f"{199:016x}"


@pytest.mark.parametrize(
    "query",
    ["since=soon", "until=2021-13", "since=2022&until=2021", "sort=size", "format=../x",
     "language=a%20b", "page=0", "page=x", "words=" + "x" * 201],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_said_where_it_stands(reader: TestClient, query: str):
    answer = reader.get(f"/library?{query}")
    assert answer.status_code == 400
    page = lxml.html.fromstring(answer.text)
    assert page.xpath("//*[@role='alert']")
    name = query.partition("=")[0].replace("since", "until" if "&" in query else "since")
    if name != "page":
        [field] = page.xpath(f"//form[@class='finding']//*[@name='{name}']")
        assert field.get("aria-invalid") == "true"
        assert page.get_element_by_id(field.get("aria-describedby")).text_content()
    assert not page.xpath("//table")


def test_a_page_that_is_no_longer_there_is_the_last_one(reader: TestClient):
    assert reader.get("/library?page=9").text.count('scope="row"') == 3


# The text


def words_in(html: str) -> str:
    """The text content, without what the page says itself."""
    tree = lxml.html.fromstring(f"<div>{html}</div>")
    for own in tree.xpath("//summary | //*[contains(@class, 'page-mark')]"):
        own.drop_tree()
    return str(tree.text_content())


TEXTS = st.text(st.sampled_from("ab C.\n-#1é\u200b\u202e<&\u0000"), min_size=1, max_size=80)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A text with paragraphs, one of them longer than a part, headings, pages, hidden spans."""
    text = draw(TEXTS) + draw(st.sampled_from(["", "x y" * PART])) + draw(TEXTS)
    ends = st.integers(0, len(text))
    cuts = sorted(draw(st.sets(ends, max_size=8)))
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    starts = sorted(draw(st.sets(ends, max_size=3)))
    return Document(
        id="0" * 16,
        source="a.txt",
        sha256="0" * 64,
        text=text,
        paragraphs=tuple(spans),
        sections=tuple(Section("s", a, b) for a, b in spans[:1]),
        pages=tuple(Page(str(n), start) for n, start in enumerate(starts)),
        hidden=tuple(draw(st.lists(st.sampled_from(spans), max_size=2))) if spans else (),
    )


@given(documents())
def test_the_parts_show_every_paragraph_once(document: Document):
    shown = "".join(part_html(document, part, Hits(), WORDS) for part in range(parts(document)))
    expected = "".join(document.text[a:b] for a, b in document.paragraphs)
    kept = words_in(shown)
    at = 0
    for character in re.sub(r"[\s\0]", "", expected):  # in order, whatever stands between
        at = kept.index(character, at) + 1
    if expected.strip() and not re.search(r"\w", _outside(document)):
        assert re.sub(r"[\W_\ufffd]", "", kept) == re.sub(r"[\W_]", "", expected)


def _outside(document: Document) -> str:
    edges = [0, *(edge for span in document.paragraphs for edge in span), len(document.text)]
    return "".join(document.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))


@given(documents(), st.text(st.sampled_from("ab C1é"), min_size=1, max_size=3))
def test_each_hit_is_marked_in_the_part_that_its_link_leads_to(document: Document, words: str):
    hits = find(document.text, words)
    for start, end in hits.places:
        found = " ".join(document.text[start:end].split())
        assert found.casefold() == " ".join(words.split()).casefold()
    for number, (start, _) in enumerate(hits.places[:20], 1):
        in_paragraph = any(a <= start < b for a, b in document.paragraphs)
        html = part_html(document, part_of(document, start), hits, WORDS)
        assert html.count(f' id="hit-{number}"') == 1 or not in_paragraph


def test_signs_that_readers_do_not_tell_apart_are_found():
    text = "The “old” pilots’ guild –\nof  Ostrel"
    for words in ('"OLD" pilots\' guild', "guild - of ostrel"):
        assert len(find(text, words).places) == 1, words
    assert not find(text, "o.d").places
    assert not find(text, " ").places


def test_a_text_of_ten_megabytes_is_shown_by_parts():
    text = "".join(f"Paragraph {n}: ice lay on the quay of Ostrel.\n\n" for n in range(220_000))
    ends = [match.span() for match in re.finditer(r"P.*", text)]
    document = Document("0" * 16, "a.txt", "0" * 64, text, paragraphs=tuple(ends))
    start = time.perf_counter()
    hits = find(text, "paragraph 219999")
    part = part_of(document, hits.places[0][0])
    html = part_html(document, part, hits, WORDS)
    assert time.perf_counter() - start < 5  # of 0.2 on an idle machine
    assert part == parts(document) - 1
    assert 'id="hit-1"' in html
    assert len(html) < 10 * PART


def test_a_document_is_read_and_searched(client: TestClient):
    path = path_of(client, "harbour")
    page = lxml.html.fromstring(client.get(path).text)
    assert [h.text_content() for h in page.xpath("//h3[starts-with(@id, 'at-')]")] == [
        "The freeze",
        "The thaw",
    ]
    [text] = page.xpath("//div[@class='text']")
    assert "rang <i>once</i> in May" in text.text_content()
    found = lxml.html.fromstring(client.get(path, params={"words": "the", "hit": 2}).text)
    [current] = found.xpath("//mark[@class='current']")
    assert current.get("id") == "hit-2"
    last = len(found.xpath("//mark"))
    steps = found.xpath("//p[@class='hits']/a[@class='button']/@href")
    assert [step.rpartition("#")[2] for step in steps] == ["hit-1", "hit-3"]
    assert f"2 of {last}" in found.xpath("//p[@class='hits']")[0].text_content()
    assert "Not found" in client.get(path, params={"words": "zebra"}).text
    at = HARBOUR.index("froze twice")
    [here] = lxml.html.fromstring(client.get(path, params={"at": f"{at}-{at + 5}"}).text).xpath(
        "//mark"
    )
    assert here.text_content() == "froze"


@pytest.mark.parametrize("query", ["part=99", "part=x", "hit=0", "at=9-3", "at=1-99999999"])
def test_a_place_that_is_not_there_is_said(reader: TestClient, query: str):
    assert reader.get(f"{path_of(reader, 'orchard')}?{query}").status_code == 400


@pytest.mark.parametrize("name", ["0" * 16, "nothing", "..%2f..", "%00", "x" * 5000])
def test_a_document_that_is_not_there_is_said(reader: TestClient, name: str):
    answer = reader.get(f"/library/{name}")
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"] or "/" in name.replace("%2f", "/")


def test_what_is_hostile_is_inert(make_index):
    folder = make_index({trick.file: trick.content for trick in TRICKS})
    with client_of(open_desk(folder.path, HASHING)) as client:
        documents = folder.open().documents
        pages = [f"/library/{name}{step}" for name in documents for step in ("", "/edit")]
        for path in ["/library", *pages]:
            [main] = lxml.html.fromstring(client.get(path).text).xpath("//main")
            assert not main.xpath(".//script | .//style | .//img | .//iframe | .//svg"), path
            assert not main.xpath(".//@*[starts-with(name(), 'on')]"), path
            for link in main.xpath(".//@href"):
                assert link.startswith(("/", "#")), link
        title = next(d for d in documents.values() if d.title and "<img" in d.title)
        [heading] = lxml.html.fromstring(client.get(f"/library/{title.id}").text).xpath("//h1")
        assert heading.text_content() == title.title


# Adding


def test_files_that_are_sent_can_be_asked_about(
    client: TestClient, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    boat = b"The ferry Merle carried 318 passengers on its first day."
    answer = send(
        client,
        ("C:\\reports\\ferry.txt", boat),
        ("copy.txt", boat),
        ("copy.txt", boat),
        ("broken.pdf", b"%PDF-1.4"),
        ("tool.exe", b"MZ"),
        (".hidden.txt", boat),
        ("large.exe", bytes(3_000_000)),  # beyond what is held in memory
        ("manifest.jsonl", b'{"file": "ferry.txt", "author": "Ferry Office"}\n'),
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/library/work")
    said = done(client)
    assert "Added: 2. No reader for it: 2. Failed: 3." in said
    assert "the same bytes as uploads/" in said
    assert "damaged" in said
    citations = desk.latest().ask("How many passengers did the ferry carry?").citations
    assert any("318 passengers" in citation.quote for citation in citations)
    ferry = desk.folder.open().by_source("uploads/ferry.txt")
    assert ferry
    assert ferry.author == "Ferry Office"
    assert left_behind(desk.folder) == []
    assert not list((tmp_path / "temporary").iterdir())
    assert "Same bytes" in client.get(f"/library/{ferry.id}").text
    send(client, ("ferry.txt", boat.replace(b"318", b"319")))
    send(client, ("tool.exe", b"MZ"))
    said = done(client)
    assert "Replaced: 1." in said
    assert "No reader for it: 1." in said
    assert said.count("Failed: ") == 2  # in all and as a heading, of the first addition
    assert len(desk.folder.open().documents) == 4
    path = path_of(client, "uploads/ferry")
    assert "Same bytes" not in client.get(path).text
    client.post(f"{path}/remove")
    assert "ferry.txt" not in done(client)  # nobody remembers what is removed


def test_a_folder_of_this_machine_is_added_beside_questions(
    client: TestClient, desk: Desk, tmp_path
):
    (tmp_path / "more").mkdir()
    for number in range(9):
        text = f"Ship {number} of Varn carried {number + 700} crates.\n\n" * 20
        (tmp_path / "more" / f"{number}.txt").write_text(text)
    client.post("/library/add-folder", data={"path": str(tmp_path / "more")})
    send(client, ("ferry.txt", b"The ferry Merle carried 318 passengers on its first day."))
    asked = 0
    while 'data-busy="yes"' in client.get("/library/work").text:
        assert desk.latest().ask(ICE).citations  # while it goes on
        assert client.get("/library").status_code == 200
        asked += 1
        time.sleep(0.05)
    assert asked
    assert "Added: 9." in done(client)
    assert desk.latest().ask(SACKS).citations
    client.post("/library/add-folder", data={"path": str(tmp_path / "more")})
    client.post("/library/add-folder", data={"path": str(tmp_path / "nowhere")})
    said = done(client)
    assert "Unchanged: 9." in said
    assert "no such file or folder" in said


def test_an_addition_is_stopped_and_leaves_the_index_as_it_was(client: TestClient, desk: Desk):
    before = desk.folder.current()
    lines = (f"Ship {n} of Varn carried {n + 700} crates of rye.\n\n" for n in range(60_000))
    send(client, ("long.txt", "".join(lines).encode()))
    send(client, ("ferry.txt", b"The ferry Merle carried 318 passengers."))
    while "<progress value" not in (page := client.get("/library/work").text):
        assert 'data-busy="yes"' in page
        time.sleep(0.05)
    assert "Waits for its turn" in page
    for number in ("2", "1", "99", "x"):
        client.post("/library/stop", data={"number": number})
    assert done(client).count("The index is as it was before.") == 2
    assert desk.folder.current() == before
    assert left_behind(desk.folder) == []


def test_an_index_that_is_locked_is_said(client: TestClient, desk: Desk):
    with desk.folder.writing("test"):
        send(client, ("ferry.txt", b"The ferry Merle carried 318 passengers."))
        assert "locked by" in done(client)
    assert len(desk.folder.open().documents) == 2
    assert left_behind(desk.folder) == []


def test_an_upload_that_is_too_large_is_refused(desk: Desk):
    with client_of(replace(desk, most_upload=1000)) as client:
        assert send(client, ("a.txt", b"ice " * 1000)).status_code == 413
        head = b'--y\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        chunked = client.post(  # says nothing of its length beforehand
            "/library/add",
            content=(part for part in (head, *[b"x" * 100] * 30, b"\r\n--y--\r\n")),
            headers={"Content-Type": "multipart/form-data; boundary=y"},
        )
        assert chunked.status_code == 413
        assert send(client, ("a.txt", b"The ice.")).status_code == 303
        done(client)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data; boundary=y", b"--y\r\nnonsense"),
        ("multipart/form-data", b""),
        ("text/plain", b"ice"),
        ("multipart/form-data; boundary=y",
         b'--y\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n--y--\r\n'),
    ],
)  # fmt: skip
def test_a_form_without_files_is_explained(client: TestClient, kind: str, content: bytes):
    answer = client.post("/library/add", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'action="/library/add"' in answer.text


def test_what_a_killed_server_left_goes_with_the_next_addition(tmp_path: Path):
    left = tmp_path / "uploads" / "4f1c"
    (left / "uploads").mkdir(parents=True)
    held = Inbox(tmp_path)  # of a server that lives
    assert not left.exists()
    other = Inbox(tmp_path)
    assert held.path.exists()
    held.close()
    other.close()
    assert not (tmp_path / "uploads").exists()


def test_an_addition_is_told_all_settings(tmp_path: Path):
    given = Config(ocr="eng+spa", model='gguf:C:\\é "\x7f', strictness=0.5, keep_originals=False)
    inbox = Inbox(tmp_path)
    told = load_config(inbox.settings(given))
    inbox.close()
    assert (told, told.model_fields_set) == (given, given.model_fields_set)


# Editing and removing


def test_what_is_known_is_edited(client: TestClient, desk: Desk):
    path = path_of(client, "mill")
    fields = {"title": "The Mill <b>", "author": "Mill Board", "published": "May", "language": "en"}
    wrong = client.post(f"{path}/edit", data=fields)
    assert wrong.status_code == 400
    page = lxml.html.fromstring(wrong.text)
    assert page.get_element_by_id("published").get("aria-describedby") == "published-wrong"
    assert page.get_element_by_id("title").value == "The Mill <b>"
    fields["published"] = "2018-05"
    saved = client.post(f"{path}/edit", data=fields)
    assert saved.headers["location"] == f"{path}?done=saved"
    cited = desk.latest().ask(SACKS).citations[0].document
    assert (cited.title, cited.author, cited.published) == ("The Mill <b>", "Mill Board", "2018-05")
    assert cited.uncertain == ("language",)
    client.post(f"{path}/edit", data=fields | {"confirm-language": "1"})
    assert desk.folder.open().documents[cited.id].uncertain == ()
    again = client.post(f"{path}/edit", data=fields)
    assert again.headers["location"] == f"{path}?done=same"


def test_a_document_is_removed_after_it_was_said_what_goes(client: TestClient, desk: Desk):
    path = path_of(client, "mill")
    asks = client.get(f"{path}/remove").text
    assert "its passages (1)" in asks
    assert len(desk.folder.open().documents) == 2
    with desk.folder.writing("test"):
        locked = client.post(f"{path}/remove")
    assert locked.status_code == 409
    assert "onrecord test" in locked.text
    assert client.post(f"{path}/remove").headers["location"] == "/library?done=removed"
    assert not any("912" in c.quote for c in desk.latest().ask(SACKS).citations)
    assert client.get(path).status_code == client.post(f"{path}/remove").status_code == 404


def test_a_part_of_a_message_goes_with_the_message(make_index):
    import samples

    folder = make_index({"a.eml": samples.mail()})
    with client_of(open_desk(folder.path, HASHING)) as client:
        inner = next(d for d in folder.open().documents.values() if d.parent)
        holder = folder.open().by_source(inner.parent or "")
        assert holder
        page = client.get(f"/library/{inner.id}/remove").text
        assert f'href="/library/{holder.id}"' in page
        assert "<button" not in page
        assert client.post(f"/library/{inner.id}/remove").status_code == 400
        assert f'href="/library/{inner.id}"' in client.get(f"/library/{holder.id}").text
        assert "the documents inside it (2)" in client.get(f"/library/{holder.id}/remove").text


# Who may, and what is wrong


def test_who_may_only_read_finds_no_form_and_no_way(desk: Desk):
    with client_of(replace(desk, changes=False)) as client:
        path = path_of(client, "mill")
        for shown in ("/library", path, "/library/work"):
            assert 'method="post"' not in client.get(shown).text
        assert f"{path}/edit" not in client.get(path).text
        refused = [client.get(f"{path}/edit"), client.get(f"{path}/remove")]
        for route in ("add", "add-folder", "stop"):
            refused.append(client.post(f"/library/{route}", data={"path": "/"}))
        refused += [client.post(f"{path}/{step}") for step in ("edit", "remove")]
        assert {answer.status_code for answer in refused} == {403}
        assert all("command line" in answer.text for answer in refused)
    assert len(desk.folder.open().documents) == 2


def test_paths_of_this_machine_mean_nothing_to_others(desk: Desk):
    with client_of(replace(desk, local=False)) as client:
        assert "add-folder" not in client.get("/library").text
        answer = client.post("/library/add-folder", data={"path": "/"})
        assert answer.status_code == 403


def test_an_index_that_is_still_to_come_begins_with_an_addition(tmp_path: Path):
    folder = IndexFolder(tmp_path / "index")

    def latest() -> Assistant:
        folder.current()
        return open_desk(folder.path, HASHING).latest()

    with client_of(Desk(latest, folder, HASHING)) as client:
        empty = client.get("/library").text
        assert "nothing in the library yet" in empty
        assert '<details class="adding" open>' in empty
        assert client.get("/library/" + "0" * 16).status_code == 404
        send(client, ("mill.md", MILL.encode()))
        assert "Added: 1." in done(client)
        assert "The mill" in client.get(path_of(client, "mill")).text


def test_damage_is_said_with_the_next_step(library: IndexFolder):
    def latest() -> Assistant:
        raise IndexDamaged("cards.npy: was altered", "run onrecord check")

    with client_of(Desk(latest, library, HASHING)) as client:
        for path in ("/library", "/library/" + "0" * 16):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "cards.npy: was altered; run onrecord check" in answer.text
