"""What may be found at all: the search box, and masks over real indexes."""

from __future__ import annotations

import pytest
from conftest import HASHING, build
from hypothesis import given
from hypothesis import strategies as st

from index.errors import InputError
from index.indexing import remove
from rag.filters import Filters, parse_query, permitted, wording


@pytest.mark.parametrize(
    ("text", "question", "phrases", "without"),
    [
        ('Who wrote "never again"?', "Who wrote never again?", ["never again"], []),
        ("« le vent » et “the wind”", "le vent et the wind", ["le vent", "the wind"], []),
        ("他说“再见”吗", "他说再见吗", ["再见"], []),
        ('他说"再见"吗', "他说再见吗", ["再见"], []),
        ('“he said "no" twice”', 'he said "no" twice', ['he said "no" twice'], []),
        ("harbour -ice bell", "harbour bell", [], ["ice"]),
        ('harbour -"thick ice" -2019', "harbour", [], ["thick ice", "2019"]),
        ("-ice harbour?", "harbour?", [], ["ice"]),
        ('"the bell" -ice', "the bell", ["the bell"], ["ice"]),
        ('say "a -b"', "say a -b", ["a -b"], []),
        ("bells -state-of-the-art", "bells", [], ["state-of-the-art"]),
    ],
)  # fmt: skip
def test_a_question_is_read_as_people_write_into_a_search_box(text, question, phrases, without):
    filters = Filters(phrases=tuple(phrases), without=tuple(without))
    assert parse_query(text) == (question, filters)


@pytest.mark.parametrize(
    "text",
    [
        "a state-of-the-art bell", "1914 - 1918", "ice - and fire", 'a lone " mark', "“unpaired",
        'nothing in ""', 'only "..." here', "a --flag", "it’s 'so'", 'a 6" and an 8" pipe',
        'ארה"ב וצה"ל',
        '-"unpaired', "", " two  spaces ", "(-ice)", "a\n\nb",
    ],
)  # fmt: skip
def test_what_asks_for_nothing_comes_back_as_it_is(text):
    assert parse_query(text) == (text, Filters())


@pytest.mark.parametrize("text", ["-ice", '-"the bell" -ice', " -ice ?"])
def test_a_question_of_exclusions_alone_is_refused(text):
    with pytest.raises(InputError, match="nothing to search for; add what"):
        parse_query(text)


def outcome(text) -> tuple[str, Filters]:
    """What a question is read as; the fault of one that cannot be read."""
    try:
        return parse_query(text)
    except InputError as error:
        return error.what, Filters()


@given(st.text(alphabet="ab1 -_'\"“”«».\n\u0301ﬁ再"))
def test_every_question_can_be_read_or_is_nothing_but_exclusions(text):
    rest, filters = outcome(text)
    assert rest != "nothing to search for" or "-" in text
    assert all(" ".join(p.split()) in " ".join(rest.split()) for p in filters.phrases)
    if not any(mark in text for mark in '-"“”«»'):
        assert (rest, filters) == (text, Filters())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"since": "2014-13"}, "since is '2014-13'; write YYYY"),
        ({"until": "May 2014"}, "until is 'May 2014'; write YYYY"),
        ({"since": "2014-06", "until": "2014-05"}, "since 2014-06 is later than until 2014-05"),
        ({"phrases": ("...",)}, "'...' holds no word"),
        ({"without": (" ",)}, "' ' holds no word"),
    ],
)
def test_conditions_that_cannot_be_met_are_refused(fields, reason):
    with pytest.raises(InputError, match=reason):
        Filters(**fields)


def test_two_sets_of_conditions_become_one():
    assert not Filters()
    assert not parse_query("bell")[1]
    ours = Filters(publishers=("A",), since="2014-06", until="2015", phrases=("ice",))
    theirs = Filters(publishers=("B", "A"), since="2014", until="2015-03", without=("fire",))
    assert ours.merged(theirs) == Filters(
        publishers=("A", "B"), since="2014-06", until="2015-03", phrases=("ice",), without=("fire",)
    )
    assert ours.merged(Filters()) == Filters().merged(ours) == ours


FILES = {
    "reports/freeze.md": (
        "---\ntitle: Freeze\npublisher: Human  Rights Desk\nauthor: Ana Ruiz\npublished: 2014\n"
        "language: en-GB\n---\nNever again, said the pilots’ guild, will the bell stay silent."
    ),
    "reports/deep/thaw.md": (
        "---\npublisher: Port Chronicle\npublished: 2014-05-03\n---\n"
        "It must never  happen ❤️again. The café paid 3,500 crowns for a bell."
    ),
    "old/reports.txt": "Reports of the bell: again and\nagain, never twice. O bell of the bells!",
    "faro.md": (
        "---\npublished: 2015-01\nlanguage: es\n---\n"
        "El faro se apagó tres noches. Nunca más, dijeron los pescadores."
    ),
    "zh.md": "---\nlanguage: zh\n---\n我住在北京市。",
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """The files above in two segments."""
    where = tmp_path_factory.mktemp("filters")
    *first, last = FILES
    folder = build(where, {name: FILES[name] for name in first}, HASHING)
    build(where, {last: FILES[last]}, HASHING)
    return folder.open()


def found(snapshot, **fields) -> set[str]:
    """Names of the files of which a passage is allowed."""
    mask = permitted(snapshot, Filters(**fields), "en")
    assert mask.shape == (len(snapshot),)
    rows = mask.nonzero()[0].tolist()
    return {snapshot.document_of(row).source.rpartition("/")[2] for row in rows}


ALL = {"freeze.md", "thaw.md", "reports.txt", "faro.md", "zh.md"}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"documents": ("thaw.md", "old/reports.txt")}, {"thaw.md", "reports.txt"}),
        ({"documents": ("reports/",)}, {"freeze.md", "thaw.md"}),
        ({"documents": ("files/reports/deep",)}, {"thaw.md"}),
        ({"publishers": ("human rights",)}, {"freeze.md"}),
        ({"publishers": ("HUMAN", "port chron")}, {"freeze.md", "thaw.md"}),
        ({"publishers": ("human",), "authors": ("ruiz",)}, {"freeze.md"}),
        ({"languages": ("en",)}, {"freeze.md", "thaw.md", "reports.txt"}),
        ({"languages": ("ES-mx", "zh")}, {"faro.md", "zh.md"}),
        ({"since": "2014-06"}, {"freeze.md", "faro.md"}),
        ({"until": "2014-05-02"}, {"freeze.md"}),
        ({"since": "2014-05", "until": "2014-05"}, {"freeze.md", "thaw.md"}),
        ({"since": "2014-06", "until": "2014"}, {"freeze.md"}),
        ({"since": "2020"}, set()),
        ({"publishers": ("port",), "languages": ("es",)}, set()),
    ],
)
def test_documents_are_chosen_by_what_is_known_of_them(snapshot, fields, names):
    assert found(snapshot, **fields) == names


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"documents": ("absent.txt",)}, "no document 'absent.txt' in the index; see: onrecord"),
        ({"documents": (".",)}, "no document '.'"),
        ({"documents": ("",)}, "no document ''"),
        ({"publishers": ("port", "Nobody")},
         "publisher 'Nobody' .there are: Port Chronicle, Human Rights Desk.; see: onrecord list"),
        ({"authors": (" ",)}, "author ' ' .there are: Ana Ruiz"),
        ({"languages": ("e",)}, "language 'e' .there are: en, "),
    ],
)  # fmt: skip
def test_a_name_that_fits_no_document_is_refused_with_those_that_do(snapshot, fields, reason):
    with pytest.raises(InputError, match=reason):
        permitted(snapshot, Filters(**fields), "en")


def test_a_document_is_chosen_by_its_id(snapshot):
    for document in snapshot.documents.values():
        assert found(snapshot, documents=(document.id,)) == {document.source.rpartition("/")[2]}


@pytest.mark.parametrize(
    ("phrases", "names"),
    [
        (["never again"], {"freeze.md"}),
        (["Again, and AGAIN"], {"reports.txt"}),
        (["bell"], {"freeze.md", "thaw.md", "reports.txt"}),
        (["bell", "never"], {"freeze.md", "thaw.md", "reports.txt"}),
        (["the pilots' guild"], {"freeze.md"}),
        (["CAFÉ paid 3.500 crowns for"], {"thaw.md"}),
        (["the bell"], {"freeze.md", "reports.txt"}),
        (["of the"], {"reports.txt"}),
        (["happen again"], {"thaw.md"}),
        (["nunca más"], {"faro.md"}),
        (["北京"], {"zh.md"}),
        (["gain"], set()),
        (["zeppelin"], set()),
    ],
)
def test_phrases_are_exact_words_in_a_row(snapshot, phrases, names):
    assert found(snapshot, phrases=tuple(phrases)) == names
    if len(phrases) == 1:
        assert found(snapshot, without=tuple(phrases)) == ALL - names


def test_conditions_on_words_and_documents_hold_together(snapshot):
    assert found(snapshot, phrases=("bell",), without=("never again", "twice")) == {"thaw.md"}
    assert found(snapshot, phrases=("bell",), documents=("reports",), until="2013") == set()
    assert found(snapshot, without=("bell",), languages=("en",)) == set()
    assert permitted(snapshot, Filters(), "en") is None


def test_any_text_can_be_asked_for_its_wording():
    fits = wording(Filters(phrases=("the bell", "ice"), without=("fire",)))
    assert fits("Ice on the “Bell”.")
    assert not fits("Ice on a bell.")
    assert not fits("Ice on the bell, no fire.")


def test_an_index_without_passages_allows_none(make_index):
    folder = make_index({"a.txt": "The bell rang."})
    (document,) = folder.open().documents.values()
    remove(folder, [document.id])
    assert permitted(folder.open(), Filters(phrases=("bell",), since="2014"), "en").shape == (0,)
