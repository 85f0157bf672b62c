"""Who is asking: known to the server's gate, needed by the queue and the audit log."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.queueing import FairQueue

SCOPE_KEY = "onrecord"
"""Where a request's ASGI scope holds its `Entrance`."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user's name where somebody logged in; else an address, and the browser tab on it."""

    user: str | None = None
    address: str = ""
    tab: str = ""

    @property
    def client(self) -> str:
        """What the queue takes for one client: a user, or a tab where there are no users.

        An IPv6 address counts by its first 64 bits, which are one customer's (RFC 6177).
        """
        return f"user {self.user}" if self.user else f"{network(self.address)} {self.tab}"


ANYBODY = Visitor()
VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=ANYBODY)
"""The visitor for whom this thread or task works; the audit log reads it."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the gate leaves with a request: who is in, and the queue before the assistant."""

    visitor: Visitor
    queue: FairQueue


def network(address: str) -> str:
    """An address as limits count it; what is none stays as it is."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False))


def entrance(scope: Mapping[str, Any]) -> Entrance | None:
    """That of a request; None where no gate stands before the server, as in a test."""
    found = scope.get(SCOPE_KEY)
    return found if isinstance(found, Entrance) else None


def entrance_of_page() -> Entrance | None:
    """That of the page's event which is being handled, with the tab it comes from.

    Gradio handles events in tasks of its own and leaves the request in a context variable. Asked
    here, and not by each function of the page, so that none can forget it. None where nobody came
    through a gate.
    """
    context = sys.modules.get("gradio.context")  # not imported: then no event of it is handled
    request = context.LocalContext.request.get(None) if context else None
    if request is None or request.request is None:
        return None
    found = entrance(request.request.scope)
    tab = getattr(request, "session_hash", None) or ""
    return replace(found, visitor=replace(found.visitor, tab=tab)) if found else None
