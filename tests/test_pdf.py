"""PDF: text in reading order, words in their boxes, what is left out and what is hidden."""

from __future__ import annotations

import io
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_samples import (
    HEIGHT,
    LEDGER,
    MEETING,
    WIDTH,
    Placed,
    assembled,
    column,
    made,
    put,
    reshaped,
    scanned,
    wrapped,
)
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from index.documents import Page
from index.errors import InputError
from index.formats import pdf_file
from index.formats.pdf import read_pdf
from index.formats.pdf_glyphs import Frame, Glyph, Run
from index.formats.pdf_lines import line_of
from index.formats.pdf_styles import Style
from index.layout import Box, boxes
from index.page_images import render
from index.readers import read_file
from index.reading import Reading

WORDS = st.text(st.sampled_from("abcdefghijkmnopqrstuvwyz"), min_size=2, max_size=9)
LINES = st.lists(
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=12, unique=True
)


def read(data: bytes) -> Reading:
    return read_pdf(data, "varn.pdf")


def paragraphs(reading: Reading) -> list[str]:
    return [reading.text[start:end] for start, end in reading.paragraphs]


def drawn(*paints: object) -> bytes:
    """One page for each function of a canvas."""

    def paint(canvas: Canvas) -> None:
        for number, page in enumerate(paints):
            if number:
                canvas.showPage()
            assert callable(page)
            page(canvas)

    return made(paint)


def shown(place: Placed, crop: tuple[float, float, float, float], quarters: int) -> tuple:
    """The middle of a word's lower half on the page as a viewer has it, from the top left."""
    left, bottom, right, top = crop
    x, y = (place.left + place.right) / 2, place.baseline + 1
    return (
        (x - left, top - y),
        (y - bottom, x - left),
        (right - x, y - bottom),
        (top - y, right - x),
    )[quarters]


@settings(max_examples=30, deadline=None)
@given(
    lines=LINES,
    size=st.sampled_from([6, 10, 13.5]),
    corner=st.tuples(st.integers(-300, 300), st.integers(-300, 300)),
    cut=st.tuples(*[st.integers(0, 30)] * 4),
    quarters=st.integers(0, 3),
)
def test_every_word_is_where_it_was_set(lines, size, corner, cut, quarters):
    """Whatever the page's rotation, crop box and corner (reportlab's widths are the truth)."""
    placed: list[Placed] = []
    data = made(lambda c: placed.extend(put(c, lines, 60 + corner[0], 500 + corner[1], size)))
    media = (corner[0], corner[1], corner[0] + WIDTH, corner[1] + HEIGHT)
    crop = (media[0] + cut[0], media[1] + cut[1], media[2] - cut[2], media[3] - cut[3])
    reading = read(reshaped(data, media, crop, quarters * 90))
    assert reading.text.split() == [place.text for place in placed]
    assert not reading.hidden
    for match, place in zip(re.finditer(r"\S+", reading.text), placed, strict=True):
        (box,) = boxes(reading.layout, *match.span())
        x, y = shown(place, crop, quarters)
        assert box.left < x < box.right
        assert box.top < y < box.bottom
        length = box.right - box.left if quarters % 2 == 0 else box.bottom - box.top
        assert length == pytest.approx(
            place.right - place.left, abs=0.2 * size
        )  # j and f hang over


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(
        st.lists(WORDS, min_size=3, max_size=60).map(lambda words: " ".join(words) + "."),
        min_size=2,
        max_size=4,
    ),
    width=st.integers(150, 340),
    indent=st.sampled_from([0, 15]),
)
def test_paragraphs_are_those_that_were_set(texts, width, indent):
    """With a distance between them or with their first lines set in, at any width. Most lines are
    not first lines, else nobody could tell which are set in."""

    def paint(canvas: Canvas) -> None:
        top = 560.0
        for text in (MEETING, LEDGER, *texts):
            first = wrapped(text, width - indent)[0]
            rest = wrapped(text[len(first) + 1 :], width) if len(first) < len(text) else []
            put(canvas, [first], 40 + indent, top)
            put(canvas, rest, 40, top - 12)
            top -= 12 * (1 + len(rest)) + (0 if indent else 8)

    assert paragraphs(read(made(paint))) == [MEETING, LEDGER, *texts]


@pytest.mark.parametrize("by_rows", [False, True])
def test_columns_are_read_one_after_the_other(by_rows):
    left, right = wrapped(MEETING, 160), wrapped(LEDGER, 160)

    def paint(canvas: Canvas) -> None:
        put(canvas, ["News of Varn and of its harbour on the sea"], 40, 540, 16)
        if by_rows:
            for number in range(max(len(left), len(right))):
                put(canvas, left[number : number + 1], 40, 510 - 12 * number)
                put(canvas, right[number : number + 1], 220, 510 - 12 * number)
        else:
            put(canvas, left, 40, 510)
            put(canvas, right, 220, 510)
        column(canvas, [MEETING], 40, 260, 340)

    reading = read(made(paint))
    assert paragraphs(reading)[1:] == [MEETING, LEDGER, MEETING]
    assert [section.title for section in reading.sections] == paragraphs(reading)[:1]


def test_rows_of_a_table_stay_rows():
    rows = [("Ship", "Tonnes", "Cargo"), ("Aurora", "120", "coal"), ("Selma", "9", "salted fish")]

    def paint(canvas: Canvas) -> None:
        column(canvas, [MEETING], 40, 540, 340)
        for number, row in enumerate(rows):
            for left, cell in zip((40, 160, 240), row, strict=True):
                put(canvas, [cell], left, 400 - 14 * number)

    assert paragraphs(read(made(paint))) == [MEETING, *map(" ".join, rows)]


def test_sentences_go_on_over_columns_and_pages_without_running_lines_and_notes():
    body = wrapped(" ".join([MEETING, LEDGER] * 4), 340)
    note = "1 The crane was built in Old Varn and has been moved twice since."
    starts = []

    def page(number: int, lines: list[str], note: str = ""):
        def paint(canvas: Canvas) -> None:
            put(canvas, ["Papers of the council of Varn"], 40, 565, 8)
            put(canvas, [str(number)], 208, 25, 8)
            starts.append(lines[0].split()[0])
            put(canvas, lines, 40, 530)
            put(canvas, wrapped(note, 340, 8), 40, 60, 8)

        return paint

    cut = [body[:14], body[14:28], body[28:]]
    reading = read(drawn(page(7, cut[0], note), page(8, cut[1]), page(9, cut[2])))
    assert paragraphs(reading) == [note, " ".join([MEETING, LEDGER] * 4)]
    for index, start in enumerate(starts[1:], 1):
        assert reading.text[reading.pages[index].start :].startswith(f"{start} ")
    assert reading.text.startswith(note)  # before the paragraph that its page begins
    turn = reading.pages[1].start
    assert {box.page for box in boxes(reading.layout, turn - 10, turn + 10)} == {0, 1}
    assert reading.notes == (
        'pages 1-3: running line left out: "7"',
        'pages 1-3: running line left out: "Papers of the council of Varn"',
    )


def test_pages_that_begin_alike_have_no_running_head():
    same = drawn(*[lambda canvas: column(canvas, [MEETING, LEDGER], 40, 560, 340)] * 3)
    assert paragraphs(read(same)) == [MEETING, LEDGER] * 3


@pytest.mark.parametrize("copies", [2, 3])
def test_what_the_pages_of_a_form_repeat_is_its_text(copies):
    def paint(number):
        def page(canvas):
            put(canvas, [f"Receipt {number}"], 40, 560)
            put(canvas, ["Paid to the harbour office."], 40, 520)
            put(canvas, [str(number)], 208, 25, 8)

        return page

    reading = read(drawn(*map(paint, range(1, copies + 1))))
    pages = ([f"Receipt {n}", "Paid to the harbour office."] for n in range(1, copies + 1))
    assert paragraphs(reading) == [text for page in pages for text in page]
    assert reading.notes == (f'pages 1-{copies}: running line left out: "1"',)


def test_a_page_without_a_size_is_named_and_the_others_are_read():
    data = drawn(*[lambda canvas: put(canvas, ["The pier was mended."], 40, 300)] * 2)
    first, mark, rest = data.partition(b"/MediaBox [")
    reading = read(
        first + mark + b" 0 0 420 9" + b"9" * 50 + b".5 ]" + rest[rest.index(b"]") + 1 :]
    )
    assert reading.text == "The pier was mended."
    assert reading.notes == ("page 1: damaged, it has no size",)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The harbour and the har-", "bour master."], "The harbour and the harbour master."),
        (["Its well-known pier, a well-", "known one."], "Its well-known pier, a well-known one."),
        (["The plan of 1914-", "1918 was kept."], "The plan of 1914-1918 was kept."),
        (["Anglo-", "Varnish trade."], "Anglo-Varnish trade."),
        (["Both pre- and post-", "and later years."], "Both pre- and post- and later years."),
        (["Of land and of what is based on land-", "based mills."], "... land-based mills."),
        (["The ice—or the snow—", "came."], "The ice—or the snow—came."),
        (["A quiet word", "– and then none."], "A quiet word – and then none."),
    ],
)
def test_words_cut_at_line_ends(lines, text):
    found = " ".join(read(made(lambda c: put(c, lines, 40, 540, 8))).text.split())
    if text.startswith("..."):
        assert found.endswith(text[4:])
    else:
        assert found == text


def test_a_text_that_cuts_no_words_keeps_its_hyphens():
    """One hyphen at the end of a line among a hundred is the word's own."""
    lines = ["The council of Varn heard a cash-", *["hungry office ask for more"] * 99]
    assert "a cash-hungry office" in read(made(lambda c: put(c, lines, 40, 580, 4))).text


def test_boxes_of_a_word_cut_in_two_are_on_both_lines():
    reading = read(made(lambda c: put(c, ["The harbour, and the har-", "bour master."], 40, 540)))
    start = reading.text.rindex("harbour")
    above, below = boxes(reading.layout, start, start + 7)
    assert above.bottom <= below.top + 1
    assert above.left > below.left == pytest.approx(40, abs=0.1)


def test_printed_labels_and_outline():
    def first(canvas: Canvas) -> None:
        canvas.addPageLabel(0, style="ROMAN_LOWER", start=4)
        column(canvas, [MEETING], 40, 540, 340)

    def second(canvas: Canvas) -> None:
        canvas.addPageLabel(1, style="ARABIC", start=1)
        canvas.bookmarkPage("pier")
        canvas.addOutlineEntry("The northern pier", "pier", 0)
        canvas.bookmarkPage("crane")
        canvas.addOutlineEntry("Not on the page", "crane", 1)
        put(canvas, ["2.1 The northern pier"], 40, 540)
        column(canvas, [LEDGER], 40, 528, 340)

    reading = read(drawn(first, second))
    assert reading.pages == (Page("iv", 0, 0), Page("1", len(MEETING) + 2, 1))
    (section,) = reading.sections
    assert section.title == reading.text[section.start : section.end] == "2.1 The northern pier"
    assert paragraphs(reading) == [MEETING, section.title, LEDGER]


def test_hidden_text_is_kept_and_marked():
    def hidden(canvas: Canvas) -> None:
        put(canvas, ["The ferry sails in the second week of April."], 40, 540)
        canvas.saveState()
        text = canvas.beginText(40, 500)
        text.setTextRenderMode(3)
        text.textLine("invisible ink")
        canvas.drawText(text)
        canvas.restoreState()
        put(canvas, ["tiny type"], 40, 480, 0.5)
        put(canvas, ["off the page"], 900, 460)
        canvas.setFillGray(1)
        put(canvas, ["white on white"], 40, 440)
        canvas.setFillGray(0)
        put(canvas, ["under a bar"], 40, 420)
        canvas.rect(30, 415, 200, 15, stroke=0, fill=1)
        canvas.setFillGray(1)
        put(canvas, ["white beside the bar"], 240, 420)
        canvas.setFillGray(0)
        canvas.rect(230, 395, 150, 15, stroke=0, fill=1)
        canvas.setFillGray(1)
        put(canvas, ["seen on its bar"], 240, 400)
        canvas.saveState()
        path = canvas.beginPath()
        path.rect(0, 0, 10, 10)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.setFillGray(0)
        put(canvas, ["clipped away"], 40, 380)
        canvas.restoreState()
        canvas.setFillGray(0)

    reading = read(made(hidden))
    marked = [reading.text[start:end] for start, end in reading.hidden]
    assert marked == [
        "invisible ink",
        "tiny type",
        "white on white",
        "under a bar white beside the bar",
        "clipped away",
        "off the page",
    ]
    assert "seen on its bar" in paragraphs(reading)
    letters = sum(len(part.replace(" ", "")) for part in marked)
    assert f"hidden text: {letters} characters on page 1" in reading.notes


def test_a_layer_that_is_switched_off_is_hidden_and_nothing_is_run():
    data = assembled(
        b"BT /F1 12 Tf 40 500 Td (The ferry sails.) Tj ET"
        b" /OC /L1 BDC BT /F1 12 Tf 40 450 Td (A layer.) Tj ET EMC",
        b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>"
        b"/Names<</JavaScript<</Names[(a)7 0 R]>>/EmbeddedFiles<</Names[(b)9 0 R]>>>>",
        b"/Resources<</Font<</F1 5 0 R>>/Properties<</L1 6 0 R>>>>/Annots[8 0 R]",
        b"<</Type/OCG/Name(L)>>",
        b"<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"<</Type/Annot/Subtype/Text/Rect[9 9 30 30]/Contents(A comment.)>>",
        b"<</Type/Filespec/F(b)/EF<</F 4 0 R>>>>",
    )
    reading = read(data)
    assert reading.text == "The ferry sails.\n\nA layer."
    assert [reading.text[start:end] for start, end in reading.hidden] == ["A layer."]
    assert reading.notes == (
        "not run: 1 JavaScript program in the file",
        "not read: 1 embedded file",
        "page 1: 1 comment left out",
        "hidden text: 7 characters on page 1",
    )


def test_signs_without_letters_are_told():
    """A font that maps its signs to the private use area says nothing that can be searched."""
    mapping = (
        b"/CIDInit/ProcSet findresource begin begincmap 1 begincodespacerange<00><FF>"
        b"endcodespacerange 1 beginbfrange<20><7E><E020> endbfrange endcmap end"
    )
    data = assembled(
        b"BT /F1 12 Tf 40 500 Td (The ferry sails.) Tj ET",
        b"",
        b"/Resources<</Font<</F1 6 0 R>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/ToUnicode 7 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(mapping), mapping),
    )
    assert read(data).notes == (
        "page 1: the file does not say which letters its signs are; add with --ocr eng",
    )


def test_the_text_layer_of_a_scan_is_not_hidden():
    paper = made(lambda canvas: column(canvas, [MEETING], 40, 510, 340))
    reading = read(scanned(paper, "The council of Varn met"))
    assert reading.text == "The council of Varn met"
    assert not reading.hidden
    assert reading.notes == ("page 1: a picture with the text that a scanner's OCR laid over it",)


def test_metadata_and_what_is_no_title():
    data = made(lambda canvas: put(canvas, ["Text."], 40, 500), title="Pier", author="Port Office")
    reading = read(data)
    assert reading.metadata == {
        "title": "Pier",
        "author": "Port Office",
        "published": "2000-01-01",
    }
    assert reading.uncertain == ("published",)
    for title in ("Microsoft Word - report.docx", "untitled", "report_final.indd", "Slide 1"):
        assert "title" not in read(made(lambda c: put(c, ["Text."], 40, 500), title=title)).metadata


def encrypted(user: str) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption(user, "owner", strength=128))
    put(canvas, ["The ferry sails in April."], 40, 500)
    canvas.save()
    return buffer.getvalue()


def test_passwords():
    assert read(encrypted("")).text == "The ferry sails in April."
    with pytest.raises(InputError, match=r"varn\.pdf: asks for a password; save a copy without"):
        read(encrypted("secret"))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "not a PDF file"),
        (b"%PDF-1.7\n" + b"\0" * 5000, "damaged: its pages cannot be found"),
        (made(lambda canvas: canvas.rect(10, 10, 50, 50)), "no text in it"),
        (
            scanned(made(lambda canvas: put(canvas, ["A letter."], 40, 500))),
            "its pages are pictures without text; add it with --ocr eng",
        ),
    ],
)
def test_what_cannot_be_read_says_why(data, what):
    with pytest.raises(InputError, match=rf"^varn\.pdf: {what}"):
        read(data)


def test_too_many_pages_are_refused_at_once():
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for _ in range(pdf_file.MOST_PAGES + 1):
        canvas.showPage()
    canvas.save()
    begun = time.perf_counter()
    with pytest.raises(InputError, match="3,001 pages, more than 3,000; split it"):
        read(buffer.getvalue())
    assert time.perf_counter() - begun < 2


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_refused(data):
    """Any cut or changed bytes: a reading whose spans hold, or an `InputError`, nothing else."""
    whole = bytearray(made(lambda canvas: column(canvas, [MEETING, LEDGER], 40, 540, 340)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(len(whole) // 2, len(whole)))])
    try:
        reading = read(cut)
    except InputError as error:
        refused = error.what
    else:
        refused = ""
    if refused:
        assert refused.startswith("varn.pdf: ")
        return
    assert all(0 <= a < b <= len(reading.text) for a, b in reading.paragraphs)
    assert reading.text.encode()
    if b"%%EOF" not in cut:
        assert reading.notes[0].startswith("the end of the file is missing")


def test_same_bytes_same_reading():
    data = made(lambda canvas: column(canvas, [MEETING, LEDGER], 40, 540, 340))
    assert read(data) == read(data) == read_file(data, "varn.PDF")


def test_the_mark_covers_the_words_and_nothing_else():
    data = made(lambda canvas: column(canvas, [MEETING], 40, 540, 340))
    reading = read(data)
    start = reading.text.index("old quay")
    marks = boxes(reading.layout, start, start + len("old quay"))
    plain, marked = (
        np.array(Image.open(io.BytesIO(render(data, 0, found)))).astype(int)
        for found in ((), marks)
    )
    changed = np.argwhere(np.abs(plain - marked).max(axis=2) > 0) / 2  # two pixels a point
    (box,) = marks
    assert changed.min(axis=0) == pytest.approx([box.top, box.left], abs=1.5)
    assert changed.max(axis=0) == pytest.approx([box.bottom, box.right], abs=1.5)
    dark = np.argwhere(plain.max(axis=2) < 100) / 2
    inside = (dark > (box.top, box.left)).all(axis=1) & (dark < (box.bottom, box.right)).all(axis=1)
    assert inside.sum() > 100  # the ink of the words is below the mark
    with pytest.raises(InputError, match="no page 2, of 1"):
        render(data, 1, [Box(1, 0, 0, 1, 1)])


def test_arabic_is_in_the_order_of_reading():
    """A browser paints it letter by letter from the left; a quote must read from the right."""
    style = Style(10, False, 0, 0, (0, 0, 0, 255), False)
    shown = "2024 (ءانيملا) يف"  # as it stands on the page, from left to right
    glyphs = [
        Glyph(sign, 10 + 5 * at, 100, 15 + 5 * at, 110, 108, style, shown[at - 1] == " ")
        for at, sign in enumerate(shown)
        if sign != " "
    ]
    assert line_of([Run(glyphs, 0)], Frame(0, 0, 400, 400, 0)).text == "في (الميناء) 2024"
