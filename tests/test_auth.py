"""Who may come in: passwords, tokens, sessions, a proxy's word; and how often one may try."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import COMMAND, onrecord, served

from index.errors import InputError
from index.store import IndexFolder
from ui import auth, login
from ui.app import Access
from ui.auth import (
    Account,
    Accounts,
    Sessions,
    Throttle,
    hashed,
    matches,
    save,
    token_hash,
)
from ui.cli import app
from ui.gate import HeaderDoor, Refused
from ui.guard import SECURITY_HEADERS
from ui.proxies import Proxies
from ui.web import refuse_unguarded

PASSWORD = "the bell of Ostrel rang"  # noqa: S105
ASKED = {"question": "How thick was the ice on the second morning?"}


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three users, one of whom has a token (`token` beside the file)."""
    path = tmp_path_factory.mktemp("users") / "users.json"
    save(path, {name: Account(hashed(PASSWORD), {}) for name in ("ada", "ben", "cyd")})
    token = onrecord("users", "token", "ben", "--auth", str(path)).stdout.strip()
    path.with_name("token").write_text(token)
    return path


@pytest.fixture(scope="module")
def url(library: IndexFolder, users: Path) -> Iterator[str]:
    options = ("--auth", str(users), "--trusted-proxy", "127.0.0.1")
    with served(library.path, *options) as (url, _):
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def log_in(client: httpx.Client, user: str = "ada", password: str = PASSWORD) -> httpx.Response:
    own = str(client.base_url).rstrip("/")
    form = {"user": user, "password": password}
    return client.post("/login", data=form, headers={"Origin": own})


def test_without_a_login_nothing_is_said_but_that(client: httpx.Client):
    for path in ("/", "/config", "/assets/x.js", "/gradio_api/info", "/openapi.json"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert "OnRecord" not in answer.text
    for path in ("/api/ask", "/mcp", "/gradio_api/call/ask", "/gradio_api/queue/join"):
        answer = client.post(path, json=ASKED)
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    page = client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (303, "/login")
    # No dialogue of the browser's own over a page whose session has ended.
    called = client.post("/api/ask", json=ASKED, headers={"Sec-Fetch-Mode": "cors"})
    assert "WWW-Authenticate" not in called.headers


def test_a_browser_logs_in_and_out(client: httpx.Client):
    wrong = log_in(client, "ada", "something else entirely")
    assert wrong.status_code == 401
    assert "do not belong together" in wrong.text
    assert 'value="ada"' in wrong.text
    right = log_in(client)
    assert (right.status_code, right.headers["Location"]) == (303, "/")
    settings = {part.strip() for part in right.headers["Set-Cookie"].split(";")[1:]}
    assert settings == {"HttpOnly", "Path=/", "SameSite=strict"}
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 200
    assert client.post("/api/ask", json=ASKED).status_code == 200
    session = dict(client.cookies)
    own = str(client.base_url).rstrip("/")
    assert "ada" in client.get("/logout").text
    assert client.post("/logout", headers={"Origin": own}).headers["Location"] == "/login"
    assert not client.cookies
    stolen = {"Cookie": "; ".join(f"{k}={v}" for k, v in session.items())}
    assert client.get("/config", headers=stolen).status_code == 401


def test_over_https_the_cookie_is_for_https_and_this_host_alone(client: httpx.Client):
    own = str(client.base_url).rstrip("/").replace("http:", "https:")
    proxied = {"X-Forwarded-Proto": "https", "Origin": own}
    form = {"user": "ada", "password": PASSWORD}
    cookie = client.post("/login", data=form, headers=proxied).headers["Set-Cookie"]
    name, *settings = (part.strip() for part in cookie.split(";"))
    assert name.startswith("__Host-onrecord=")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} == set(settings)
    headers = proxied | {"Cookie": name}
    assert client.get("/config", headers=headers).status_code == 200
    assert client.get("/config", headers={"Cookie": name}).status_code == 401


def test_a_login_cannot_be_sent_by_another_page(client: httpx.Client):
    form = {"user": "ada", "password": PASSWORD}
    answer = client.post("/login", data=form, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_the_login_page_runs_no_script_and_speaks_the_readers_language(client: httpx.Client):
    spanish = client.get("/login", headers={"Accept-Language": "es-CL, en;q=0.5"})
    assert 'lang="es"' in spanish.text
    assert "Contraseña" in spanish.text
    policy = spanish.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for name in set(SECURITY_HEADERS) - set(login.HEADERS):
        assert spanish.headers[name] == SECURITY_HEADERS[name]
    assert 'dir="rtl"' in client.get("/login", headers={"Accept-Language": "ar"}).text
    hostile = log_in(client, user='"><script>alert(1)</script>')
    assert "<script" not in hostile.text


def test_programs_send_a_password_or_a_token(client: httpx.Client, users: Path):
    token = users.with_name("token").read_text()
    ways = (("ada", PASSWORD), None), (None, {"Authorization": f"Bearer {token}"})
    for given_auth, headers in ways:
        answer = client.post("/api/ask", json=ASKED, auth=given_auth, headers=headers)
        assert answer.json()["abstained"] is False
    broken = ("Basic !", "Basic " + "YQ==", "Bearer", "Bearer x", "Negotiate x", "")
    for header in broken:
        assert client.get("/config", headers={"Authorization": header}).status_code == 401, header
    text = users.read_text()
    assert token not in text
    assert PASSWORD not in text
    assert users.stat().st_mode & 0o077 == 0


def test_who_tries_again_and_again_waits_even_with_the_right_password(client: httpx.Client):
    tries = [log_in(client, "cyd", f"guess number {n} of many") for n in range(3)]
    assert [answer.status_code for answer in tries] == [401] * 3
    later = log_in(client, "cyd")
    assert later.status_code == 429
    assert int(later.headers["Retry-After"]) >= 1
    assert client.get("/config", auth=("cyd", PASSWORD)).status_code == 429
    assert client.get("/config", auth=("ben", PASSWORD)).status_code == 200  # another user is not


def test_a_removed_user_is_out_at_once(tmp_path: Path):
    path = tmp_path / "users.json"
    both = {name: Account(hashed(PASSWORD), {}) for name in ("ada", "ben")}
    save(path, both)
    accounts = Accounts(path)
    sessions = Sessions(accounts)
    opened = sessions.open("ada"), sessions.open("ben")
    assert [sessions.user(session) for session in opened] == ["ada", "ben"]
    assert accounts.check_again("ada", PASSWORD)
    app(["users", "remove", "ada", "--auth", str(path)], standalone_mode=False)
    assert [sessions.user(session) for session in opened] == [None, "ben"]
    assert not accounts.check_again("ada", PASSWORD)
    save(path, {"ben": Account(hashed("quite another password"), {})})
    assert sessions.user(opened[1]) is None
    assert not accounts.check_again("ben", PASSWORD)


def test_a_proxy_names_the_user_and_nobody_else_does(library: IndexFolder):
    options = ["--auth-header", "X-Forwarded-User", "--public-host", "desk.example"]
    with (
        served(library.path, *options, "--trusted-proxy", "127.0.0.1") as (url, _),
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
    ):
        named = {"X-Forwarded-User": "ada", "Host": "desk.example"}
        https = named | {"X-Forwarded-Proto": "https", "Origin": "https://desk.example"}
        twice = [("X-Forwarded-User", "eve"), ("X-Forwarded-User", "ada")]
        assert client.post("/api/ask", json=ASKED, headers=named).status_code == 200
        assert client.post("/api/ask", json=ASKED, headers=https).status_code == 200
        for headers in ({}, {"X-Forwarded-User": ""}, twice):
            assert client.get("/config", headers=headers).status_code == 401
        assert client.get("/login", headers=named).status_code == 404
        assert client.get("/", headers=named | {"Host": "rebound.example"}).status_code == 400
    door = HeaderDoor("X-Forwarded-User", Proxies(["192.0.2.1"]))
    forged = {"client": ("192.0.2.2", 1), "headers": [(b"x-forwarded-user", b"ada")]}
    with pytest.raises(Refused):
        asyncio.run(door.user(forged))
    assert asyncio.run(door.user(forged | {"client": ("192.0.2.1", 1)})) == "ada"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], "say who may: --auth FILE"),  # noqa: S104
        (["--host", "::"], "say who may: --auth FILE"),
        (["--auth-header", "X-Forwarded-User"], "--trusted-proxy"),
        (["--auth", "{users}", "--auth-header", "X"], "exclude each other"),
        (["--auth", "nowhere.json"], "users add NAME"),
        (["--auth-header", "X Y", "--trusted-proxy", "::1"], "not a header's name"),
        (["--certificate", "x.pem"], "--key"),
        (["--trusted-proxy", "proxy.example"], "10.0.0.0/24"),
    ],
)
def test_what_would_be_open_to_all_is_not_served(
    library: IndexFolder, users: Path, options: list[str], told: str
):
    given_options = [option.format(users=users) for option in options]
    with pytest.raises(InputError, match=re.escape(told)):
        app(["serve", "--index", str(library.path), *given_options], standalone_mode=False)
    with pytest.raises(InputError, match="can be reached by others"):
        refuse_unguarded("192.0.2.1", Access())


def test_without_its_file_of_users_nobody_comes_in(client: httpx.Client, users: Path):
    users.rename(users.with_name("away"))
    answer = client.get("/config", auth=("ada", PASSWORD))
    users.with_name("away").rename(users)
    assert answer.status_code == 503
    assert "users add" in answer.json()["error"]["next"]
    assert client.get("/config", auth=("ada", PASSWORD)).status_code == 200


@pytest.mark.parametrize("damage", ["mode", "json", "hash", "cost"])
def test_a_file_of_users_that_cannot_be_trusted_is_refused(
    users: Path, tmp_path: Path, damage: str
):
    path = tmp_path / "users.json"
    data = json.loads(users.read_text())
    if damage == "hash":
        data["users"]["ada"]["password"] = PASSWORD
    if damage == "cost":
        stored = data["users"]["ada"]["password"]
        data["users"]["ada"]["password"] = stored.replace("scrypt$15", "scrypt$30")
    path.write_text("{" if damage == "json" else json.dumps(data))
    path.chmod(0o666 if damage == "mode" else 0o600)
    with pytest.raises(InputError, match=r"users\.json: (not a file of users|others on this)"):
        Accounts(path).all()


def test_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path):
    ours, theirs = pty.openpty()
    command = [*COMMAND, "users", "add", "ada", "--auth", str(tmp_path / "users.json")]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    seen = b""
    for prompt in (b"Password: ", b"again: "):
        while prompt not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, PASSWORD.encode() + b"\n")
    while b"added" not in seen:
        seen += os.read(ours, 1000)
    assert process.wait(30) == 0
    os.close(ours)
    assert PASSWORD.encode() not in seen
    assert Accounts(tmp_path / "users.json").check("ada", PASSWORD)


def test_a_password_matches_its_own_hash_and_no_other():
    stored = hashed("Zoë keeps the bell")
    assert stored.startswith("scrypt$15$8$3$")
    assert matches("Zoë keeps the bell", stored)  # typed as two code points
    assert not matches("Zoe keeps the bell", stored)
    assert hashed("Zoë keeps the bell") != stored
    with pytest.raises(InputError, match="choose 15 or more"):
        auth.checked_password("short")


@given(st.lists(st.floats(0, 2000), max_size=40))
@settings(max_examples=50)
def test_the_delay_grows_to_its_longest_and_ends_with_a_success(pauses: list[float]):
    now = 0.0
    throttle = Throttle(3, 900, clock=lambda: now)
    for n, pause in enumerate(pauses):
        expected = 0.0 if n < 3 else min(900.0, 2.0 ** (n - 3))
        assert throttle.wait("ada") == pytest.approx(expected)
        now += expected
        assert throttle.wait("ada") == 0
        now += pause
        throttle.failed("ada")
        assert throttle.wait("ben") == 0
    throttle.succeeded("ada")
    assert throttle.wait("ada") == 0


def test_a_session_ends_after_its_time(users: Path):
    now = 0.0
    accounts = Accounts(users)
    sessions = Sessions(accounts, clock=lambda: now)
    idle, busy = sessions.open("ada"), sessions.open("ada")
    while now < auth.SESSION_SECONDS:
        assert sessions.user(busy) == "ada"
        now += auth.IDLE_SECONDS - 1
    assert sessions.user(idle) is None
    assert sessions.user(busy) is None
    assert sessions.user("") is None
    assert accounts.holder(token_hash(users.with_name("token").read_text())) is None
