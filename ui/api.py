"""The HTTP API: `POST /api/ask` and `/api/search`, `GET /api/show` and `/api/documents`.

Its OpenAPI document is at `/openapi.json`. Questions are posted, so that none stands in an address,
where proxies would log it.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from index import __version__
from index.errors import IndexStateError, OnRecordError
from ui import api_models as models
from ui.queueing import Busy, Gone
from ui.service import Service
from ui.visitors import ANYBODY, Visitor, entrance


def new_app() -> FastAPI:
    """An application whose errors are JSON: what is wrong, and the next step."""
    app = FastAPI(
        title="OnRecord",
        version=__version__,
        description="Answers from your documents, every sentence on the record.",
        openapi_url="/openapi.json",
        docs_url=None,  # its page would load scripts from another host
        redoc_url=None,
    )
    app.add_exception_handler(OnRecordError, _told)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Gone, _nobody)
    return app


def router(service: Service) -> APIRouter:
    """The four calls."""
    api = APIRouter(prefix="/api", tags=["OnRecord"], responses=models.ERRORS)

    @api.post("/ask", response_model=models.Answer, summary="A cited answer, or an abstention")
    async def ask(body: models.Question, request: Request) -> Response:
        there = _is_there(request)
        answer = await service.ask(
            _visitor(request), body.question, _conditions(body.filters), body.history, there
        )
        return _json(answer)

    @api.post("/search", response_model=models.Hits, summary="Ranked passages, without an answer")
    async def search(body: models.Query, request: Request) -> Response:
        there = _is_there(request)
        hits = await service.search(
            _visitor(request), body.question, body.k, _conditions(body.filters), there
        )
        return _json(hits)

    @api.get("/show", response_model=models.ShownDocument, summary="A document, or a place in it")
    async def show(
        request: Request, document: str, start: int | None = None, end: int | None = None
    ) -> Response:
        return _json(await service.show(_visitor(request), document, start, end))

    @api.get("/documents", response_model=models.Documents, summary="What the index holds")
    async def documents(request: Request) -> Response:
        return _json({"documents": await service.documents(_visitor(request))})

    return api


def add_mcp(app: FastAPI, service: Service) -> None:
    """The MCP endpoint, where the extra is installed; where it is not, who calls is told so."""
    if find_spec("mcp") is None:
        fault = {"what": "MCP is not installed here", "next": "pip install 'onrecord[mcp]'"}

        @app.api_route("/mcp", methods=["GET", "POST"], include_in_schema=False)
        async def no_mcp() -> JSONResponse:
            return JSONResponse({"error": fault}, 501)

        return
    from mcp.server.transport_security import TransportSecuritySettings

    from ui.mcp_server import mcp_server

    server = mcp_server(service)
    guarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # `Guard` does that
    inner = server.streamable_http_app(
        stateless_http=True, json_response=True, transport_security=guarded
    )
    app.router.routes.extend(inner.routes)
    before = app.router.lifespan_context

    @asynccontextmanager
    async def with_mcp(outer: FastAPI) -> AsyncIterator[Any]:
        async with before(outer) as state, server.session_manager.run():
            yield state

    app.router.lifespan_context = with_mcp


def _visitor(request: Request) -> Visitor:
    found = entrance(request.scope)
    return found.visitor if found else ANYBODY


def _is_there(request: Request) -> Any:
    async def is_there() -> bool:
        return not await request.is_disconnected()

    return is_there


def _conditions(given: models.Conditions | None) -> dict[str, Any] | None:
    return given.model_dump(exclude_none=True) if given else None


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """As `onrecord --json` prints it; what cannot be UTF-8 (a lone surrogate) is escaped."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(text, status, headers, "application/json")


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, OnRecordError)  # noqa: S101 - it is registered for these
    fault = {"error": {"what": error.what, "next": error.next_step}}
    if isinstance(error, Busy):
        return _json(fault, 503, {"Retry-After": str(math.ceil(error.retry_seconds))})
    unknown = request.url.path == "/api/show" and error.what.startswith("no ")
    return _json(fault, 503 if isinstance(error, IndexStateError) else 404 if unknown else 400)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return JSONResponse(
        {"error": {"what": f"{where}: {first['msg']}", "next": "see /openapi.json"}}, 400
    )


async def _nobody(request: Request, error: Exception) -> Response:
    """499, as nginx logs it: the client has closed the connection, nobody reads this."""
    return Response(status_code=499)
