"""Serving what `ui.app` composes: the address, certificates, memory, and an end without noise."""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import InputError
from ui.app import Access, build_app
from ui.desk import Desk
from ui.gate import OpenDoor
from ui.stopping import terminable

MOST_CONNECTIONS = 1000
"""At one time; a page that waits for an answer holds two."""

ARENAS = 2
"""Regions from which glibc's malloc serves threads. With its default, eight for a core, threads
that answer one question each left 170 MiB more behind (docs/SERVING.md)."""

_M_ARENA_MAX = -8  # mallopt(3)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM for serving over https."""

    certificate: Path
    key: Path


def serve(
    desk: Desk,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    examples: Sequence[str] = (),
    access: Access | None = None,
    certificate: Certificate | None = None,
    announce: Callable[[str], None] = lambda url: None,
) -> None:
    """Serves the page until it is interrupted; `announce` gets its address once it can be opened.

    Port 0 takes any free one. `InputError` when the address cannot be had, or when others could
    reach the page there and nobody would ask who they are.
    """
    import uvicorn

    access = access or Access()
    refuse_unguarded(host, access)
    _spare_memory()
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot serve there ({error.strerror})", "choose another port or host"
        ) from error
    with listener:
        app = build_app(desk, examples=examples, access=access)
        config = uvicorn.Config(
            app,
            log_level="warning",  # no access log: it would hold addresses, and when they asked
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
            proxy_headers=False,  # `ui.proxies` reads them, and says which it believes
            limit_concurrency=MOST_CONNECTIONS,
            **_tls(certificate),
        )
        name = f"[{host}]" if ":" in host else host
        scheme = "https" if certificate else "http"
        announce(f"{scheme}://{name}:{listener.getsockname()[1]}")
        # The usual ways to end it. SIGTERM in order, too: additions that are under way stop.
        with contextlib.suppress(KeyboardInterrupt), terminable():
            _server(config).run(sockets=[listener])


def _server(config: Any) -> Any:
    """A uvicorn server that ends quietly: the streams of pages that are open are broken off then,
    each of which it would report as a fault, with a traceback."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await super().shutdown(sockets)

    return Server(config)


def is_loopback(host: str) -> bool:
    """True for addresses that only this machine can reach."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unguarded(host: str, access: Access) -> None:
    """`InputError` for an address that others can reach, where nobody would ask who they are."""
    if not is_loopback(host) and isinstance(access.door, OpenDoor):
        raise InputError(
            f"{host} can be reached by others, who could ask and read everything",
            "say who may: --auth FILE, or --auth-header NAME with --trusted-proxy ADDRESS",
        )


def _tls(certificate: Certificate | None) -> dict[str, Any]:
    if not certificate:
        return {}
    for path in (certificate.certificate, certificate.key):
        if not path.is_file():
            raise InputError(f"{path}: no such file", "name the files in PEM")
    return {
        "ssl_certfile": str(certificate.certificate),
        "ssl_keyfile": str(certificate.key),
    }


def _spare_memory() -> None:
    """Tells malloc how many arenas to make, where it is glibc's and nobody else has."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(_M_ARENA_MAX, ARENAS)
