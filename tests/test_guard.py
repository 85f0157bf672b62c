"""What the server refuses: too much, too often, from elsewhere; and what it says of itself."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from serving import onrecord, served

from index.store import IndexFolder
from rag.assistant import open_assistant
from ui import api_models
from ui.audit import AuditFailed, AuditLog, audited, hashed_question
from ui.guard import SECURITY_HEADERS
from ui.limits import MOST_BODY, Rates, TooLarge, TooSlow, counted, read_body
from ui.proxies import PEER_KEY, Proxies
from ui.visitors import VISITOR, Visitor, network

QUESTION = "How thick was the ice on the second morning?"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit") / "audit.jsonl"


@pytest.fixture(scope="module")
def client(library: IndexFolder, log: Path) -> Iterator[httpx.Client]:
    options = ("--audit", str(log), "--audit-questions", "text", "--calls-per-minute", "240")
    with (
        served(library.path, *options) as (url, _),
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
    ):
        yield client


def test_the_api_gives_the_answer_of_the_command_line(client: httpx.Client, library: IndexFolder):
    told = client.post("/api/ask", json={"question": QUESTION}).json()
    assert told | {"seconds": 0} == open_assistant(library.path).ask(QUESTION).to_json() | {
        "seconds": 0
    }
    narrowed = {"question": "trees", "k": 3, "filters": {"documents": ["orchard.txt"]}}
    hits = client.post("/api/search", json=narrowed).json()["hits"]
    assert {hit["source"].rsplit("/", 1)[-1] for hit in hits} == {"orchard.txt"}
    known = client.get("/api/documents").json()["documents"]
    assert [row["id"] for row in known] == [row["id"] for row in _listed(library)]
    [citation] = told["citations"][:1]
    place = {"document": citation["document"], "start": citation["start"], "end": citation["end"]}
    assert client.get("/api/show", params=place).json()["text"] == citation["quote"]
    whole = client.get("/api/show", params={"document": citation["source"]}).json()["text"]
    assert whole[citation["start"] : citation["end"]] == citation["quote"]


def _listed(library: IndexFolder) -> list[dict[str, object]]:
    return json.loads(onrecord("list", "--json", "--index", str(library.path)).stdout)


def test_what_the_api_sends_is_what_its_document_says(client: httpx.Client):
    document = client.get("/openapi.json").json()
    assert list(document["paths"]) == ["/api/ask", "/api/search", "/api/show", "/api/documents"]
    for question in (QUESTION, "Which quantum chromodynamics lattice converges?"):
        answer = client.post("/api/ask", json={"question": question}).content
        api_models.Answer.model_validate_json(answer, strict=True)
    hits = client.post("/api/search", json={"question": QUESTION}).content
    api_models.Hits.model_validate_json(hits, strict=True)
    documents = client.get("/api/documents").json()["documents"]
    TypeAdapter(list[api_models.ListedDocument]).validate_python(documents, strict=True)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "told"),
    [
        ("POST", "/api/ask", {"question": " "}, 400, "the question is empty"),
        ("POST", "/api/ask", {"question": "ice " * 1000}, 400, "the limit is 2000"),
        ("POST", "/api/ask", {"query": "ice"}, 400, "question"),
        ("POST", "/api/ask", {"question": "ice", "filters": {"sinc": "2"}}, 400, "sinc"),
        ("POST", "/api/search", {"question": "ice", "k": 0}, 400, "k is 0"),
        ("POST", "/api/search", {"question": "ice", "filters": {"since": "x"}}, 400, "since"),
        ("GET", "/api/show?document=nowhere.txt", None, 404, "nowhere.txt"),
        ("GET", "/api/show?document=orchard.txt&start=5&end=5", None, 400, "5-5"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(
    client: httpx.Client, method: str, path: str, sent: object, status: int, told: str
):
    answer = client.request(method, path, json=sent)
    fault = api_models.Error.model_validate_json(answer.content).error
    assert answer.status_code == status
    assert told in fault.what
    assert fault.next


def test_refusals_carry_the_security_headers_as_well(client: httpx.Client):
    large = client.post("/api/ask", content=b"x" * (MOST_BODY + 1))
    elsewhere = client.post("/api/ask", json={}, headers={"Origin": "https://evil.example"})
    renamed = client.get("/", headers={"Host": "rebound.example"})
    assert [r.status_code for r in (large, elsewhere, renamed)] == [413, 403, 400]
    for answer in (large, elsewhere, renamed, client.get("/api/documents")):
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_body_that_lies_about_its_length_is_cut_off(client: httpx.Client):
    """Chunked, without a length: the server must not read on and on."""
    url = client.base_url
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        head = f"POST /api/ask HTTP/1.1\r\nHost: {url.host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        sent = 0
        try:
            while sent < 20 * MOST_BODY:
                connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                sent += 0x10000
        except OSError:
            pass
        assert sent < 20 * MOST_BODY
    assert client.get("/api/documents").status_code == 200


def test_the_log_has_what_was_asked_and_cited_and_nothing_of_the_answer(
    client: httpx.Client, log: Path, library: IndexFolder
):
    answer = client.post("/api/ask", json={"question": QUESTION}).json()
    event = client.post("/gradio_api/call/search", json={"data": ["medlars"]}).json()["event_id"]
    client.get(f"/gradio_api/call/search/{event}")
    asked, searched = [json.loads(line) for line in log.read_text().splitlines()[-2:]]
    assert (asked["action"], asked["outcome"], asked["question"]) == ("ask", "answered", QUESTION)
    assert asked["documents"] == list({c["document"]: 1 for c in answer["citations"]})
    assert (searched["action"], searched["question"]) == ("search", "medlars")
    assert set(asked) == {
        *("time", "user", "action", "question", "outcome", "documents", "seconds"),
    }
    assert answer["citations"][0]["quote"] not in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_one_who_calls_too_often_is_told_when_to_come_again(client: httpx.Client):
    """The last test of this server: the minute's calls are used up."""
    answers = [client.post("/api/ask", json={"question": ""}) for _ in range(150)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[-1].headers["Retry-After"]) >= 1
    assert "try again" in refused[-1].json()["error"]["next"]


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_client_gets_more_calls_than_its_bucket_holds(pauses: list[float]):
    now = 0.0
    rates = Rates(per_minute=60, burst=5, clock=lambda: now)
    allowed = []
    for pause in pauses:
        now += pause
        wait = rates.wait("a")
        assert 0 <= wait <= 1
        if not wait:
            allowed.append(now)
    for i, first in enumerate(allowed):
        for j in range(i, len(allowed)):
            assert j - i + 1 <= 5 + (allowed[j] - first) + 1e-6
    assert rates.wait("b") == 0


def test_a_body_is_read_as_far_as_it_may_be_long_and_no_longer_than_that():
    def sender(*parts: bytes):
        left = [{"type": "http.request", "body": p, "more_body": True} for p in parts]

        async def receive():
            return left.pop(0) if left else await asyncio.sleep(60)

        return receive, left

    async def attempt() -> None:
        receive, left = sender(b"abc", b"def", b"ghi")
        with pytest.raises(TooLarge):
            await read_body({"headers": []}, receive, 5)
        assert len(left) == 1  # what comes after is not even taken
        with pytest.raises(TooSlow):
            await read_body({"headers": []}, sender(b"abc")[0], 5, seconds=0.01)
        for length in (b"6", b"-1", b"x"):
            with pytest.raises(TooLarge):
                await read_body({"headers": [(b"content-length", length)]}, sender()[0], 5)
        upload = counted(sender(b"abc", b"def")[0], 5)
        await upload()
        with pytest.raises(TooLarge):
            await upload()

    asyncio.run(attempt())


@pytest.mark.parametrize(
    ("client", "headers", "seen"),
    [
        ("10.0.0.7", [("x-forwarded-for", "6.6.6.6, 192.0.2.9")], ("192.0.2.9", "http")),
        ("10.0.0.7", [("x-forwarded-for", "192.0.2.9, 10.0.0.8")], ("192.0.2.9", "http")),
        ("10.0.0.7", [("x-forwarded-proto", "http, https")], ("10.0.0.7", "https")),
        ("10.0.0.7", [("x-forwarded-proto", "gopher")], ("10.0.0.7", "http")),
        ("192.0.2.9", [("x-forwarded-for", "127.0.0.1")], ("192.0.2.9", "http")),
        ("192.0.2.9", [("x-forwarded-proto", "https")], ("192.0.2.9", "http")),
    ],
)
def test_only_a_trusted_proxy_says_who_calls(
    client: str, headers: list[tuple[str, str]], seen: tuple[str, str]
):
    scope = {
        "client": (client, 5000),
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    found = Proxies(["10.0.0.0/24"]).seen(scope)
    assert (found["client"][0], found["scheme"]) == seen
    assert found.get(PEER_KEY, client) == client


def test_an_ipv6_customer_is_one_client_whatever_address_it_takes():
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9%eth0")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("192.0.2.1") != network("192.0.2.2")


def test_a_question_is_hashed_with_a_salt_of_its_own(library: IndexFolder, tmp_path: Path):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"cut": "sho')  # a crash in the middle of a line
    latest = audited(lambda: open_assistant(library.path), AuditLog(path))
    token = VISITOR.set(Visitor("ada"))
    latest().ask(QUESTION)
    next(latest().stream(QUESTION))  # and leaves
    VISITOR.reset(token)
    torn, *lines = path.read_text().splitlines()
    first, second = map(json.loads, lines)
    assert torn == '{"cut": "sho'
    assert [first["user"], first["outcome"], second["outcome"]] == ["ada", "answered", "stopped"]
    assert first["salt"] != second["salt"]
    assert hashed_question(QUESTION, first["salt"])["question_sha256"] == first["question_sha256"]
    assert QUESTION not in path.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_what_cannot_be_logged_is_not_answered(library: IndexFolder):
    latest = audited(lambda: open_assistant(library.path), AuditLog(Path("/dev/full")))
    with pytest.raises(AuditFailed, match="nothing is answered; see to its disk"):
        latest().search(QUESTION, 1)
