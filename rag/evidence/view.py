"""A pack as a page that any browser shows and prints, without a script or anything from elsewhere.

Made from the other files of the pack alone, so that `verify` can make it again and see that it
shows what they say. Whatever comes from a document is escaped, and what is unseen or turns the
words round is shown by its code point.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import PurePosixPath
from typing import Any

from index.documents import sha256_hex
from rag.evidence.records import objects
from rag.evidence.view_style import STYLE

CONTEXT = 400
"""Code points of a text shown on either side of a quote: some five lines in print."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\U000e0000-\U000e007f]"
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_VOICES = {"quoted": "quoted", "comment": "a reader's comment", "caption": "caption"}


def view(members: Mapping[str, bytes]) -> bytes:
    """`index.html` of a pack with these members; it may not be among them."""
    answer = json.loads(members["answer.json"])
    documents = {row["id"]: row for row in objects(members["documents.jsonl"])}
    quotes = objects(members["quotes.jsonl"])
    texts = {id_: members[row["text"]].decode() for id_, row in documents.items() if row["text"]}
    parts = [
        f'<p class="note">Evidence pack</p><h1>{_safe(answer["question"])}</h1>',
        _understood(answer),
        _answer(answer),
        "".join(_quote(row, documents[row["document"]], texts) for row in quotes),
        _differences(answer),
        _sources(answer, documents.values(), members) if documents else "",
        _made_by(answer, members),
        _how_to_check(members),
    ]
    body = "".join(parts)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>Evidence: {escape(_plain(answer['question'])[:100])}</title>"
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    ).encode()


def _plain(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"U+{ord(found[0]):04X}", text)


def _safe(text: object) -> str:
    """Foreign text as HTML of its own direction."""
    shown = _UNSEEN.sub(lambda found: f"\0U+{ord(found[0]):04X}\1", str(text).replace("\r\n", "\n"))
    shown = escape(shown).replace("\0", '<span class="code">').replace("\1", "</span>")
    return f"<bdi>{shown}</bdi>"


def _understood(answer: Mapping[str, Any]) -> str:
    if not answer["understood"]:
        return ""
    return f'<p class="note">Read as: {_safe(answer["understood"])}</p>'


def _answer(answer: Mapping[str, Any]) -> str:
    notes = "".join(f'<p class="note">{_safe(note)}</p>' for note in answer["notes"])
    if answer["abstained"]:
        reason = f'<p class="told">{_safe(answer["reason"])}</p>'
        return f"<section><h2>No answer</h2>{reason}{notes}</section>"
    claims = "".join(
        f"<p>{_safe(claim['text'])}{''.join(map(_mark, claim['citations']))}</p>"
        for claim in answer["claims"]
    )
    as_of = answer["as_of"]
    newest = [row for row in answer["citations"] if row["published"] == as_of]
    inferred = all("published" in row["uncertain"] for row in newest)
    whence = "inferred from the newest source cited" if inferred else "the newest source cited"
    dated = f'<p class="note">As of {_safe(as_of)}, {whence}.</p>'
    return (
        f'<section><h2>Answer</h2><div class="told">{claims}</div>'
        f"{dated if as_of else ''}{notes}</section>"
    )


def _mark(number: int) -> str:
    return f' <a href="#quote-{number}">[{number}]</a>'


def _quote(row: Mapping[str, Any], document: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """A quote in its place, and its footnote."""
    by_words, by_place = row["selectors"]
    before, after = by_words["prefix"], by_words["suffix"]
    if document["id"] in texts:
        before, after = _around(texts[document["id"]], by_place["start"], by_place["end"])
    language = f' lang="{escape(document["language"])}"' if document["language"] else ""
    number = row["number"]
    return (
        f'<section class="quote" id="quote-{number}"><h2>Quote [{number}]</h2>'
        f'<blockquote dir="auto"{language}>{_safe(before)}<mark>{_safe(row["quote"])}</mark>'
        f"{_safe(after)}</blockquote><p>{', '.join(_footnote(row, document))}.</p>"
        f'<p class="note">Code points {by_place["start"]:,} to {by_place["end"]:,} of '
        f"<code>texts/{document['id']}.txt</code></p></section>"
    )


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands on either side of a quote, cut between words and marked where it is cut."""
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    before, after = text[first:start], text[end:last]
    if first and (gap := re.search(r"\s", before)):
        before = "… " + before[gap.end() :]
    if last < len(text) and (gap := re.search(r"\s\S*\Z", after)):
        after = after[: gap.start()] + " …"
    return before, after


def _footnote(row: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Speaker, title, publisher, date and place, as far as they are known."""
    yield _safe(row["speaker"] or "Speaker not named")
    if row["voice"] in _VOICES:
        by = f" by {_safe(row['reported_by'])}" if row["reported_by"] else ""
        yield f"{_VOICES[row['voice']]}{by}"
    yield f"<cite>{_safe(document['title'] or PurePosixPath(document['source']).name)}</cite>"
    if document["publisher"] and document["publisher"] != row["speaker"]:
        yield _safe(document["publisher"])
    inferred = " (date inferred)" if "published" in document["uncertain"] else ""
    yield f"{_safe(document['published'])}{inferred}" if document["published"] else "no date"
    if row["page"] is not None:
        last = f"–{row['page_end']}" if row["page_end"] is not None else ""
        yield _safe(f"p. {row['page']}{last}")
    elif row["paragraph"]:
        yield f"paragraph {int(row['paragraph'])}"
    if row["hidden"]:
        yield "<strong>hidden in the source</strong>"
    if row["ocr"] is not None:
        yield f"text recognised in a picture, confidence {float(row['ocr']):.0%}"


def _differences(answer: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<li>{_safe(row['subject'] or row['kind'])}: {''.join(map(_mark, row['citations']))}</li>"
        for row in answer["differences"]
    )
    return f"<section><h2>Where the sources differ</h2><ul>{rows}</ul></section>" if rows else ""


def _sources(
    answer: Mapping[str, Any], documents: Iterable[Mapping[str, Any]], members: Mapping[str, bytes]
) -> str:
    records = objects(members["intake-records.jsonl"])
    items = []
    for row, record in zip(documents, records, strict=False):
        rows = [
            ("File", _safe(row["source"])),
            ("Address", _safe(row["url"]) if row["url"] else ""),
            ("SHA-256 of the file", f"<code>{row['sha256']}</code>"),
            ("SHA-256 of its text", f"<code>{row['text_sha256']}</code>"),
            ("Came in", f"{_safe(record['received'])} by {_safe(record['tool'])}"),
            ("In this pack", _kept(row)),
        ]
        title = _safe(row["title"] or PurePosixPath(row["source"]).name)
        items.append(f"<h3>{title}</h3>{_facts(rows)}")
    heading = "Documents that came closest" if answer["abstained"] else "Sources"
    return f"<section><h2>{heading}</h2>{''.join(items)}</section>"


def _kept(row: Mapping[str, Any]) -> str:
    names = [name for name in (row["original"], row["text"]) if name]
    listed = ", ".join(f"<code>{escape(name)}</code>" for name in names)
    return listed or "neither the file nor its text, only their hashes"


def _made_by(answer: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    models = json.loads(members["models.json"])
    rows = [("Composed by", _safe(answer["composer"]))]
    for name in ("encoder", "codec", "chat", "cross_encoder", "nli"):
        if model := models[name]:
            sha256 = model["sha256"] or "no weights on that machine, no hash"
            rows.append(
                (
                    name.replace("_", "-").capitalize(),
                    f"{_safe(model['name'])} <code>{sha256}</code>",
                )
            )
    rows += [
        ("Index", f"<code>{models['index']['fingerprint']}</code>, "
                  f"{models['index']['documents']:,} documents"),
        ("Answer", f"<code>{_safe(answer['fingerprint'])}</code>"),
    ]  # fmt: skip
    changed = (
        ""
        if models["gave_the_answer"]
        else '<p class="note">The index or its settings changed after the answer was given.</p>'
    )
    return f"<section><h2>How the answer was made</h2>{_facts(rows)}{changed}</section>"


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<div><dt>{name}</dt><dd>{told}</dd></div>" for name, told in rows if told)
    return f"<dl>{items}</dl>"


def _how_to_check(members: Mapping[str, bytes]) -> str:
    """What a reader can do with this file, and what no file can prove by itself."""
    log = members["intake.jsonl"]
    head = json.loads(log.split(b"\n")[-2])["hash"] if log else ""
    rows = [("Answer file", f"<code>{sha256_hex(members['answer.json'])}</code>")]
    if head:
        rows.append(("Last row of the intake log", f"<code>{escape(head)}</code>"))
    return (
        "<section><h2>How to check this</h2><p><code>onrecord verify PACK.zip</code> checks every "
        "byte of the pack, needs no model, no index and no network, and says what is not as it "
        "should be. By hand: a file in <code>sources/</code> is named after its SHA-256, and "
        "<code>manifest.json</code> has the SHA-256 of each file.</p><p>A pack that somebody made "
        "anew from other words would be sound in itself. What tells the two apart is the "
        "fingerprint, the SHA-256 of <code>manifest.json</code>: compare it with the one that was "
        f"written down when the pack was made.</p>{_facts(rows)}</section>"
    )
