"""PDF: the text as it is read, with the place of every word on its page.

pdfium tells which signs stand where. Lines, columns, paragraphs and words are put together from
that here, running heads are left out, and what nobody sees on the page is marked as hidden.
Comments, form fields, embedded files and programs are no part of the text; they are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.errors import InputError
from index.formats import pdf_file as file
from index.formats.pdf_compose import Composed, composed, page_starts, spelling_of
from index.formats.pdf_file import counted
from index.formats.pdf_furniture import PageText, page_ranges, without_furniture
from index.formats.pdf_glyphs import Frame, frame_of, runs_of
from index.formats.pdf_headings import headings_by_outline, headings_by_size
from index.formats.pdf_hidden import Painted, painted_on, unseen
from index.formats.pdf_lines import Token, usual_size
from index.formats.pdf_order import blocks_of
from index.formats.pdf_paragraphs import all_lines, paragraphs_of
from index.layout import pack
from index.reading import DEFAULTS, Options, Reading

_STEP = 50
"""Pages between two signs of progress, one or two seconds."""

MOST_SIGNS = 500_000
"""Signs of a page that is read; a dense newspaper page has 60,000."""

_FARTHEST = 2.0**24
"""Points, 6 km: beyond it the numbers of 4 bytes in which places are stored skip whole points."""

_BROKEN = 0.2
"""Share of signs without a meaning from which the text of a page is not to be used: below it a
sentence can still be read, and signs of decoration often have none."""

_FEW = 100
"""Letters on a page that is a picture, up to which they are a stamp on it and not its text."""

_COVERED = 0.6
"""Share of a page that a picture covers, from which the page is one: a scan leaves no margins."""

_MOST_NOTES = 10
"""Notes on single pages; where there are more, one tells of all of them."""

_PATHS = 300
"""Filled shapes on a page without text from which it is text that was turned into outlines."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page and what it is: a picture without text, text without meaning, text over a picture."""

    page: PageText
    picture: bool = False
    broken: bool = False
    layer: bool = False
    failed: str = ""
    comments: int = 0


def read_pdf(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A PDF of up to `pdf_file.MOST_PAGES` pages. With `options.ocr`, pictures are read by OCR.

    Raises `InputError` when it is no PDF, asks for a password, is damaged or holds no text.
    """
    with file.opened(data, source) as document:
        count = file.page_count(document, source)
        labels = file.labels(document, count)
        outline = file.outline(document)
        metadata, uncertain = file.metadata(document)
        seen = _pages(document, count, options)
        notes = _end_note(data) + file.extras(document) + _page_notes(seen, bool(options.ocr))
        pages = [s.page for s in seen]
        pictures = [s.page.index for s in seen if s.picture or s.broken]
        if options.ocr and pictures:
            notes += _with_ocr(document, pages, pictures, source, options)
    del seen
    sure = {page.index: page.confidence for page in pages if page.confidence is not None}
    result, told = _put_together(pages, outline)
    if not result.length:
        raise _no_text(source, bool(pictures), notes if options.ocr else ())
    return Reading(
        text=result.text,
        paragraphs=tuple(result.paragraphs),
        sections=tuple(result.sections),
        metadata=metadata,
        pages=page_starts(result, labels, sure),
        hidden=tuple(result.hidden),
        layout=pack(result.words()),
        notes=tuple(notes + told),
        uncertain=uncertain,
    )


def _put_together(
    pages: list[PageText], outline: Sequence[file.Bookmark]
) -> tuple[Composed, list[str]]:
    """The text of all pages, and notes on it. Empties `pages`: see `composed`."""
    whole, notes = without_furniture(pages)
    pages.clear()
    size = usual_size(all_lines(whole))
    paragraphs = paragraphs_of(whole, headings_by_outline(whole, outline), size)
    if not outline:
        headings_by_size(paragraphs, size)
    spelling = spelling_of(all_lines(whole))
    del whole
    result = composed(paragraphs, spelling)
    return result, notes + _text_notes(result)


def _end_note(data: bytes) -> list[str]:
    cut = "the end of the file is missing: what could be found of it is here"
    return [cut] if file.is_cut_off(data) else []


def _pages(document: Any, count: int, options: Options) -> list[_Seen]:
    seen = []
    for index in range(count):
        if index % _STEP == _STEP - 1:
            options.progress(index, count)
        seen.append(_page(document, index))
    return seen


def _page(document: Any, index: int) -> _Seen:
    """The page of this number; one that pdfium cannot load is empty and says why."""
    import pypdfium2

    nothing = PageText(index, 0.0, ())
    try:
        page = document.get_page(index)
    except pypdfium2.PdfiumError:
        return _Seen(nothing, failed="damaged, it cannot be read")
    try:
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        page.close()
        return _Seen(nothing, failed="damaged, its text cannot be read")
    try:
        signs = text_page.count_chars()
        if signs > MOST_SIGNS:
            return _Seen(nothing, failed=f"left out: {signs:,} signs, more than a page can hold")
        frame = frame_of(page)
        if not all(abs(side) < _FARTHEST for side in (frame.width, frame.height)):
            return _Seen(nothing, failed="damaged, it has no size")
        blocks = tuple(blocks_of(runs_of(text_page, frame), frame))
        return _judged(page, PageText(index, frame.height, blocks), frame)
    except pypdfium2.PdfiumError:
        return _Seen(nothing, failed="damaged, its text cannot be read")
    finally:
        text_page.close()
        page.close()


def _judged(page: Any, text: PageText, frame: Frame) -> _Seen:
    """The page with its hidden words marked, and what kind of page it is."""
    painted = painted_on(page, frame)
    tokens = [token for block in text.blocks for line in block.lines for token in line.tokens]
    hidden = unseen(page, tokens, frame, painted) if tokens else []
    letters = sum(len(t.text) for t, not_seen in zip(tokens, hidden, strict=True) if not not_seen)
    meaningless = sum(_is_meaningless(sign) for token in tokens for sign in token.text)
    covered = _covers(painted, frame)
    layer = covered and any(t.style is not None and t.style.mode == 3 for t in tokens)
    return _Seen(
        page=_marked(text, hidden),
        picture=(covered and letters <= _FEW and not layer)
        or (not tokens and (bool(painted.pictures) or len(painted.areas) >= _PATHS)),
        broken=meaningless > _BROKEN * sum(len(token.text) for token in tokens),
        layer=layer,
        comments=file.comments(page),
    )


def _is_meaningless(sign: str) -> bool:
    return sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff"


def _covers(painted: Painted, frame: Frame) -> bool:
    """True when one picture, or all together, cover the page; scans come in strips, too."""
    area = sum(
        max(min(right, frame.width) - max(left, 0.0), 0.0)
        * max(min(bottom, frame.height) - max(top, 0.0), 0.0)
        for left, top, right, bottom in painted.pictures
    )
    return area >= _COVERED * frame.width * frame.height > 0


def _marked(text: PageText, hidden: Sequence[bool]) -> PageText:
    if not any(hidden):
        return text
    flags = iter(hidden)

    def mark(token: Token) -> Token:
        return replace(token, hidden=True) if next(flags) else token

    blocks = [
        replace(
            block,
            lines=tuple(
                replace(line, tokens=tuple(mark(token) for token in line.tokens))
                for line in block.lines
            ),
        )
        for block in text.blocks
    ]
    return replace(text, blocks=tuple(blocks))


def _with_ocr(
    document: Any, pages: list[PageText], pictures: Sequence[int], source: str, options: Options
) -> list[str]:
    """Puts what Tesseract reads in the place of the pages of these numbers; a note on each."""
    from index.formats import ocr
    from index.page_images import picture

    ocr.check(options.ocr, source)
    notes = []
    for done, index in enumerate(pictures):
        options.progress(done, len(pictures))
        try:
            png, scale, height = picture(document, index, ocr.DPI)
            words = ocr.recognised(png, options.ocr)
        except (ocr.NotRead, InputError) as error:
            notes.append(f"page {index + 1}: not read by OCR: {error}")
            continue
        sure = round(ocr.confidence(words), 3)
        pages[index] = PageText(index, height, ocr.blocks(words, scale), sure)
    options.progress(len(pictures), len(pictures))
    return notes + _ocr_notes([page for page in pages if page.confidence is not None])


def _ocr_notes(pages: Sequence[PageText]) -> list[str]:
    """A note on each page; one for all where there are many."""
    sure = [page.confidence or 0.0 for page in pages]
    if len(pages) <= _MOST_NOTES:
        return [
            f"page {page.index + 1}: read by OCR, "
            + (f"confidence {one:.2f}" if page.blocks else "no words found")
            for page, one in zip(pages, sure, strict=True)
        ]
    least = pages[sure.index(min(sure))].index + 1
    return [
        f"{page_ranges([page.index for page in pages])}: read by OCR, confidence"
        f" {min(sure):.2f} (page {least}) to {max(sure):.2f}"
    ]


def _no_text(source: str, pictures: bool, notes: Sequence[str]) -> InputError:
    if not pictures:
        return InputError(f"{source}: no text in it", "leave it out")
    if notes:
        return InputError(
            f"{source}: OCR finds no words in its pages ({notes[-1]})", "leave it out"
        )
    return InputError(
        f"{source}: its pages are pictures without text",
        "add it with --ocr eng (needs the program Tesseract)",
    )


def _page_notes(seen: Sequence[_Seen], with_ocr: bool) -> list[str]:
    notes = [f"page {s.page.index + 1}: {s.failed}" for s in seen if s.failed]
    if layer := [s.page.index for s in seen if s.layer]:
        what = "a picture" if len(layer) == 1 else "pictures"
        notes.append(
            f"{page_ranges(layer)}: {what} with the text that a scanner's OCR laid over it"
        )
    advice = "" if with_ocr else "; add with --ocr eng"
    if broken := [s.page.index for s in seen if s.broken and not s.picture]:
        where = page_ranges(broken)
        notes.append(f"{where}: the file does not say which letters its signs are{advice}")
    if pictures := [s.page.index for s in seen if s.picture and not with_ocr]:
        what = "a picture" if len(pictures) == 1 else "pictures"
        notes.append(f"{page_ranges(pictures)}: {what} without text{advice}")
    if comments := sum(s.comments for s in seen):
        where = page_ranges([s.page.index for s in seen if s.comments])
        notes.append(f"{where}: {counted(comments, 'comment')} left out")
    return notes


def _text_notes(result: Composed) -> list[str]:
    found = sorted(result.hidden_on.items())
    if len(found) > _MOST_NOTES:
        found = [(-1, sum(number for _, number in found))]
    notes = [
        f"hidden text: {counted(number, 'character')} on"
        f" {f'page {page + 1}' if page >= 0 else page_ranges(list(result.hidden_on))}"
        for page, number in found
    ]
    if result.joined or result.kept:
        notes.append(
            f"words cut at line ends: {result.joined:,} put together,"
            f" {result.kept:,} left with their hyphen"
        )
    return notes
