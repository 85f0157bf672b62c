"""Styles set by pandoc: the source articles, checked by hand, and what styles leave to us."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from index.documents import Document, Page, Section, Span, document_id, sha256_hex
from index.errors import InputError, OnRecordError
from rag.answer import Citation, Voice
from rag.citing import STYLES, Extras, date_of, exported, footnote, footnotes, pandoc
from rag.citing.pandoc import CslStyle
from rag.citing.runs import plain

ROOT = Path(__file__).resolve().parents[1]
CSL = [name for name, style in STYLES.items() if isinstance(style, CslStyle)]

TEXT = "The minutes of Varn.\n\nThe ferry sails again.\n\nThe crane was mended."
PARAGRAPHS = ((0, 20), (22, 44), (46, 67))
"""Words for documents of which only the metadata matter."""


def document(**known: object) -> Document:
    source = str(known.pop("source", "papers/minutes.txt"))
    made = Document(
        document_id(source, TEXT), source, sha256_hex(TEXT.encode()), TEXT, paragraphs=PARAGRAPHS
    )
    return replace(made, **known)  # type: ignore[arg-type]


def citation(source: Document, voice: Voice | None = None, start: int = 46) -> Citation:
    """The last paragraph, number 3, or from another place to the end."""
    span = Span(source.id, start, len(TEXT))
    return Citation(1, span, TEXT[start:], voice or Voice(source.speaker), source)


REEVE = document(
    source="reeve.html",
    title="The ferry of Varn",
    author="Ada Reeve",
    publisher="Quayside Press",
    published="2021-03-04",
    language="en",
    url="https://quayside.example/ferry",
)

MANIFEST = (ROOT / "seeds" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
ARTICLES = [
    document(**{k: v for k, v in json.loads(row).items() if k not in ("file", "sha256")})
    for row in MANIFEST
]

LAWFARE = "https://www.lawfaremedia.org/article/the-u.s.-heel-turn-on-international-cooperation"
NOSSEL = "https://foreignpolicy.com/2020/10/05/how-to-stop-the-export-of-authoritarianism/"

CHECKED_BY_HAND = {
    "plain": [
        "Human Rights Watch, “World Report 2026: introductory essay”, 4 February 2026, para. 3.",
        "Rana Siu Inboden, “Article adapted from Defending the Global Human Rights System from"
        " Authoritarian Assault”, Just Security, 10 July 2023, para. 3.",
        "Lawfare, “The U.S. Heel Turn on International Cooperation”, January 2026, para. 3,"
        f" <{LAWFARE}>.",
        "Tom Malinowski, “Reflections on Human Rights Week”, U.S. Department of State,"
        " 10 December 2014, para. 3.",
        "Suzanne Nossel, “How to Stop the Export of Authoritarianism”, Foreign Policy,"
        f" 5 October 2020, para. 3, <{NOSSEL}>.",
    ],
    # Chicago Manual of Style, 18th edition, 14.104: notes for what is on a website.
    "chicago": [
        "“World Report 2026: Introductory Essay,” Human Rights Watch, February 4, 2026, para. 3.",
        "Rana Siu Inboden, “Article Adapted from Defending the Global Human Rights System from"
        " Authoritarian Assault,” Just Security, July 10, 2023, para. 3.",
        "“The U.S. Heel Turn on International Cooperation,” Lawfare, January 2026, para. 3,"
        f" <{LAWFARE}>.",
        "Tom Malinowski, “Reflections on Human Rights Week,” U.S. Department of State,"
        " December 10, 2014, para. 3.",
        "Suzanne Nossel, “How to Stop the Export of Authoritarianism,” Foreign Policy,"
        f" October 5, 2020, para. 3, <{NOSSEL}>.",
    ],
    # APA, 7th edition, 8.13 (part of a source), 9.12 (no author), 10.16 (webpages).
    "apa": [
        "(*World Report 2026: Introductory Essay*, 2026, para. 3) — *World Report 2026:"
        " introductory essay*. (2026, February 4). Human Rights Watch.",
        "(Inboden, 2023, para. 3) — Inboden, R. S. (2023, July 10). *Article adapted from Defending"
        " the Global Human Rights System from Authoritarian Assault*. Just Security.",
        "(*The U.S. Heel Turn on International Cooperation*, 2026, para. 3) — *The U.S. Heel Turn"
        f" on International Cooperation*. (2026, January). Lawfare. <{LAWFARE}>",
        "(Malinowski, 2014, para. 3) — Malinowski, T. (2014, December 10). *Reflections on Human"
        " Rights Week*. U.S. Department of State.",
        "(Nossel, 2020, para. 3) — Nossel, S. (2020, October 5). *How to Stop the Export of"
        f" Authoritarianism*. Foreign Policy. <{NOSSEL}>",
    ],
    # MLA Handbook, 9th edition, 6.20 (numbered paragraphs), 5.1 (works cited).
    "mla": [
        "(“World Report 2026: Introductory Essay,” par. 3) — “World Report 2026: Introductory"
        " Essay.” *Human Rights Watch*, 4 Feb. 2026.",
        "(Inboden, par. 3) — Inboden, Rana Siu. “Article Adapted from Defending the Global Human"
        " Rights System from Authoritarian Assault.” *Just Security*, 10 July 2023.",
        "(“The U.S. Heel Turn on International Cooperation,” par. 3) — “The U.S. Heel Turn on"
        f" International Cooperation.” *Lawfare*, Jan. 2026, <{LAWFARE}>.",
        "(Malinowski, par. 3) — Malinowski, Tom. “Reflections on Human Rights Week.” *U.S."
        " Department of State*, 10 Dec. 2014.",
        "(Nossel, par. 3) — Nossel, Suzanne. “How to Stop the Export of Authoritarianism.” *Foreign"
        f" Policy*, 5 Oct. 2020, <{NOSSEL}>.",
    ],
    # OSCOLA, 4th edition, 3.4.8 (websites and blogs).
    "oscola": [
        "‘World Report 2026: Introductory Essay’ (*Human Rights Watch*, 4 February 2026) para 3.",
        "Rana Siu Inboden, ‘Article Adapted from Defending the Global Human Rights System from"
        " Authoritarian Assault’ (*Just Security*, 10 July 2023) para 3.",
        "‘The U.S. Heel Turn on International Cooperation’ (*Lawfare*, January 2026) para 3"
        f" \\<<{LAWFARE}>\\>.",
        "Tom Malinowski, ‘Reflections on Human Rights Week’ (*U.S. Department of State*,"
        " 10 December 2014) para 3.",
        "Suzanne Nossel, ‘How to Stop the Export of Authoritarianism’ (*Foreign Policy*,"
        f" 5 October 2020) para 3 \\<<{NOSSEL}>\\>.",
    ],
    # The Bluebook, 21st edition, rule 18.2 (the internet), 3.3 (paragraphs).
    "bluebook": [
        "*World Report 2026: Introductory Essay*, Human Rights Watch ¶ 3 (Feb. 4, 2026).",
        "Rana Siu Inboden, *Article Adapted from Defending the Global Human Rights System from"
        " Authoritarian Assault*, Just Security ¶ 3 (July 10, 2023).",
        f"*The U.S. Heel Turn on International Cooperation*, Lawfare ¶ 3 (Jan. 2026), <{LAWFARE}>.",
        "Tom Malinowski, *Reflections on Human Rights Week*, U.S. Department of State ¶ 3 (Dec. 10,"
        " 2014).",
        "Suzanne Nossel, *How to Stop the Export of Authoritarianism*, Foreign Policy ¶ 3 (Oct. 5,"
        f" 2020), <{NOSSEL}>.",
    ],
}


def test_every_style_was_checked():
    assert CHECKED_BY_HAND.keys() == STYLES.keys()


@pytest.mark.parametrize("style", STYLES)
def test_footnotes_of_the_source_articles(style):
    notes = footnotes([citation(article) for article in ARTICLES], style)
    shown = [note.text if style == "plain" else note.markdown for note in notes]
    assert shown == CHECKED_BY_HAND[style]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("plain", "Olga Brandt, quoted in Ada Reeve, “The ferry of Varn”"),
        ("chicago", "Olga Brandt, quoted in Ada Reeve, “The Ferry of Varn,”"),
        ("apa", "(Olga Brandt, as cited in Reeve, 2021, pp. iii–4)"),
        ("mla", "(Olga Brandt, qtd. in Reeve iii–4)"),
        ("oscola", "Olga Brandt, quoted in Ada Reeve, ‘The Ferry of Varn’"),
        ("bluebook", "https://quayside.example/ferry (quoting Olga Brandt)."),
    ],
)
def test_who_is_quoted_is_named_before_the_work_and_pages_are_printed_ones(style, expected):
    paged = replace(REEVE, pages=(Page("iii", 0, 4), Page("4", 50, 5)))
    quoted = citation(paged, Voice("Olga Brandt", "quoted", "Ada Reeve"))
    note = footnote(quoted, style)
    assert expected in note.text
    assert "iii–4" in plain(note.cited)


@pytest.mark.parametrize("style", CSL)
def test_what_no_style_has_a_place_for_is_said_all_the_same(style):
    """An inferred date, the row of a table, hidden words, recognised text."""
    odd = replace(
        REEVE,
        uncertain=("published",),
        sections=(Section("row 7", 40, 40),),
        hidden=((60, 62),),
    )
    note = footnote(citation(odd), style)
    assert "row 7" in plain(note.cited)
    assert "partly not visible in the source" in plain(note.cited)
    for part in (note.cited, note.reference):
        dated = part and "2021" in plain(part)
        assert not dated or any(m in plain(part).lower() for m in ("inferred", "ca. ", "circa "))
    scan = replace(REEVE, pages=(Page("2", 0, 1, 0.871),))
    assert "text recognised from a picture, confidence 87 %" in footnote(citation(scan), style).text


@pytest.mark.parametrize("style", STYLES)
def test_a_document_of_which_nothing_is_known_is_cited_by_the_name_of_its_file(style):
    source = "secret/folder/box.zip!/minutes/may.txt"
    note = footnote(citation(document(source=source, parent="secret/folder/box.zip")), style)
    assert "box.zip › minutes/may.txt" in note.text
    assert "3" in plain(note.cited)
    assert "secret" not in note.text
    assert "None" not in note.text


@pytest.mark.parametrize("style", CSL)
def test_each_note_and_each_entry_stands_by_itself(style):
    """No "ibid", no short form, no dash for an author who was named in the entry before."""
    other = replace(document(source="b.html"), title="The crane", author="Ada Reeve",
                    published="2022", language="en")  # fmt: skip
    notes = footnotes([citation(REEVE), citation(other), citation(REEVE)], style)
    assert notes[0] == notes[2]
    assert all("Reeve" in plain(note.cited) for note in notes)
    assert all("Reeve" in plain(note.reference) for note in notes if note.reference)
    if not STYLES[style].in_text:  # type: ignore[attr-defined]
        assert [notes[0], notes[1]] == [footnote(citation(d), style) for d in (REEVE, other)]


@pytest.mark.parametrize("style", CSL)
def test_titles_and_labels_are_words_and_never_markup(style):
    titles = [
        "</span><i>@reeve-2021 $x^2$ [^1] *bold* `code` <script>alert(1)</script>",
        r"\textbf{a} {p. 9} & &amp; # - -- ' … %41",
    ]
    hostile = [
        citation(document(source=f"{n}.txt", title=t, pages=(Page("}{p. 9}", 0, 0),)))
        for n, t in enumerate(titles)
    ]
    for title, note in zip(titles, footnotes(hostile, style), strict=True):
        assert title in note.text
        assert ")(p. 9)" in plain(note.cited)
        assert "<script>" not in note.html
        assert "<i></span>" not in note.html


def test_a_title_that_quotes_takes_the_other_marks():
    titled = citation(replace(REEVE, title="The “ferry” of Varn"))
    assert "“The ‘Ferry’ of Varn,”" in footnote(titled, "chicago").text
    assert "‘The “Ferry” of Varn’" in footnote(titled, "oscola").text


def test_only_english_titles_take_capitals():
    spanish = citation(replace(REEVE, title="El transbordador de la isla", language="es"))
    assert "“El transbordador de la isla,”" in footnote(spanish, "chicago").text


def test_organisations_are_not_turned_round():
    council = citation(replace(REEVE, author="Council of Varn"))
    assert "Council of Varn. (2021, March 4)" in footnote(council, "apa").text


def test_the_day_of_access_and_the_hash_are_printed_when_they_are_given():
    extras = Extras(accessed=date_of("2026-05-03"), hashes=True)
    note = footnote(citation(REEVE), "oscola", extras)
    assert "<https://quayside.example/ferry> accessed 3 May 2026." in note.text
    assert f"[SHA-256 {REEVE.sha256}]" in note.text


def test_without_the_extra_the_next_step_is_told(monkeypatch):
    monkeypatch.setattr(pandoc, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"pip install 'onrecord\[styles\]'"):
        footnote(citation(REEVE), "chicago")
    assert footnote(citation(REEVE)).text.startswith("Ada Reeve")


def test_a_style_that_pandoc_cannot_read_is_an_error_for_people():
    with pytest.raises(OnRecordError, match="pandoc failed"):
        CslStyle("no-such-style.csl")([citation(REEVE)])


def test_csl_json_is_read_again_by_another_program():
    documents = [REEVE, replace(REEVE, id="f" * 16, author="Council of Varn", url=None)]
    written = exported(documents, "csl-json", Extras(accessed=date_of("2026-05-03")))
    done = subprocess.run(
        [pandoc._program(), "--from=csljson", "--to=csljson", "--sandbox"],
        input=written.encode(),
        capture_output=True,
        check=True,
    )
    first, second = json.loads(done.stdout)
    assert first["author"] == [{"family": "Reeve", "given": "Ada"}]
    assert first["issued"] == {"date-parts": [[2021, 3, 4]]}
    assert first["accessed"] == {"date-parts": [[2026, 5, 3]]}
    assert (first["type"], first["URL"]) == ("webpage", REEVE.url)
    assert second["author"] == [{"literal": "Council of Varn"}]
    assert (second["type"], second["publisher"]) == ("document", "Quayside Press")
    assert "accessed" not in second  # nobody opened on the web what has no address
