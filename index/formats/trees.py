"""Text of HTML, XHTML and XML into trees: nothing is fetched, expanded or repaired in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.entities import html5
from typing import TYPE_CHECKING

from index.errors import InputError

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_ATTRIBUTES = 1_000
"""Of one element; those of real pages have some 50. libxml2 takes time by the square of their
number to build a tree: 20 seconds for 100,000."""

_OF_HEAD = frozenset(
    ("base", "basefont", "bgsound", "link", "meta", "noframes", "noscript", "script", "style")
) | {"template", "title"}
"""Elements that do not end the head (HTML standard, 13.2.6.4.4)."""

_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_OF_XML = frozenset(("amp", "lt", "gt", "quot", "apos"))


def html_tree(text: str, source: str) -> _Element:
    """The page as the parser of HTML reads it, which repairs like browsers do. What lies beyond
    its limits (elements 256 deep, 10 MB in one text) would be lost, and is an error, and so are
    more than `MOST_ATTRIBUTES`."""
    from lxml.etree import LxmlError, fromstring
    from lxml.html import HTMLParser, document_fromstring

    settings = {"encoding": "utf-8", "no_network": True, "huge_tree": False}
    parser = HTMLParser(remove_comments=True, remove_pis=True, **settings)
    try:
        data = text.encode()
        fromstring(data, HTMLParser(target=_Attributes(source), **settings))
        tree = document_fromstring(data, parser=parser)
    except (LxmlError, ValueError, AssertionError) as error:
        raise InputError(f"{source}: no HTML in it ({_reason(error)})", "leave it out") from error
    for fault in parser.error_log:
        if fault.type_name == "ERR_RESOURCE_LIMIT":
            raise _beyond(source, _reason(fault.message))
    _move_to_body(tree)
    return tree


def _move_to_body(tree: _Element) -> None:
    """What ends the head where no `<body>` is written. libxml2 knows the elements of HTML 4 and
    would leave a `<main>` and all that is in it in the head, as no text of the page."""
    from lxml.etree import SubElement

    head, body = tree.find("head"), tree.find("body")
    inside = list(head) if head is not None else []
    first = next((at for at, child in enumerate(inside) if child.tag not in _OF_HEAD), len(inside))
    if first == len(inside):
        return
    body = SubElement(tree, "body") if body is None else body
    last = inside[-1]
    last.tail, body.text = (last.tail or "") + (body.text or ""), None
    for element in reversed(inside[first:]):
        body.insert(0, element)


class _Attributes:
    """Hears a parser's events and refuses an element with too many attributes, before there is a
    tree: it is the building of a tree that takes the time."""

    def __init__(self, source: str) -> None:
        self._source = source

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        _check_attributes(len(attributes), self._source)

    def close(self) -> None:
        """lxml asks for it."""


def _check_attributes(number: int, source: str) -> None:
    if number > MOST_ATTRIBUTES:
        raise _beyond(source, f"an element with more than {MOST_ATTRIBUTES:,} attributes")


def _beyond(source: str, limit: str) -> InputError:
    return InputError(
        f"{source}: beyond what is read of a page ({limit})",
        "save it with fewer nested elements and attributes, or as plain text",
    )


def xhtml_tree(text: str, source: str) -> tuple[_Element, bool]:
    """A page of XHTML, and whether it is well-formed; one that is not is read as HTML.

    HTML's names of characters (`&nbsp;`) are known without a document type; entities that the
    file declares itself are not expanded.
    """
    from lxml.etree import XMLSyntaxError
    from lxml.html import XHTMLParser, xhtml_to_html

    try:
        tree = _xml(_ENTITY.sub(_character, text), XHTMLParser)
    except (XMLSyntaxError, ValueError):
        return html_tree(text, source), False
    for element in tree.iter():
        _check_attributes(len(element.attrib), source)
    xhtml_to_html(tree)
    return tree, True


def xml_tree(data: bytes, source: str) -> _Element:
    """A file of XML, such as a package document; anything but well-formed XML is an error."""
    from lxml.etree import XMLParser, XMLSyntaxError

    try:
        return _xml(data, XMLParser)
    except (XMLSyntaxError, ValueError) as error:
        raise InputError(
            f"{source}: not well-formed XML ({_reason(error)})", "mend it, or save it anew"
        ) from error


def _xml(data: bytes | str, kind: type) -> _Element:
    from lxml.etree import fromstring

    encoding = {"encoding": "utf-8"} if isinstance(data, str) else {}
    parser = kind(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        **encoding,
    )
    return fromstring(data.encode() if isinstance(data, str) else data, parser)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name in _OF_XML else html5.get(f"{name};", match[0])


def _reason(error: object) -> str:
    """What a parser says, in one line."""
    return " ".join(str(error).split())[:200]
