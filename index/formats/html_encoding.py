"""Which encoding a page is in: its byte order mark, else what it declares, else UTF-8. No guess."""

from __future__ import annotations

import codecs
import re

from index.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
PRESCAN = 4096
"""Bytes in which a declaration is looked for. The standard asks for it in the first 1,024; pages
that browsers save put a comment and their scripts before it."""

_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[^<>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")

_KNOWN = {
    *("utf-8", "cp866", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "big5", "big5hkscs"),
    *("gb18030", "euc_jp", "iso2022_jp", "cp932", "cp949", "cp874"),
    *(f"cp125{number}" for number in range(9)),
    *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
}
"""Those of https://encoding.spec.whatwg.org, by Python's names: Python knows others, which are
no encodings of text ("hex", "zip") or never a page's."""

_READ_AS = {
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "utf-8"),  # a tag that could be read
}
"""What a declared encoding is read as, by the same standard."""

_ALIASES = {"x-sjis": "cp932", "windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic"}


def decoded(data: bytes, source: str) -> str:
    """The page's characters without byte order mark; an encoding that does not fit is an error."""
    encoding, mark = next(((name, m) for m, name in _MARKS if data.startswith(m)), ("", b""))
    encoding = encoding or _declared(data, source)
    try:
        text = data[len(mark) :].decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        where = f"byte offset {error.start + len(mark)}"
        if encoding:
            raise InputError(
                f"{source}: says that it is {encoding}, and is not at {where}", "save it as UTF-8"
            ) from error
        raise InputError(
            f"{source}: declares no encoding and is not UTF-8 at {where}",
            'save it as UTF-8, or declare its encoding: <meta charset="...">',
        ) from error
    if "\0" in text:
        raise InputError(
            f"{source}: not a page of HTML (NUL character at offset {text.index(chr(0))})",
            "give it the ending of its real format, or leave it out",
        )
    return text


def _declared(data: bytes, source: str) -> str:
    """The encoding that a page declares; empty when it declares none."""
    match = _XML.match(data) or _META.search(_COMMENT.sub(b"", data[:PRESCAN]))
    if not match:
        return ""
    label = match[1].decode("ascii").lower()
    try:
        name = _ALIASES.get(label) or codecs.lookup(label).name
    except LookupError:
        name = label
    name = _READ_AS.get(name, name)
    if name not in _KNOWN:
        raise InputError(f"{source}: declares an unknown encoding, {label!r}", "save it as UTF-8")
    return name
