"""A client of the Model Context Protocol against the real server, over HTTP and standard input."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from serving import COMMAND, served

from index.store import IndexFolder
from rag.assistant import open_assistant
from ui.auth import Account, hashed, save, token_hash

QUESTION = "How thick was the ice on the second morning?"
FOREIGN = "Which quantum chromodynamics lattice converges?"


async def session(transport: object, library: IndexFolder) -> None:
    """What a program does with the tools: looks at them, asks, searches, reads on, errs."""
    async with Client(transport) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == ["ask", "search", "show"]
        assert all(tool.annotations.read_only_hint for tool in tools.values())
        assert "context" not in tools["ask"].input_schema["properties"]

        found = await client.call_tool("ask", {"question": QUESTION})
        answer = found.structured_content
        assert json.loads(found.content[0].text) == answer
        expected = open_assistant(library.path).ask(QUESTION).to_json()
        assert answer | {"seconds": 0} == expected | {"seconds": 0}
        foreign = (await client.call_tool("ask", {"question": FOREIGN})).structured_content
        assert foreign["abstained"]

        narrowed = {"question": "trees", "k": 2, "filters": {"documents": ["orchard.txt"]}}
        hits = (await client.call_tool("search", narrowed)).structured_content["hits"]
        assert {Path(hit["source"]).name for hit in hits} == {"orchard.txt"}

        [citation] = answer["citations"][:1]
        place = {key: citation[key] for key in ("document", "start", "end")}
        shown = (await client.call_tool("show", place)).structured_content
        assert shown["text"] == citation["quote"]

        for name, arguments, told in (
            ("ask", {"question": " "}, "the question is empty; ask something"),
            ("show", {"document": "nowhere.txt"}, "no document 'nowhere.txt'"),
            ("search", {"question": "ice", "filters": {"since": "soon"}}, "since is 'soon'"),
        ):
            wrong = await client.call_tool(name, arguments)
            assert wrong.is_error
            assert told in wrong.content[0].text


def test_a_session_over_http_with_a_token(library: IndexFolder, tmp_path: Path):
    token = "a token of Ada's"  # noqa: S105
    users = tmp_path / "users.json"
    save(users, {"ada": Account(hashed("the bell of Ostrel rang"), {"agent": token_hash(token)})})
    log = tmp_path / "audit.jsonl"

    async def with_token(url: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
            await session(streamable_http_client(f"{url}/mcp", http_client=http), library)

    with served(library.path, "--auth", str(users), "--audit", str(log)) as (url, _):
        asyncio.run(asyncio.wait_for(with_token(url), 60))
    asked = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["user"] for line in asked} == {"ada"}
    assert [line["action"] for line in asked] == ["ask", "ask", "search", "ask"]


def test_a_session_on_standard_input(library: IndexFolder):
    program, *arguments = [*COMMAND, "mcp", "--index", str(library.path)]
    server = StdioServerParameters(command=program, args=arguments)
    asyncio.run(asyncio.wait_for(session(server, library), 60))
