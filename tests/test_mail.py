"""Mail: headers, body, what is quoted, what is attached; mailboxes of messages."""

from __future__ import annotations

import base64
import random
import time
from email.message import EmailMessage

import pytest

from index.documents import Document, Section
from index.errors import InputError
from index.formats.mail import attachments, messages, read_mail
from index.readers import Part, parts
from index.reading import DEFAULTS, Child, Unreadable

HEAD = b"From: Ann Weld <ann@ostrel.example>\nSubject: The bell\n"


def mail(body=b"It rings.\n", headers=b""):
    return HEAD + headers + b"\n" + body


def read(data):
    return read_mail(data, "a.eml")


def paragraphs(reading):
    texts = [reading.text[start:end] for start, end in reading.paragraphs]
    assert reading.text == "\n\n".join(texts)
    return texts


def body(reading):
    return paragraphs(reading)[1:]


LETTER = """Dear council,

the bell of the harbour was cast in May and paid for by the guild, which has asked for
a receipt.

On Sun, 2 May 2021 at 09:00, Bo Quill <bo@ostrel.example>
wrote:
> What did the bell cost?
>> Who has asked?
> The pilots.

3,500 crowns.

--\x20
Ann
"""


def letter():
    made = EmailMessage()
    made["From"] = '"Weld, Ånn" <ann@ostrel.example>'
    made["To"] = "Town Council <council@ostrel.example>, bo@ostrel.example"
    made["Date"] = "Mon, 03 May 2021 23:30:00 +0200"
    made["Subject"] = "The bell – and who paid for it when the harbour of Ostrel froze that winter"
    made.set_content(LETTER)
    made.add_alternative("<p>the bell of the harbour</p>", subtype="html")
    made.add_attachment("town,ice\nOstrel,41\n", subtype="csv", filename="tåble.csv")
    made.add_attachment("Second.\n", filename="../notes/a.txt")
    made.add_attachment("Third.\n", filename="A.txt")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="map.png")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "bo@ostrel.example", "Receipt / bell: 1"
    inner.set_content("Received.\n")
    made.add_attachment(inner)
    return made.as_bytes()


def test_a_message_is_its_headers_and_its_body_with_what_it_quotes_apart():
    reading = read(letter())
    assert paragraphs(reading) == [
        "From: Weld, Ånn <ann@ostrel.example>; "
        "To: Town Council <council@ostrel.example>, bo@ostrel.example; "
        "Date: Mon, 03 May 2021 23:30:00 +0200; "
        "Subject: The bell – and who paid for it when the harbour of Ostrel froze that winter",
        "Dear council,",
        "the bell of the harbour was cast in May and paid for by the guild, which has asked for a "
        "receipt.",
        "On Sun, 2 May 2021 at 09:00, Bo Quill <bo@ostrel.example> wrote:",
        *("What did the bell cost?", "Who has asked?", "The pilots.", "3,500 crowns.", "Ann"),
    ]
    assert reading.metadata == {
        "title": "The bell – and who paid for it when the harbour of Ostrel froze that winter",
        "author": "Weld, Ånn",
        "published": "2021-05-03",
    }
    assert reading.uncertain == ()
    document = Document("d", "a.eml", "", reading.text, sections=reading.sections)
    assert {text: document.section_at(reading.text.index(text)) for text in body(reading)} == {
        **dict.fromkeys(body(reading)[:2], None),
        **dict.fromkeys(body(reading)[2:6], "earlier message"),
        **dict.fromkeys(body(reading)[6:], "message"),
    }
    assert reading.notes == (
        "quotes other messages, in parts of their own: 112 characters",
        "left out: another version of the same text, such as HTML",
    )


def test_what_is_attached_comes_out_by_name_once_each():
    found = list(attachments(letter(), "a.eml"))
    assert [item.name for item in found] == [
        *("tåble.csv", "a.txt", "A (2).txt", "map.png", "Receipt bell 1.eml"),
    ]
    assert found[0] == Child("tåble.csv", b"town,ice\nOstrel,41\n")
    assert found[3] == Unreadable("map.png", "no reader for .png")
    results = list(parts(letter(), "a.eml", DEFAULTS))
    assert [part.name for part in results if isinstance(part, Unreadable)] == ["a.eml!/map.png"]
    assert [part.parent for part in results if isinstance(part, Part)] == [None] + ["a.eml"] * 4
    assert body(read_mail(found[4].data, "b.eml")) == ["Received."]


def multipart(kind, *inner):
    lines = [b"Content-Type: multipart/" + kind + b"; boundary=b\n"]
    for headers, text in inner:
        lines.append(b"--b\n" + headers + b"\n\n" + text)
    return HEAD + lines[0] + b"\n" + b"\n".join(lines[1:]) + b"\n--b--\n"


SIGNATURE = b"Content-Type: application/pgp-signature"
PLAIN, HTML = b"Content-Type: text/plain", b"Content-Type: text/html; charset=iso-8859-1"
PAGE = "<html><body><p>The b\u00e9ll rang over the harbour all night.</p></body></html>".encode(
    "latin-1"
)
BODIES = [
    ("HTML alone is read, in the character set of the header",
     mail(PAGE, HTML + b"\n"), ["The béll rang over the harbour all night."], ""),
    ("all of the HTML is content, whatever its elements are called",
     mail(b"<meta charset=koi8-r><nav>Ann,</nav><article><p>the bell rang.</p></article>"
          b"<div class=comments><p>It rang twice.</p></div><aside>It is \xe9ld.</aside>"
          b"<footer>Bo</footer>", HTML + b"\n"),
     ["Ann,", "the bell rang.", "It rang twice.", "It is éld.", "Bo"], ""),
    ("nor do they by way of HTML",
     mail(b"<p>+2AA- x", b"Content-Type: text/html; charset=utf-7\n"), ["\ufffd x"], ""),
    ("HTML is read where the plain version is empty",
     multipart(b"alternative", (PLAIN, b" \n"), (HTML, PAGE)),
     ["The béll rang over the harbour all night."], "another version"),
    ("pictures in the text are left out",
     multipart(b"related", (PLAIN, b"See it."), (b"Content-Type: image/png\nContent-ID: <x>", b"")),
     ["See it."], "left out: 1 picture in the text"),
    ("texts one after the other are all read, signatures are not",
     multipart(b"mixed", (PLAIN, b"One."), (PLAIN, b"Two."), (SIGNATURE, b"x")),
     ["One.", "Two."], ""),
    ("other types are named",
     multipart(b"report", (PLAIN, b"Lost."), (b"Content-Type: text/calendar", b"BEGIN:")),
     ["Lost."], "left out: 1 part of type text/calendar"),
    ("what a mail server reports is named",
     multipart(b"report", (PLAIN, b"Lost."), (b"Content-Type: message/delivery-status", b"X: y\n")),
     ["Lost."], "left out: 1 part of type message/delivery-status"),
    ("PGP/MIME is named", multipart(b"encrypted", (SIGNATURE, b"1")), [],
     "left out: the body, encrypted with PGP"),
    ("S/MIME is named",
     mail(b"x", b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n"),
     [], "left out: the body, encrypted with S/MIME"),
    ("PGP in the text is named",
     mail(b"Hi.\n-----BEGIN PGP MESSAGE-----\nxyz\n-----END PGP MESSAGE-----\nBye.\n"),
     ["Hi.", "Bye."], "left out: text encrypted with PGP"),
    ("text that is signed with PGP stays",
     mail(b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nPaid.\n"
          b"-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n"), ["Paid."],
     "left out: a PGP signature"),
    ("bytes that are UTF-8 are read as that", mail("Grüße.".encode()), ["Grüße."], ""),
    ("bytes of no stated character set are shown as such",
     mail(b"Gr\xfc\xdfe.", PLAIN + b"; charset=utf-8\n"), ["Gr\ufffd\ufffde."],
     "2 bytes not utf-8, shown as U+FFFD"),
    ("a codec that is no character set is none",
     mail(b"a\xff", PLAIN + b"; charset=idna\n"), ["a\ufffd"], "1 byte not idna"),
    ("halves of surrogate pairs do not get in", mail(b"+2AA- x", PLAIN + b"; charset=utf-7\n"),
     ["\ufffd x"], ""),
    ("base64 that is damaged is named",
     mail(b"SXQgc%%%mluZ3M=\n", b"Content-Transfer-Encoding: base64\n"), None, "damaged"),
    ("flowed lines are joined where they were broken",
     mail(b"One \nline.\nTwo.\n> quoted \n> too\n-- \nAnn\n", PLAIN + b"; format=flowed\n"),
     ["One line.", "Two.", "quoted too", "Ann"], "quotes other messages"),
    ("a forwarded message is a part of its own",
     mail(b"See below.\n\n---------- Forwarded message ---------\nFrom: Bo\n\nPaid.\n"),
     ["See below.", "---------- Forwarded message ---------", "From: Bo", "Paid."], "quotes other"),
    ("three headers in a row begin an earlier message",
     mail(b"Yes.\n\nFrom: Bo\nSent: Sunday\nTo: Ann\n\nPaid?\n"),
     ["Yes.", "From: Bo", "Sent: Sunday", "To: Ann", "Paid?"], "quotes other messages, in parts"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "data", "expected", "note"), BODIES, ids=[c[0] for c in BODIES])
def test_what_is_read_as_the_body(why, data, expected, note):
    reading = read(data)
    if expected is not None:
        assert body(reading) == expected
    assert note in "\n".join(reading.notes)
    assert bool(note) == bool(reading.notes) or "HTML alone" in why


def test_a_message_that_is_attached_comes_out_as_it_was():
    long = b"X-Long: " + b"word " * 40 + b"\nX-Folded: a\n  b\n"
    inner = b"Subject: In\n" + long + b"Content-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9fe."
    data = multipart(b"mixed", (b"Content-Type: message/rfc822", inner))
    assert list(attachments(data, "a.eml")) == [Child("In.eml", inner)]


def test_a_part_of_a_version_that_is_not_read_may_have_attachments():
    inner = b"Content-Type: multipart/mixed; boundary=c"
    html = b"--c\n" + HTML + b"\n\nx\n--c\nContent-Type: text/plain; name=n.txt\n\nNote.\n--c--"
    data = multipart(b"alternative", (PLAIN, b"One."), (inner, html))
    assert body(read(data)) == ["One."]
    assert list(attachments(data, "a.eml")) == [Child("n.txt", b"Note.\n"[:5])]


def test_an_earlier_message_in_html_is_a_part_of_its_own():
    page = (
        "<div>The ferry to Varn leaves at seven, said the pilot of the harbour.</div>"
        "<div>On Mon, 3 May 2021 at 10:00, Ann Weld wrote:</div>"
        "<blockquote><div>When does the ferry leave?</div></blockquote>"
    )
    reading = read(mail(page.encode(), HTML + b"\n"))
    start = reading.text.index("On Mon, 3 May")
    assert reading.sections == (Section("earlier message", start, start),)
    assert reading.notes[0] == "quotes other messages, in parts of their own: 70 characters"


HEADERS = [
    (b"From: =?utf-8?q?J=C3=BCrg?= =?utf-8?b?IFdlbGQ=?= <j@x.example>", "Jürg Weld", "author"),
    (b"From: =?utf-8?b?w6Q=?= and =?x-none?q?=E4?= <j@x.example>", "ä and \ufffd", "author"),
    (b"From: =?utf-8?q?=C3?= =?utf-8?q?=BC?= <j@x.example>", "ü", "author"),
    ("From: Jürg <j@x.example>".encode(), "Jürg", "author"),
    (b"From: j@x.example", "j@x.example", "author"),
    (b"Subject: a\n  folded\tone", "a folded one", "title"),
    (b"Subject: =?utf-8?q?open", "=?utf-8?q?open", "title"),
    (b"From: " + b"(" * 3000 + b"j@x.example", "(" * 3000 + "j@x.example", "author"),
    (b"Date: Mon, 3 May 2021 10:00:00 -0500", "2021-05-03", "published"),
    (b"Date: soon", None, "published"),
    (b"Content-Language: en-GB, de", "en", "language"),
]


@pytest.mark.parametrize(
    ("header", "expected", "field"), HEADERS, ids=[str(c[1])[:20] for c in HEADERS]
)
def test_headers_are_metadata(header, expected, field):
    reading = read(header + b"\nTo: x@x.example\n\nIt rings.\n")
    assert reading.metadata.get(field) == expected
    assert ("the date “soon” is none" in reading.notes) == (b"soon" in header)


BOX = (
    b"From ann@x.example Mon May  3 10:00:00 2021\n" + mail(b">From here.\n>>From there.\n")
    + b"\nFrom the harbour it is a mile. At 10:00 it is two.\n\n"
    + b"From - Tue May  4 10:00:00 2021\r\nSubject: =?utf-8?q?a/b?=\r\n\r\nTwo.\r\n\r\n"
    + b"From nobody Wed May  5 10:00:00 2021\n\nno headers\n"
)  # fmt: skip


def test_a_mailbox_is_its_messages():
    found = list(messages(BOX, "a.mbox"))
    names = ["0001 The bell.eml", "0002 a b.eml", "0003.eml"]
    assert [child.name for child in found] == names
    assert body(read(found[0].data)) == [
        *("From here.", "From there.", "From the harbour it is a mile. At 10:00 it is two."),
    ]
    assert b"\n\nFrom here.\n>From there.\n" in found[0].data
    assert found[1].data == b"Subject: =?utf-8?q?a/b?=\r\n\r\nTwo.\r\n\r\n"
    results = list(parts(BOX, "a.mbox", DEFAULTS))
    assert [getattr(part, "source", None) for part in results] == [
        *(f"a.mbox!/{name}" for name in names[:2]), None,
    ]  # fmt: skip
    assert "not a mail message" in results[2].reason


@pytest.mark.parametrize(
    ("read_it", "data", "reason"),
    [
        (read_mail, b"It rings.\n", "not a mail message"),
        (read_mail, b"", "not a mail message"),
        (lambda *a: list(messages(*a)), b"Subject: x\n\nFrom a 10:00\n", "not a mailbox"),
        (lambda *a: list(messages(*a)), b"", "not a mailbox"),
        (lambda *a: list(attachments(*a)), b"", "not a mail message"),
    ],
)
def test_what_is_no_mail_is_refused_by_name(read_it, data, reason):
    with pytest.raises(InputError, match=rf"^in/a\.eml: {reason}"):
        read_it(data, "in/a.eml")


def attached(data, source):
    return list(attachments(data, source))


def refusal(read_it, data):
    try:
        read_it(data, "a.eml")
    except InputError as error:
        return str(error)
    return ""


FROM_LINE = b"From a May 3 10:00\n"


def nested(depth, leaf=b"x"):
    levels = [
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'.encode() for n in range(depth)
    ]
    return HEAD + b"".join(levels) + b"\n" + leaf


SLOW = {
    "deep": nested(60),
    "deeper": nested(2000),
    "deep and long": nested(300, b"a\n" * 100_000),
    "parameters": mail(headers=b"Content-Type: text/plain" + b"; a=b" * 200_000 + b"\n"),
    "addresses": mail(headers=b"To: " + b"a@x.example, " * 100_000 + b"\n"),
    "words": mail(headers=b"To: " + b"=?utf-8?q?" * 50_000 + b"\n"),
    "quotes": mail(b"x:\n> y\n" * 40_000),
    "marks": mail(b"> " * 500_000),
    "armour": mail(b"-----BEGIN PGP MESSAGE-----\n" * 40_000),
    "attachments": multipart(b"mixed", *[(b"Content-Type: text/plain; name=a.txt", b"x")] * 8000),
    "messages": mail(headers=b"Content-Type: message/rfc822\n\n" * 2000),
}


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_mail_made_to_be_slow_is_read_or_refused_in_linear_time(data):
    started = time.perf_counter()
    assert refusal(read_mail, data)[:7] in ("", "a.eml: ")
    assert refusal(attached, data)[:7] in ("", "a.eml: ")
    list(messages(FROM_LINE + data.replace(b"\n", b"\n\nFrom "), "a.mbox"))
    assert time.perf_counter() - started < 5


def test_damaged_mail_is_read_or_refused():
    chance = random.Random(6)  # noqa: S311 - repeatable
    good = letter()
    tokens = [
        b"boundary=",
        b"\n\n",
        b"=?",
        b"; charset*0*=",
        b"--",
        b"\xff",
        b"\0",
        b'"',
        b"base64",
    ]
    for _ in range(200):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 9)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(9)] = chance.choice(tokens)
        if reason := refusal(read_mail, bytes(data)):
            assert reason.startswith("a.eml: ")
            continue
        reading = read(bytes(data))
        assert paragraphs(reading)
        assert reading.text.encode()
        assert refusal(attached, bytes(data))[:7] in ("", "a.eml: ")


NAMES = [
    ("filename=tåble.csv", "tåble.csv"),
    ("filename==?utf-8?q?t=C3=A5ble=2Ecsv?=", "tåble.csv"),
    ("filename*=utf-8''t%C3%A5ble.csv", "tåble.csv"),
    ("filename*0*=utf-8''t%C3; filename*1*=%A5ble.csv", "tåble.csv"),
    ("filename=/etc/out.csv", "out.csv"),
    ("filename=C:\\\\temp\\\\out.csv", "out.csv"),
    ('filename="..\\\\..csv"', "csv"),
    ('filename="a\tb.csv"', "a b.csv"),
    ("filename==?utf-8?q?a=C2=9B=E2=80=A8b=2Ecsv?=", "a b.csv"),
    ("filename=" + "x" * 300 + ".csv", "x" * 96 + ".csv"),
    ("", "attachment.csv"),
]


@pytest.mark.parametrize(("parameter", "name"), NAMES, ids=[name for _, name in NAMES])
def test_names_of_attachments_lead_nowhere(parameter, name):
    headers = f"Content-Type: text/csv\nContent-Disposition: attachment; {parameter}"
    (found,) = attachments(multipart(b"mixed", (headers.encode(), b"a,b\n1,2")), "a.eml")
    assert found.name == name


def test_an_attachment_that_is_damaged_is_named():
    part = b"Content-Disposition: attachment; filename=a.txt\nContent-Transfer-Encoding: base64"
    good, bad = base64.b64encode(b"It rings."), b"SXQgcm%%luZ3Mu*"
    data = multipart(b"mixed", (part, good), (part, bad))
    assert list(attachments(data, "a.eml")) == [
        Child("a.txt", b"It rings."),
        Unreadable("a (2).txt", "the transfer encoding is damaged"),
    ]
