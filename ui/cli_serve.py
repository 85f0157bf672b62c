"""`onrecord serve`, `onrecord mcp`, `onrecord users`: the page, the tools, who may use them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from index.errors import InputError
from ui.options import (
    DEFAULT_INDEX,
    BaseUrlOption,
    ConfigOption,
    DeviceOption,
    IndexOption,
    ModelOption,
    RoleOption,
    StrictnessOption,
    complain,
    say,
    settings_from,
)

if TYPE_CHECKING:
    from index.config import Config
    from ui.auth import Account
    from ui.gate import Door
    from ui.proxies import Proxies
    from ui.talk import Latest
    from ui.web import Certificate

users = typer.Typer(
    help="Who may use a server that others can reach.", no_args_is_help=True, rich_markup_mode=None
)

AuthOption = Annotated[Path, typer.Option("--auth", metavar="FILE", help="The file of users.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
AuditOption = Annotated[
    Path | None,
    typer.Option("--audit", metavar="FILE", help="Logs who asked what; nothing is logged without."),
]
AuditQuestionsOption = Annotated[
    Literal["hash", "text"],
    typer.Option("--audit-questions", help="A question's hash in the log, or its words."),
]


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 7860,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Others than this machine need --auth.")
    ] = "127.0.0.1",
    auth: Annotated[
        Path | None, typer.Option("--auth", metavar="FILE", help="Users, made by: users add.")
    ] = None,
    auth_header: Annotated[
        str | None,
        typer.Option(
            "--auth-header", metavar="NAME", help="A proxy names the user: X-Forwarded-User."
        ),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option("--trusted-proxy", metavar="ADDRESS", help="Whose headers are believed."),
    ] = None,
    public_host: Annotated[
        list[str] | None,
        typer.Option("--public-host", metavar="NAME", help="A name that browsers call it by."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="For https, with --key.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE")] = None,
    calls_per_minute: Annotated[
        int, typer.Option("--calls-per-minute", metavar="N", min=1, help="Of one client.")
    ] = 600,
    changes: Annotated[
        bool | None,
        typer.Option("--changes/--no-changes", help="May readers add, edit, remove?"),
    ] = None,
    audit: AuditOption = None,
    audit_questions: AuditQuestionsOption = "hash",
    example: Annotated[
        list[str] | None, typer.Option("--example", metavar="QUESTION", help="Offered on the page.")
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    role: RoleOption = None,
    strictness: StrictnessOption = None,
) -> None:
    """The browser page, its HTTP API and MCP, on this machine only (127.0.0.1) unless told.

    On other addresses it asks who comes: --auth, or --auth-header behind a proxy. The library can
    be changed from the page where only this machine reaches it, elsewhere with --changes.
    """
    from index.store import IndexFolder
    from ui.app import Access
    from ui.desk import Desk
    from ui.examples import drawn
    from ui.proxies import Proxies
    from ui.web import is_loopback, refuse_unguarded
    from ui.web import serve as serve_page

    proxies = Proxies(trusted_proxy or ())
    # Behind a password any name will do: a cookie is sent to the name under which it was given.
    hosts = public_host or (() if is_loopback(host) else ("*",))
    access = Access(_door(auth, auth_header, proxies), proxies, hosts, calls_per_minute)
    refuse_unguarded(host, access)  # before the seconds in which models are loaded
    tls = _tls(certificate, key)
    if not (is_loopback(host) or tls or trusted_proxy):
        complain(
            f"{host}: passwords and answers travel unencrypted; "
            "give --certificate and --key, or put a proxy in front (--trusted-proxy)"
        )

    def announce(address: str) -> None:
        say(f"OnRecord is at {address} (Ctrl-C ends it)")

    settings = settings_from(
        config, device, model=model, base_url=base_url, model_role=role, strictness=strictness
    )
    local = is_loopback(host) and not (auth or auth_header or trusted_proxy)
    may_change = local if changes is None else changes
    # Where documents can be added on the page, the first may come from there.
    latest = _latest(index, settings, audit, audit_questions, later=may_change)
    serve_page(
        Desk(
            latest,
            IndexFolder(index),
            settings,
            changes=may_change,
            checks=changes is not False,
            local=local,
            log_out=auth is not None,
        ),
        host,
        port,
        examples=example or (drawn(latest()) if IndexFolder(index).exists() else ()),
        access=access,
        certificate=tls,
        announce=announce,
    )


def mcp(
    audit: AuditOption = None,
    audit_questions: AuditQuestionsOption = "hash",
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    role: RoleOption = None,
    strictness: StrictnessOption = None,
) -> None:
    """The MCP tools ask, search and show on standard input and output, for one program.

    A server that runs (`onrecord serve`) has them at /mcp as well.
    """
    import asyncio
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise InputError("MCP is not installed here", "pip install 'onrecord[mcp]'")
    from ui.mcp_server import mcp_server
    from ui.queueing import FairQueue
    from ui.service import Service

    settings = settings_from(
        config, device, model=model, base_url=base_url, model_role=role, strictness=strictness
    )
    latest = _latest(index, settings, audit, audit_questions)
    asyncio.run(mcp_server(Service(latest, FairQueue())).run_stdio_async())


@users.command("add", epilog="Example: onrecord users add ada --auth users.json")
def users_add(name: NameArgument, auth: AuthOption) -> None:
    """Adds a user, or gives one a new password, which is asked for and not shown.

    From a pipe the password is the first line: for scripts.
    """
    from ui.auth import Account, checked_name, checked_password, hashed, save

    found = _users(auth, new=True)
    before = found.get(checked_name(name))
    password = checked_password(_password())
    save(auth, found | {name: Account(hashed(password), before.tokens if before else {})})
    say(f"{'changed' if before else 'added'}  {name}")


@users.command("remove", epilog="Example: onrecord users remove ada --auth users.json")
def users_remove(name: NameArgument, auth: AuthOption) -> None:
    """Removes a user with all tokens; sessions that are open end at once."""
    from ui.auth import save

    found = _users(auth)
    if name not in found:
        raise InputError(f"no user {name!r} in {auth}", "see: onrecord users list --auth FILE")
    save(auth, {other: account for other, account in found.items() if other != name})
    say(f"removed  {name}")


@users.command("list", epilog="Example: onrecord users list --auth users.json")
def users_list(auth: AuthOption) -> None:
    """The users, and the names of their tokens."""
    for name, account in _users(auth).items():
        say("  ".join((name, *(f"[{token}]" for token in account.tokens))))


@users.command("token", epilog="Example: onrecord users token ada --name agent --auth users.json")
def users_token(
    name: NameArgument,
    auth: AuthOption,
    label: Annotated[str, typer.Option("--name", metavar="LABEL", help="What it is for.")] = "api",
    revoke: Annotated[bool, typer.Option("--revoke", help="Takes it back.")] = False,
) -> None:
    """Makes a token with which a program speaks for a user; printed once, kept as a hash."""
    import secrets

    from ui.auth import Account, checked_name, save, token_hash

    found = _users(auth)
    if name not in found:
        raise InputError(f"no user {name!r} in {auth}", "add one: onrecord users add NAME")
    tokens = dict(found[name].tokens)
    if revoke:
        if tokens.pop(label, None) is None:
            raise InputError(f"{name} has no token {label!r}", "see: onrecord users list")
        save(auth, found | {name: Account(found[name].password, tokens)})
        say(f"revoked  {label}")
        return
    token = f"onrecord_{secrets.token_urlsafe(32)}"
    tokens[checked_name(label)] = token_hash(token)
    save(auth, found | {name: Account(found[name].password, tokens)})
    say(token)


def _users(auth: Path, new: bool = False) -> dict[str, Account]:
    from ui.auth import Accounts

    return {} if new and not auth.exists() else dict(Accounts(auth).all())


def _password() -> str:
    import getpass
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise InputError("the two passwords differ", "type it again")
    return password


def _door(auth: Path | None, header: str | None, proxies: Proxies) -> Door:
    from ui.auth import Accounts
    from ui.gate import HeaderDoor, OpenDoor, PasswordDoor

    if auth and header:
        raise InputError("--auth and --auth-header exclude each other", "give one of them")
    if header and not proxies:
        raise InputError(
            "--auth-header alone would believe anybody", "name the proxy: --trusted-proxy ADDRESS"
        )
    if header and not re.fullmatch(r"[A-Za-z0-9-]+", header):
        raise InputError(f"--auth-header {header}: not a header's name", "such as X-Forwarded-User")
    if header:
        return HeaderDoor(header, proxies)
    if not auth:
        return OpenDoor()
    accounts = Accounts(auth)
    if not accounts.all():
        raise InputError(f"{auth}: no users in it", "add one: onrecord users add NAME --auth FILE")
    return PasswordDoor(accounts)


def _tls(certificate: Path | None, key: Path | None) -> Certificate | None:
    from ui.web import Certificate

    if not certificate and not key:
        return None
    if not certificate or not key:
        raise InputError("https needs a certificate and its key", "give --certificate and --key")
    return Certificate(certificate, key)


def _latest(
    index: Path,
    settings: Config,
    audit: Path | None,
    questions: Literal["hash", "text"],
    later: bool = False,
) -> Latest:
    from rag.assistant import LiveAssistant

    latest = LiveAssistant(index, settings, later)
    if not audit:
        return latest
    from ui.audit import AuditLog, audited

    return audited(latest, AuditLog(audit, questions))
