"""Web pages: main text, readers' comments, what is hidden, what was left out, and metadata.

Scripts do not run, style sheets and pictures are not fetched: a page is what its file says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from index.errors import InputError
from index.formats.blocks import Block, compose
from index.formats.composing import count, fit
from index.formats.html_encoding import decoded
from index.formats.html_metadata import page_metadata
from index.formats.main_text import (
    COMMENTS,
    FRAME,
    NOTICES,
    apart,
    main_lines,
    reasons,
)
from index.formats.markup import BLOCKS, Walk, local
from index.formats.styles import Styles
from index.formats.trees import html_tree, xhtml_tree
from index.reading import DEFAULTS, Options, Reading

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST_JUDGED = 5_000_000
"""Characters of the largest page in which main text is told apart, which takes some 10 seconds."""

MOST_ELEMENTS = 50_000
"""Elements of such a page: long articles have 5,000; a table of 60,000 cells takes trafilatura
15 seconds, four times as long as one of half the size."""

CAPTIONS, BUTTONS = "repeated captions", "buttons below comments"

_FRAME_TAGS = frozenset(("nav", "menu", "search"))
_FRAME_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "search", "menu", "menubar", "tablist", "alertdialog")
)
_NOTICE_TAGS = frozenset(("aside", "fieldset", "legend", "dialog"))
_INNER = ("article", "main", "section", "blockquote")
"""A `<header>` or `<footer>` inside one of these is not the page's (HTML standard, 4.3.8)."""

_NOTICE_WORDS = (
    r"cookies?|consent|gdpr|newsletters?|subscri(?:be|ption)|paywall|promos?|ads?|advert\w*|"
    r"sponsor\w*|social|shar(?:e|ing)|related|recommend\w*|trending|popular|most-read|"
    r"breadcrumbs?|sidebar|widgets?|menu|navbar|nav|toolbar|banner|modal|popup|overlay|"
    r"pagination|pager|skip-link|masthead|site-(?:header|footer)|toc"
)
_NOTICE_CLASS = re.compile(rf"(?:^|[\s_-])(?:{_NOTICE_WORDS})(?:$|[\s_-])", re.IGNORECASE)
_NOTICE_ID = re.compile(rf"(?:\w+[_-])?(?:{_NOTICE_WORDS})(?:[_-]\w+)?", re.IGNORECASE)
"""Words in the class or short id of an element that common themes use for what is no article; long
ids are made of the words of a heading."""

_COMMENTS = re.compile(
    r"(?:^|\s)(?:comments?|comments?[_-]?(?:list|area|section|container|wrapper|thread|body)|"
    r"reader-comments|disqus_thread)(?:$|\s)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"(?:^|\s)comment(?:[_-]?(?:body|item|entry))?(?:$|\s)", re.IGNORECASE)
_HEAD = " head"
_COMMENT_HEAD = re.compile(r"(?:^|[\s_-])(?:author|fn|date|time|metadata)(?:$|[\s_-])", re.I)
_COMMENT_FRAME = re.compile(
    r"(?:^|[\s_-])(?:reply|respond|form|avatar|votes?|actions?)(?:$|[\s_-])"
)
_COMMENT_HEADING = re.compile(r"(?:\d+\s)?(?:comments?|responses?|replies)(?:\s\(?\d+\)?)?:?", re.I)
_CONTROLS = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
_REPLY = re.compile(r"(?:reply|report|permalink|log in to reply)\W*", re.I)


@dataclass(slots=True)
class Regions:
    """Judges what part of a page an element is (`markup.Judge`). `aside` are the outermost
    elements of the page's frame and of readers' comments, in which no main text is looked for."""

    aside: list[_Element] = field(default_factory=list)
    remarks: int = 0

    def __call__(self, element: _Element, tag: str, around: str) -> str:
        region = self._region(element, tag, around)
        if apart(region) and not apart(around):
            self.aside.append(element)
        return region

    def _region(self, element: _Element, tag: str, around: str) -> str:
        if around == FRAME or tag in ("html", "body"):
            return around
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if around.startswith(COMMENTS):
            return self._of_comment(element, tag, names, around)
        if tag not in BLOCKS:
            return around
        if tag != "main" and _COMMENTS.search(names):
            return COMMENTS
        if tag in _FRAME_TAGS or element.get("role") in _FRAME_ROLES:
            return FRAME
        if tag in ("header", "footer") and _outside(element):
            return FRAME
        if tag in ("article", "main"):
            return ""
        return NOTICES if tag in _NOTICE_TAGS or _is_notice(element) else around

    def _of_comment(self, element: _Element, tag: str, names: str, around: str) -> str:
        """Each comment has a number, and its name and date stand on lines of their own, as
        `rag.surroundings` looks for them: "comments 3", "comments 3 head"."""
        if tag in ("nav", "form") or _COMMENT_FRAME.search(names):
            return FRAME
        if tag in ("li", "article") or _COMMENT.search(names):
            self.remarks += 1
            return f"{COMMENTS} {self.remarks}"
        around = around.removesuffix(_HEAD)
        if tag in ("time", "cite") or (tag not in BLOCKS and _COMMENT_HEAD.search(names)):
            return around + _HEAD
        return around


def _is_notice(element: _Element) -> bool:
    named = _NOTICE_CLASS.search(element.get("class") or "")
    return bool(named or _NOTICE_ID.fullmatch(element.get("id") or ""))


def _outside(element: _Element) -> bool:
    return all(local(outer) not in _INNER for outer in element.iterancestors())


def read_html(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A page of HTML: its main text, and readers' comments under a heading "Comments"."""
    text, notes = without_controls(decoded(data, source))
    if PurePosixPath(source).suffix.lower() == ".xhtml":
        tree, well_formed = xhtml_tree(text, source)
        notes += [] if well_formed else ["not well-formed XHTML: read as HTML"]
    else:
        tree = html_tree(text, source)
    metadata, uncertain, remarks = page_metadata(tree, text)
    notes += remarks
    regions = Regions()
    walk = Walk(tree, styles_of(tree), regions)
    lines = _main_lines(tree, [*regions.aside, *walk.unseen], len(text), notes)
    blocks, left = _chosen(walk, lines, metadata.get("title", "") + " " + _title(tree))
    if not blocks:
        raise InputError(f"{source}: no text in it", "leave it out")
    reading = compose(blocks)
    notes += [left_out(what, texts) for what, texts in {**left, **walk.apart}.items()]
    notes += hidden_note(reading)
    if any(block.region.startswith(COMMENTS) for block in blocks):
        notes.append("readers' comments stand at the end, under “Comments” and “Comment”")
    return replace(reading, metadata=metadata, uncertain=uncertain, notes=(*reading.notes, *notes))


def read_whole(page: str, source: str) -> Reading:
    """Decoded HTML that is all content, such as the body of a mail: no part of it is left out but
    what is no text of it (scripts, fields of forms). `InputError` when there is none."""
    text, notes = without_controls(fit(page.replace("\0", "\x01")))
    tree = html_tree(text, source)
    walk = Walk(tree, styles_of(tree))
    if not walk.blocks:
        raise InputError(f"{source}: no text in it", "leave it out")
    reading = compose(walk.blocks)
    notes += [left_out(what, texts) for what, texts in walk.apart.items()]
    return replace(reading, notes=(*notes, *hidden_note(reading)))


def without_controls(text: str) -> tuple[str, list[str]]:
    """A page without the control characters that no page may hold, and a note on them."""
    found = len(_CONTROLS.findall(text))
    if not found:
        return text, []
    return _CONTROLS.sub("", text), [f"left out: {count(found, 'control character')}"]


def _title(tree: _Element) -> str:
    return " ".join((tree.findtext(".//title") or "").split())


def styles_of(tree: _Element, linked: Iterable[str] = ()) -> Styles:
    """The rules of a page's `<style>` elements, and of linked sheets that are here."""
    sheets = [*linked, *(element.text or "" for element in tree.iter("style"))]
    rels = [element.get("rel", "").lower().split() for element in tree.iter("link")]
    return Styles(sheets, linked=not linked and any("stylesheet" in rel for rel in rels))


def _main_lines(
    tree: _Element, aside: Sequence[_Element], size: int, notes: list[str]
) -> list[str] | None:
    """Lines of the main text of what is neither frame, comments nor hidden; spoils the tree."""
    if size > LARGEST_JUDGED or sum(1 for _ in tree.iter()) > MOST_ELEMENTS:
        notes.append("main text not told apart, the page is too large: all of it is kept")
        return None
    for element in aside:
        if local(element) not in ("html", "body"):
            element.clear(keep_tail=True)
    lines = main_lines(tree)
    if lines is None:
        notes.append("main text not told apart: all of the page but its frame is kept")
    return lines


def _chosen(
    walk: Walk, lines: list[str] | None, title: str
) -> tuple[list[Block], dict[str, list[str]]]:
    """The blocks of the text, comments last, and what is left out for which reason."""
    blocks = walk.blocks
    if all(apart(block.region) for block in blocks):
        blocks = [replace(block, region="") for block in blocks]  # a page of nothing else
    why = reasons(blocks, walk.parents, lines, title)
    kept: list[Block] = []
    left: dict[str, list[str]] = {}
    captions: set[str] = set()
    remarks: list[Block] = []
    for block, reason in zip(blocks, why, strict=True):
        if reason.startswith(COMMENTS) and not _REPLY.fullmatch(block.text):
            remarks.append(block)
            continue
        if not reason and block.caption and block.text in captions:
            reason = CAPTIONS
        if reason:
            reason = BUTTONS if reason.startswith(COMMENTS) else reason
            left.setdefault(reason, []).append(block.text)
            continue
        captions.update([block.text] if block.caption else [])
        kept.append(block)
    return [*kept, *_comments(remarks)], left


def _comments(said: Sequence[Block]) -> Iterator[Block]:
    """Readers' comments under a heading by which `rag.surroundings` knows them, and a heading
    between two of them, lest one reader's words be another's."""
    number = ""
    for block in said:
        before, number = number, block.region.removesuffix(_HEAD)
        if not before and _COMMENT_HEADING.fullmatch(block.text):
            yield replace(block, level=block.level or 2)
            continue
        if not before:
            yield Block("Comments", level=2)
        elif number not in (before, COMMENTS) and before != COMMENTS:
            yield Block("Comment", level=3)
        yield block


def left_out(what: str, texts: Sequence[str]) -> str:
    """A note for people: what, how much, and how it begins."""
    size = sum(len(text) for text in texts)
    example = " ".join(" ".join(texts[0].split()[:6])[:60].split())
    return f"left out: {what}, {count(size, 'character')} (“{example} …”)"


def hidden_note(reading: Reading) -> list[str]:
    """That a part of the text is not seen by somebody who looks at the page."""
    size = sum(end - start for start, end in reading.hidden)
    return [f"hidden text, marked as such: {count(size, 'character')}"] if size else []
