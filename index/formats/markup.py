"""A tree of HTML or XHTML as blocks of text in the order of the source.

A block is what the source sets apart: a paragraph, a heading, a list item, a table row, a line of
a layout. Its white space is collapsed as browsers do it (no-break spaces stay), a `<br>` is a line
end, cells of a row are joined by " | ", and `<q>` gets the marks that browsers give it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html.entities import html5
from itertools import islice
from typing import TYPE_CHECKING

from index.formats.blocks import CELLS, SPACES, Block, Buffer
from index.formats.styles import Sight, Styles

if TYPE_CHECKING:
    from lxml.etree import _Element

SELF_LINKS = "marks that link a heading to itself"
_LINK_MARKS = ("¶", "#", "§", "🔗")
SCRIPTS, FORMS, UNSEEN = "scripts and styles", "buttons and fields of forms", "fallback content"

APART = {
    **dict.fromkeys(("script", "style"), SCRIPTS),
    **dict.fromkeys(("button", "select", "textarea", "option", "datalist", "input"), FORMS),
    **dict.fromkeys(("template", "noscript", "iframe", "object", "noframes"), UNSEEN),
    **dict.fromkeys(("svg", "canvas", "audio", "video", "map", "annotation"), UNSEEN),
    **dict.fromkeys(("head", "title"), ""),
}
"""Elements whose text is none of the page's, and what people call them ("": not worth saying)."""

_HEADINGS = {f"h{level}" for level in range(1, 7)}
_NO_CELL = _HEADINGS | {"table", "form", "article", "section", "blockquote", "pre"}
BLOCKS = _HEADINGS | CELLS | _NO_CELL
BLOCKS |= {"address", "aside", "body", "div", "footer", "header", "html", "main", "nav", "p"}
BLOCKS |= {"caption", "tbody", "tfoot", "thead", "tr", "figcaption", "figure", "hgroup", "hr"}
BLOCKS |= {"dd", "dl", "dt", "li", "ol", "ul", "menu", "dir", "center", "search"}
BLOCKS |= {"details", "dialog", "summary", "fieldset", "legend"}
_CAPTION_CLASS = re.compile(r"(?:^|[\s_-])caption(?:$|\s|[_-]text)", re.IGNORECASE)
_PAGE_WORD = re.compile(r"\s*(?:page|p\.|pg\.?)\s*(?=\S)", re.IGNORECASE)
_LONGEST_NAME = 200
"""Characters of an anchor or a page label; a longer one is none that anybody wrote."""

Judge = Callable[["_Element", str, str], str]
"""An element, its tag and the region around it in; the region it is in out."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds inside an element."""

    sight: Sight
    region: str = ""
    apart: str | None = None
    level: int = 0
    caption: bool = False
    link: bool = False
    pre: bool = False
    row: bool = False
    home: int = 0
    quotes: int = 0


def as_it_is(element: _Element, tag: str, around: str) -> str:
    """The judge who finds no regions."""
    return around


class Walk:
    """A walk through a tree: its `blocks`, for each block element the number of the one around it
    (`parents`), what text was met in elements that stand apart (`apart`), the outermost elements
    of which nothing is seen (`unseen`), and pages and anchors behind the last block (`open_`)."""

    def __init__(self, root: _Element, styles: Styles, judge: Judge = as_it_is) -> None:
        self.blocks: list[Block] = []
        self.parents: list[int] = [0]
        self.apart: dict[str, list[str]] = {}
        self.unseen: list[_Element] = []
        self._styles, self._judge = styles, judge
        self._layouts = layout_tables(root)
        self._buffer = Buffer()
        self._walk(root)

    def _walk(self, root: _Element) -> None:
        """Without recursion: a hostile file nests as deep as the parser lets it."""
        start = _Context(self._styles.start())
        stack = [(root, self._open(root, start), iter(root))]
        while stack:
            element, context, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                outer = stack[-1][1] if stack else start
                self._close(element, context, outer)
                if stack:
                    self._text(element.tail, outer)
            elif isinstance(child.tag, str):
                stack.append((child, self._open(child, context), iter(child)))
            else:
                self._text(_entity(child), context)
                self._text(child.tail, context)
        self._flush(start)
        self.open_pages = [label for label, _ in self._buffer.pages]
        self.open_anchors = [name for name, _ in self._buffer.anchors]

    def _text(self, text: str | None, context: _Context) -> None:
        if not text:
            return
        if context.apart is None:
            self._buffer.add(text, context.sight.hidden, context.link, context.pre)
        elif context.apart and (words := SPACES.sub(" ", text).strip()):
            self.apart.setdefault(context.apart, []).append(words)

    def _open(self, element: _Element, outer: _Context) -> _Context:
        tag = local(element)
        label = page_label(element)
        apart = "" if label else APART.get(tag, outer.apart)
        apart = SELF_LINKS if _links_to_itself(element, tag) else apart
        if label and outer.apart is None:
            self._buffer.pages.append((label, self._buffer.length))
            self._name(element, tag)
        if apart is not None:
            context = replace(outer, apart=apart)
        else:
            context = self._context(element, tag, outer)
            self._begin(element, tag, context, outer)
        self._text(element.text, context)
        return context

    def _begin(self, element: _Element, tag: str, context: _Context, outer: _Context) -> None:
        if _parts(tag, context, outer):
            self._flush(outer)
        elif tag in BLOCKS:
            self._buffer.gap(tag, context.sight.hidden)
        self._name(element, tag)
        if tag == "br":
            self._line_end(context)
        elif tag == "q":
            self._buffer.add("“" if context.quotes % 2 else "‘", context.sight.hidden)

    def _name(self, element: _Element, tag: str) -> None:
        for name in (element.get("id"), element.get("name") if tag == "a" else None):
            if name and len(name) <= _LONGEST_NAME and name.isprintable():
                self._buffer.anchors.append((name, self._buffer.length))

    def _close(self, element: _Element, context: _Context, outer: _Context) -> None:
        if context.apart is not None:
            return
        tag = local(element)
        if tag == "q":
            self._buffer.add("”" if context.quotes % 2 else "’", context.sight.hidden)
        if _parts(tag, context, outer):
            self._flush(context)
        elif tag in BLOCKS:
            self._buffer.add(" ", context.sight.hidden)

    def _context(self, element: _Element, tag: str, outer: _Context) -> _Context:
        home = outer.home
        if tag in BLOCKS and not outer.row:
            self.parents.append(home)
            home = len(self.parents) - 1
        sight = self._styles.sight(element, tag, outer.sight)
        if sight.gone and not outer.sight.gone:
            self.unseen.append(element)
        return _Context(
            sight=sight,
            region=self._judge(element, tag, outer.region),
            level=int(tag[1]) if tag in _HEADINGS else outer.level,
            caption=outer.caption or tag == "figcaption" or _is_caption(element),
            link=outer.link or (tag == "a" and _leads_elsewhere(element)),
            pre=outer.pre or tag == "pre",
            row=outer.row or (tag == "tr" and next(_tables(element), None) not in self._layouts),
            home=home,
            quotes=outer.quotes + (tag == "q"),
        )

    def _flush(self, context: _Context) -> None:
        buffer, self._buffer = self._buffer, Buffer()
        blocks = buffer.blocks(context.level, context.caption, context.region, context.home)
        self.blocks += blocks
        if not blocks:  # names and pages without a text of their own are those of the next block
            self._buffer.anchors = [(name, 0) for name, _ in buffer.anchors]
            self._buffer.pages = [(label, 0) for label, _ in buffer.pages]

    def _line_end(self, context: _Context) -> None:
        """One `<br>` ends a line; a second one ends the block, as people wrote before CSS."""
        if context.row:
            self._buffer.add(" ", context.sight.hidden)
        elif self._buffer.last == "\n" and not context.pre:
            self._flush(context)
        elif self._buffer.length:
            self._buffer.line_end()


def _parts(tag: str, context: _Context, outer: _Context) -> bool:
    """True when an element begins and ends a block: inside a table row nothing does."""
    return not outer.row and (tag in BLOCKS or context.region != outer.region)


def local(element: _Element) -> str:
    """The tag in lower case, without its name space."""
    return str(element.tag).rpartition("}")[2].lower()


def page_label(element: _Element) -> str:
    """The printed label of the page that begins at an element; empty where none does."""
    kinds = element.get("{http://www.idpf.org/2007/ops}type") or element.get("epub:type") or ""
    if "pagebreak" not in kinds.split() and element.get("role") != "doc-pagebreak":
        return ""
    inside = "".join(islice(element.itertext(), 10))
    for text in (element.get("title"), element.get("aria-label"), inside):
        label = _PAGE_WORD.sub("", SPACES.sub(" ", text or ""), count=1).strip(" .")
        if label and len(label) <= _LONGEST_NAME:
            return label
    number = re.fullmatch(r"[^\d]*?(\d+|[ivxlc]+)", element.get("id") or "", re.IGNORECASE)
    return number[1] if number else ""


def _leads_elsewhere(element: _Element) -> bool:
    """True for a link, but for that of a by-line."""
    return element.get("href") is not None and "author" not in (element.get("rel") or "").split()


def _links_to_itself(element: _Element, tag: str) -> bool:
    """True for the mark beside a heading by which people copy its address."""
    marks = tag == "a" and len(element) == 0 and (element.text or "").strip()
    return marks in _LINK_MARKS and (element.get("href") or "").startswith("#")


def _entity(node: _Element) -> str:
    """The character of an entity that HTML has; one of the file's own is left as it is written."""
    text = str(node.text or "")
    return html5.get(text[1:], text) if text.startswith("&") else ""


def _is_caption(element: _Element) -> bool:
    return bool(_CAPTION_CLASS.search(element.get("class") or ""))


def _tables(element: _Element) -> Iterator[_Element]:
    return (outer for outer in element.iterancestors() if local(outer) == "table")


def layout_tables(root: _Element) -> set[_Element]:
    """Tables that lay out a page, so that their rows are not lines: they hold other tables,
    headings or more than one paragraph in a cell, or say that they are there for looks."""
    layouts: set[_Element] = set()
    with_paragraph: set[_Element] = set()
    for element in root.iter():
        tag = local(element) if isinstance(element.tag, str) else ""
        if tag == "table" and element.get("role") in ("presentation", "none"):
            layouts.add(element)
        if tag in _NO_CELL:
            layouts.update(islice(_tables(element), 1))
        elif tag == "p" and (cell := element.getparent()) is not None and local(cell) in CELLS:
            if cell in with_paragraph:
                layouts.update(islice(_tables(cell), 1))
            with_paragraph.add(cell)
    return layouts
