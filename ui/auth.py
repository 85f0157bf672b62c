"""Users, their passwords and tokens; sessions; and how often one may try.

Passwords are kept as scrypt hashes, tokens as SHA-256: they are 256 random bits, which nobody
guesses. Comparisons take the same time whatever is compared.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index import disk
from index.errors import InputError

LOG2_N, BLOCK, PARALLEL = 15, 8, 3
"""scrypt's cost: N=2^15, r=8, p=3 takes 32 MiB and 0.17 s. One of the settings that the OWASP
Password Storage Cheat Sheet names as equally strong; N=2^17, p=1 would take 128 MiB a login."""

LEAST_PASSWORD, MOST_PASSWORD = 15, 1024
"""Characters. NIST SP 800-63B-4, 3.1.1.2: at least 15 for a password that is used alone."""

SESSION_SECONDS, IDLE_SECONDS = 24 * 3600.0, 8 * 3600.0
"""A session ends after a day, as NIST SP 800-63B-4, 2.2.3 (AAL2) has it, or after a working day
in which nothing was asked of the server."""

MOST_REMEMBERED = 10_000
"""Sessions, and addresses or names that failed; some 200 bytes each."""

_NAME = re.compile(r"[\w.@+-]{1,64}")
_HASH = re.compile(r"scrypt\$(\d{2})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]{16,64})\$([\w+/=]{32,128})")
_LARGEST = 20, 16, 16
"""Of the three costs in a file: N=2^20 with r=16 takes 2 GiB. More is a mistake, or an attack."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user: the hash of the password, and of each token by its own name."""

    password: str
    tokens: dict[str, str]


def hashed(password: str) -> str:
    """`scrypt$log2(N)$r$p$salt$hash`, salt and hash in base 64."""
    salt = os.urandom(16)
    digest = _scrypt(password, salt, LOG2_N, BLOCK, PARALLEL)
    text = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(("scrypt", str(LOG2_N), str(BLOCK), str(PARALLEL), *text))


def matches(password: str, stored: str) -> bool:
    """True when `stored` is a hash of the password."""
    found = _HASH.fullmatch(stored)
    if not found or len(password) > MOST_PASSWORD:
        return False
    log2_n, block, parallel = (int(found[n]) for n in (1, 2, 3))
    salt, digest = base64.b64decode(found[4]), base64.b64decode(found[5])
    made = _scrypt(password, salt, log2_n, block, parallel)
    return hmac.compare_digest(made, digest)


def _scrypt(password: str, salt: bytes, log2_n: int, block: int, parallel: int) -> bytes:
    # The same letters may be typed as different code points (NIST SP 800-63B-4, 3.1.1.2).
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "backslashreplace")
    memory = 128 * block * (2**log2_n + parallel + 2)  # RFC 7914, section 6, and room for the ends
    return hashlib.scrypt(
        text, salt=salt, n=2**log2_n, r=block, p=parallel, maxmem=2 * memory, dklen=32
    )


def checked_password(password: str) -> str:
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise InputError(
            f"the password has {len(password)} characters",
            f"choose {LEAST_PASSWORD} or more; several words are easy to remember",
        )
    return password


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be a user's name", "write letters, digits, . @ + - or _: at most 64"
        )
    return name


class Accounts:
    """The users in a file, read again when it has changed. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._users: dict[str, Account] = {}
        self._nobody = hashed(secrets.token_hex())  # so that an unknown name takes as long
        self._key = secrets.token_bytes()
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def all(self) -> dict[str, Account]:
        """By name. `InputError` where the file is not there, not ours alone, or malformed."""
        with self._lock:
            try:
                status = self.path.stat()
                stamp = status.st_mtime_ns, status.st_size
                if stamp != self._stamp:
                    if os.name != "nt" and status.st_mode & 0o022:
                        raise InputError(
                            f"{self.path}: others on this machine can change it",
                            f"chmod 600 {self.path}",
                        )
                    self._users = _parsed(self.path.read_bytes(), self.path)
                    self._stamp = stamp
            except OSError as error:
                raise InputError(
                    f"{self.path}: cannot read the users ({error.strerror})",
                    "make the first with: onrecord users add NAME --auth FILE",
                ) from error
            return self._users

    def check(self, name: str, password: str) -> bool:
        """True for a user's own password. Takes 0.2 s, for an unknown name as well."""
        account = self.all().get(name)
        right = matches(password, account.password if account else self._nobody)
        return right and account is not None

    def check_again(self, name: str, password: str) -> bool:
        """Like `check`, and quick for what was right before: programs send it with each call."""
        account = self.all().get(name)
        text = f"{name}\0{password}".encode("utf-8", "backslashreplace")
        mark = hmac.digest(self._key, text, "sha256")
        if account and self._known.get(mark) == account.password:
            return True
        if not self.check(name, password):
            return False
        if account:
            self._known[mark] = account.password
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return True

    def holder(self, token: str) -> str | None:
        """The user to whom a token was given."""
        digest = token_hash(token)
        found = None
        for name, account in self.all().items():
            for stored in account.tokens.values():
                if hmac.compare_digest(stored, digest):
                    found = name
        return found


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()


def save(path: Path, users: dict[str, Account]) -> None:
    """Writes the file anew, whole, for its owner's eyes only."""
    data = {
        name: {"password": account.password, "tokens": account.tokens}
        for name, account in sorted(users.items())
    }
    draft = path.with_name(path.name + ".new")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        disk.write_bytes(draft, json.dumps({"schema": 1, "users": data}, indent=1).encode())
        disk.replace(draft, path)
        disk.sync(path.parent)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror})", "name a file in a folder of yours"
        ) from error


def _parsed(data: bytes, path: Path) -> dict[str, Account]:
    try:
        users = json.loads(data)["users"]
        found = {
            checked_name(name): Account(_checked_hash(row["password"]), dict(row["tokens"]))
            for name, row in users.items()
        }
        if not all(isinstance(t, str) for a in found.values() for t in a.tokens.values()):
            raise ValueError("a token is not text")
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(
            f"{path}: not a file of users ({error})",
            "make one with: onrecord users add NAME --auth FILE",
        ) from error
    return found


def _checked_hash(stored: object) -> str:
    found = _HASH.fullmatch(stored) if isinstance(stored, str) else None
    if not found or any(int(found[n]) > _LARGEST[n - 1] for n in (1, 2, 3)):
        raise ValueError("a password is not a scrypt hash")
    return found[0]


class Throttle:
    """Delays between failed attempts: the first few are free, then it doubles from a second on.

    NIST SP 800-63B-4, 3.2.2, allows 100 failures in a row; at the longest delay that takes a day.
    """

    def __init__(
        self, free: int, longest: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free, self._longest, self._clock = free, longest, clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, the last

    def wait(self, key: str) -> float:
        """Seconds until the next attempt is heard; 0 for now."""
        failures, last = self._failures.get(key, (0, 0.0))
        if failures < self._free:
            return 0.0
        # 2^40 seconds is beyond any `longest`; more would overflow.
        delay = min(self._longest, 2.0 ** min(failures - self._free, 40))
        return max(0.0, last + delay - self._clock())

    def failed(self, key: str) -> None:
        failures, _ = self._failures.pop(key, (0, 0.0))
        self._failures[key] = failures + 1, self._clock()
        if len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        self._failures.pop(key, None)


@dataclass(slots=True)
class _Session:
    user: str
    password: str
    opened: float
    seen: float


class Sessions:
    """Who is logged in, in the server's memory: its end logs everybody out."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts, self._clock = accounts, clock
        self._open: OrderedDict[str, _Session] = OrderedDict()

    def open(self, user: str) -> str:
        """A new token of 256 random bits, for a cookie; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        password = self._accounts.all()[user].password
        self._open[token_hash(token)] = _Session(user, password, now, now)
        if len(self._open) > MOST_REMEMBERED:
            self._open.popitem(last=False)
        return token

    def user(self, token: str) -> str | None:
        """Whose session it is. It ends with its time, its user, and a change of the password."""
        digest, now = token_hash(token), self._clock()
        session = self._open.get(digest)
        if session is None:
            return None
        account = self._accounts.all().get(session.user)
        late = now - session.opened > SESSION_SECONDS or now - session.seen > IDLE_SECONDS
        if late or account is None or account.password != session.password:
            del self._open[digest]
            return None
        session.seen = now
        return session.user

    def close(self, token: str) -> None:
        self._open.pop(token_hash(token), None)
