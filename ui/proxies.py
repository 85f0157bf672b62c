"""What a reverse proxy says of a request, believed only from addresses that were named."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from index.errors import InputError

if TYPE_CHECKING:
    from starlette.types import Scope

PEER_KEY = "onrecord.peer"
"""Where a request's scope holds the address of the proxy itself, once `Proxies.seen` saw it."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The proxies that are trusted, as addresses or networks (`10.0.0.7`, `10.0.0.0/24`)."""

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        self._networks = [_network(address) for address in addresses]

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trusts(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)

    def seen(self, scope: Scope) -> Scope:
        """The scope with the client's own address and scheme, where a trusted proxy names them.

        Of `X-Forwarded-For` the last address that is no trusted proxy counts: those before it are
        whatever the client wrote. Of `X-Forwarded-Proto` the last word, which the proxy added.
        """
        if not self.trusts(peer(scope)):
            return scope
        changed = dict(scope) | {PEER_KEY: peer(scope)}
        scheme = _words(values(scope, b"x-forwarded-proto"))[-1:]
        if scheme in (["http"], ["https"]):
            changed["scheme"] = scheme[0]
        passed = _words(values(scope, b"x-forwarded-for"))
        clients = [address for address in passed if not self.trusts(address)]
        if clients:
            changed["client"] = (clients[-1], 0)
        return changed


def peer(scope: Scope) -> str:
    """The address at the other end of the connection; empty where there is none."""
    return str(scope["client"][0]) if scope.get("client") else ""


def values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header of a request, in their order; the name in lower case."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _words(lists: Sequence[str]) -> list[str]:
    return [word.strip() for word in ",".join(lists).split(",") if word.strip()]


def _network(address: str) -> Network:
    try:
        return ipaddress.ip_network(address, strict=False)
    except ValueError as error:
        raise InputError(
            f"--trusted-proxy {address}: not an address",
            "write one such as 10.0.0.7, or a network such as 10.0.0.0/24",
        ) from error
