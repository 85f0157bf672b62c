"""The parts of a mail message: its headers as text, what is its body, what is attached to it.

The standard library takes a message apart with the older of its two policies: the newer one parses
each header into a tree of tokens, in quadratic time and with recursion, which a message from
anybody can make the most of. What a header says is decoded here, in linear time.
"""

from __future__ import annotations

import binascii
import codecs
import email
import email.utils
import quopri
import re
from collections import Counter
from dataclasses import dataclass, field
from email import errors
from email.message import Message
from email.policy import Compat32, compat32

from index.errors import InputError
from index.formats.composing import count, one_line

LONGEST_HEADER = 100_000
"""Characters: the addresses of some 2,000 people. More are cut off, and that is noted."""

LONGEST_PARAMETERS = 5_000
"""Characters of a header that says what a part is; the standard library reads its parameters in
quadratic time."""

DEEPEST = 50
"""Parts within parts. Mail programs make three or four levels, forwarding adds one each time."""

MOST_WORK = 20_000_000
"""Boundaries times lines. The parser compares each line with all boundaries around it, which takes
3 s for so many; a message of 25 MB has 330,000 lines and some five boundaries."""

FAULTS = (RecursionError, ValueError, LookupError, TypeError, AttributeError)
"""What the standard library's parser is known to raise for malformed messages, besides defects."""

_HEADERS = ("from", "to", "subject", "date", "message-id", "received", "sender")
_ENCODED = re.compile(r"=\?([^?\s]{1,75})\?([bBqQ])\?([^?\s]*)\?=")
_NO_CHARSETS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs")
"""Python's codecs that are no character sets of mail; two of them take quadratic time."""
_SIGNATURES = (
    *("application/pgp-signature", "application/pkcs7-signature"),
    "application/x-pkcs7-signature",
)
_LOCKED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_UNSOUND = (errors.InvalidBase64CharactersDefect, errors.InvalidBase64LengthDefect)

_BOUNDARY = re.compile(rb"boundary\s?[*=]", re.IGNORECASE)

Mail = Message


class _Bounded(Compat32):
    """The library's older policy, with headers cut to a length at which it is quick, and read as
    UTF-8 (RFC 6532) where it would show bytes as U+FFFD."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        most = LONGEST_PARAMETERS if name.lower().startswith("content-") else LONGEST_HEADER
        return name, value[:most]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_POLICY = _Bounded()
_AS_IT_WAS = compat32.clone(max_line_length=None)  # no header is folded anew


def parsed(data: bytes, source: str) -> Mail:
    """The message; `InputError` when it is none or nests too deep."""
    if len(_BOUNDARY.findall(data)) * (data.count(b"\n") + data.count(b"\r")) > MOST_WORK:
        raise InputError(f"{source}: a mail message of too many parts", "split it")
    try:
        message = email.message_from_bytes(data, policy=_POLICY)
    except RecursionError as error:
        raise _too_deep(source) from error
    except FAULTS as error:
        raise InputError(
            f"{source}: not a mail message that can be read ({type(error).__name__})",
            "save it anew from the mail program",
        ) from error
    if not any(name.lower() in _HEADERS for name in message.keys()):  # noqa: SIM118 - not a dict
        raise InputError(
            f"{source}: not a mail message (no sender, subject or date)",
            "give it the ending of its real format, or leave it out",
        )
    return message


def _too_deep(source: str) -> InputError:
    return InputError(
        f"{source}: parts within parts, more than {DEEPEST} deep", "add the parts as files"
    )


def header(message: Mail, name: str) -> str:
    """A header's text on one line, encoded words decoded (RFC 2047), UTF-8 read (RFC 6532)."""
    return one_line(decoded_words(raw_header(message, name)))


def raw_header(message: Mail, name: str) -> str:
    """A header as it stands in the message, the first of that name."""
    return str(message.get(name) or "")


def decoded_words(text: str) -> str:
    """`=?charset?q?...?=` as text. White space between two such words is none, and a character may
    be cut in two by words of the same character set."""
    parts: list[str] = []
    waiting, charset, end = b"", "", 0
    for word in _ENCODED.finditer(text):
        between = text[end : word.start()]
        octets = _octets(word[2], word[3])
        if octets is None:
            continue
        follows = bool(end) and not between.strip()
        if waiting and not (follows and charset == word[1].lower()):
            parts.append(_words(waiting, charset))
            waiting = b""
        if not follows:
            parts.append(between)
        waiting, charset, end = waiting + octets, word[1].lower(), word.end()
    parts += [_words(waiting, charset), text[end:]]
    return "".join(parts)


def _octets(encoding: str, text: str) -> bytes | None:
    try:
        if encoding in "bB":
            return binascii.a2b_base64(text.encode("ascii") + b"==")
        return quopri.decodestring(text.encode("ascii"), header=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def _words(octets: bytes, charset: str) -> str:
    """Text of a header; a character set may be followed by a language (RFC 2231)."""
    return decoded_text(octets, charset.partition("*")[0])[0] if octets else ""


def decoded_text(octets: bytes, charset: str) -> tuple[str, str]:
    """Text in the character set that the message states, and a note when that was not right.

    Bytes that are not what is stated are read as UTF-8 if they are that. What is neither is
    shown as U+FFFD: no other character set is guessed.
    """
    stated = _codec(charset or "us-ascii")
    for name in (stated, "utf-8"):
        try:
            text = octets.decode(name) if name else None
        except (UnicodeError, LookupError):  # LookupError: a codec for bytes, such as zlib
            continue
        if text is not None:
            return text, ""
    try:
        text = octets.decode(stated or "ascii", "replace")
    except (UnicodeError, LookupError):
        text = octets.decode("ascii", "replace")
    wrong = text.count("\ufffd")
    name = one_line(charset)[:40] or "ASCII"
    return text, f"{count(wrong, 'byte')} not {name}, shown as U+FFFD"


def _codec(charset: str) -> str:
    """Python's name of a character set; empty for one it does not know or that is none of mail."""
    try:
        name = codecs.lookup(charset.strip(" '\"")).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NO_CHARSETS else name


def sender(message: Mail) -> str:
    """Whose message it is: the name in `From`, else the address."""
    raw = raw_header(message, "from")
    try:
        name, address = email.utils.parseaddr(raw)
    except FAULTS:  # comments within comments, 1,000 deep
        name, address = "", raw
    return one_line(decoded_words(name)) or one_line(address)


@dataclass(slots=True)
class Parts:
    """What a message holds: `texts` are its body, in order; `others` are counted by their type."""

    texts: list[Mail] = field(default_factory=list)
    attached: list[Mail] = field(default_factory=list)
    pictures: int = 0
    alternatives: int = 0
    others: Counter[str] = field(default_factory=Counter)
    locked: str = ""


def parts_of(message: Mail, source: str) -> Parts:
    """The parts of a message by what they are for; `InputError` when they nest too deep."""
    parts = Parts()
    try:
        _sort(message, parts, shown=True, depth=0)
    except RecursionError as error:
        raise _too_deep(source) from error
    except FAULTS as error:
        raise InputError(
            f"{source}: a mail message with damaged parts ({type(error).__name__})",
            "save it anew from the mail program",
        ) from error
    return parts


def _sort(part: Mail, parts: Parts, *, shown: bool, depth: int) -> None:
    """Adds a part, and those inside it; `shown` is False in a version that is not the one read."""
    if depth > DEEPEST:
        raise RecursionError
    kind = part.get_content_type()
    inner = children(part)
    if kind == "multipart/encrypted":
        parts.locked = "PGP"
    elif kind == "multipart/alternative" and inner:
        chosen = _plainest(inner) if shown else None
        for number, version in enumerate(inner):
            _sort(version, parts, shown=number == chosen, depth=depth + 1)
        parts.alternatives += shown and len(inner) > 1
    elif inner and part.get_content_maintype() == "multipart":
        for version in inner:
            _sort(version, parts, shown=shown, depth=depth + 1)
    else:
        _sort_leaf(part, kind, parts, shown)


def _sort_leaf(part: Mail, kind: str, parts: Parts, shown: bool) -> None:
    disposition = part.get_content_disposition()
    named = bool(part.get_filename()) or disposition == "attachment" or kind == "message/rfc822"
    if kind in _LOCKED:
        sealed = "signed-data" not in str(part.get_param("smime-type") or "")
        parts.locked = "S/MIME" if sealed else "S/MIME, signed and sealed"
    elif kind in _SIGNATURES:
        return
    elif part.get_content_maintype() == "image" and disposition != "attachment":
        parts.pictures += shown or bool(part.get("Content-ID"))
    elif named:
        parts.attached.append(part)
    elif kind in ("text/plain", "text/html") or part.get_content_maintype() == "multipart":
        if shown:  # a multipart without parts is a damaged one: its text is all there is
            parts.texts.append(part)
    elif shown:
        parts.others[kind] += 1


def children(part: Mail) -> list[Mail]:
    payload = part.get_payload() if part.is_multipart() else []
    return [inner for inner in payload if isinstance(inner, Message)]


def _plainest(versions: list[Mail]) -> int:
    """Of versions of the same text: the first plain one that is not empty, else the last."""
    for number, version in enumerate(versions):
        if version.get_content_type() == "text/plain" and octets_of(version).strip():
            return number
    return len(versions) - 1


def octets_of(part: Mail) -> bytes:
    """The bytes of a part, its transfer encoding undone."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def is_sound(part: Mail) -> bool:
    """False when the transfer encoding was damaged; asked after `octets_of`."""
    return not any(isinstance(defect, _UNSOUND) for defect in part.defects)


def whole(part: Mail) -> bytes:
    """A message that is attached, as a file of its own."""
    inner = children(part)
    return inner[0].as_bytes(policy=_AS_IT_WAS) if inner else octets_of(part)
