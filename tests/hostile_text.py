"""What people have found in parsers of text again and again: bombs, nesting without end, giants,
lies, and characters that are not seen.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial

LONG = 2_000_000
"""Bytes of a giant: enough for quadratic work to be seen as a hang."""

DEEP = 20_000
"""Levels of nesting: twenty times as many as Python's stack takes."""

MANY = 100_000
"""Pages, rows, headers of a file that has too many."""

BOMB = 200
"""MiB that a bomb unfolds to."""

Tricks = dict[str, Callable[[], bytes]]


COMMON: Tricks = {
    "empty": bytes,
    "nul": lambda: bytes(1),
    "nuls": lambda: bytes(100_000),
    "line": lambda: b"ice " * (LONG // 4),
    "word": lambda: b"a" * LONG,
    "blank": lambda: b" \n" * (LONG // 2),
    "lines": lambda: b"ice\n\n" * (LONG // 5),
    "unseen": lambda: "\u202e\u200b\u2066\ufeff".encode() * 10_000,
    "marks": lambda: ("a" + "\u0301" * 100_000).encode(),
    "utf-16": lambda: "The ice.".encode("utf-16"),
    "surrogates": lambda: b"ice \xed\xa0\x80 ice",
    "noise": lambda: zlib.compress(b"ice" * 999) * 99,
}


def opened(mark: str, closing: str = "", levels: int = DEEP) -> bytes:
    return (mark * levels + "ice" + closing * levels).encode()


ENTITIES = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]>'
"""A billion laughs: ten times ten times ... an entity."""
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e12 SYSTEM "file:///etc/passwd">]>'


def page(body: str, head: str = "") -> bytes:
    return f"<html><head><title>Ice</title>{head}</head><body>{body}</body></html>".encode()


HTML: Tricks = {
    "nested": lambda: page("<div>" * DEEP + "ice"),
    "inline": lambda: page("<b><i>" * DEEP + "ice"),
    "quotes": lambda: page("<blockquote><ul><li>" * 3_000 + "ice"),
    "tables": lambda: page("<table><tr><td>" * 3_000 + "ice"),
    "unclosed": lambda: page("<p id=a>ice" * (LONG // 11)),
    "open": lambda: page("<" * LONG),
    "comment": lambda: page("<!--" * (LONG // 4)),
    "attribute": lambda: page(f'<p class="{"a " * (LONG // 2)}">ice</p>'),
    "attributes": lambda: page(f"<p {' '.join(f'a{n}=1' for n in range(MANY))}>ice</p>"),
    "style": lambda: page("<p>ice</p>", f"<style>{'.a{' * (LONG // 3)}</style>"),
    "rules": lambda: page(
        "<p class=a>ice</p>" * 2_000,
        f"<style>{''.join(f'.a{n} .b{n}{{display:none}}' for n in range(5_000))}</style>",
    ),
    "linked data": lambda: page(
        "<p>ice</p>", f'<script type="application/ld+json">{"[" * MANY}</script>'
    ),
    "numbers": lambda: page(
        "<p>ice</p>",
        f'<script type="application/ld+json">{{"datePublished": {"9" * 10_000}}}</script>',
    ),
    "laughs": lambda: (LAUGHS + "<html><body><p>&e12;</p></body></html>").encode(),
    "outside": lambda: (OUTSIDE + "<html><body><p>&e12;</p></body></html>").encode(),
    "charset": lambda: page("<p>ice</p>", "<meta charset=no-such-thing>"),
    "utf-7": lambda: page("<p>+ADw-script+AD4-</p>", "<meta charset=utf-7>"),
}


MARKDOWN: Tricks = {
    "brackets": lambda: opened("["),
    "links": lambda: opened("[a](", ")"),
    "stars": lambda: opened("*a **b "),
    "quotes": lambda: opened("> "),
    "items": lambda: b"".join(b"  " * n + b"- a\n" for n in range(1_500)),
    "comments": lambda: b"<!--" * (LONG // 4),
    "tags": lambda: b"<a " * (LONG // 3),
    "fences": lambda: b"```\n" * (LONG // 4),
    "headings": lambda: b"# ice\n" * MANY,
    "yaml": lambda: b"---\na: " + b"[" * DEEP + b"\n---\nice",
    "anchors": lambda: (
        b"---\na0: &a0 [x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a%d," % (n - 1) * 9) for n in range(1, 12))
        + b"---\nice"
    ),
    "no end": lambda: b"---\n" + b"title: ice\n" * MANY,
}


def csv(mark: bytes) -> Tricks:
    return {
        "cells": lambda: b"a" + mark.join([b"ice"] * MANY) + b"\r\n1" + mark * MANY,
        "rows": lambda: mark.join([b"a", b"b"]) + b"\n" + (b"1" + mark + b"2\n") * MANY,
        "wide": lambda: (mark * 2_000 + b"\n") * 500,
        "quote": lambda: b'a,b\n"' + b"ice\n" * (LONG // 4),
        "quotes": lambda: b'"' * LONG,
        "field": lambda: b"a" + mark + b"b\n" + b"x" * LONG + mark + b"y\n",
        "formula": lambda: b"=cmd|' /C calc'!A0" + mark + b"1\n",
    }


def mail(head: bytes, body: bytes = b"ice") -> bytes:
    return b"From: a@quay.example\r\nSubject: ice\r\n" + head + b"\r\n\r\n" + body


def multiparts(levels: int) -> bytes:
    head = b"Content-Type: multipart/mixed; boundary=b%d"
    body = b"\r\n".join(b"--b%d\r\n%s\r\n" % (n, head % (n + 1)) for n in range(levels))
    return mail(head % 0, body)


def messages(levels: int) -> bytes:
    return b"".join(mail(b"Content-Type: message/rfc822", b"") for _ in range(levels)) + mail(b"")


BASE64 = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64"
PLAIN = b"Content-Type: text/plain; charset=%s"
MIXED = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%s"
ATTACHED = b"--b\r\nContent-Disposition: attachment; filename=%s\r\n\r\nice\r\n"

MAIL: Tricks = {
    "multiparts": partial(multiparts, 3_000),
    "messages": partial(messages, 1_000),
    "headers": lambda: mail(b"\r\n".join(b"X-A%d: ice" % n for n in range(MANY))),
    "header": lambda: mail(b"X-A: " + b"a" * LONG),
    "addresses": lambda: mail(b"To: " + b"a@b.example, " * 20_000),
    "comments": lambda: mail(b"To: " + b"(" * DEEP),
    "words": lambda: mail(b"Subject: " + b"=?utf-8?q?=41?= " * 20_000),
    "folds": lambda: mail(b"X-A:" + b"\r\n " * MANY),
    "base64": lambda: mail(BASE64, b"*" * LONG),
    "charset": lambda: mail(PLAIN % b"no-such-thing", b"caf\xe9"),
    "codec": lambda: mail(PLAIN % b"zlib_codec", b"caf\xe9"),
    "idna": lambda: mail(PLAIN % b"idna", b"a" * 100_000),
    "boundary": lambda: mail(MIXED % (b"x" * 100_000), b"--x\r\nice"),
    "boundaries": lambda: mail(MIXED % b"b", b"--b\r\n\r\nice\r\n" * 20_000),
    "names": lambda: mail(MIXED % b"b", ATTACHED % b"../../../../etc/passwd.txt" + b"--b--"),
    "nameless": lambda: mail(MIXED % b"b", ATTACHED % b'"\x00\x1b[31m.txt"' + b"--b--"),
    "date": lambda: mail(b"Date: Thu, 99 Xyz 99999999999 99:99:99 +99999999"),
}

FROM = b"From a@quay.example Thu Mar  4 10:00:00 2021\n"

MAILBOX: Tricks = {
    "from": lambda: FROM * 5_000,
    "many": lambda: (FROM + b"Subject: ice\n\nice\n\n") * 3_000,
    "subject": lambda: (FROM + b"Subject: ../../a\x00/b\n\nice\n\n") * 3,
    "no from": lambda: mail(b""),
    "deep": lambda: FROM + multiparts(2_000),
}
