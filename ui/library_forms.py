"""What readers change of a document: the form for what is known of it, and the question whether it
is to go."""

from __future__ import annotations

from collections.abc import Mapping

from index.documents import Document
from index.errors import InputError
from index.intake import Intake
from index.ledger_files import FOLDER as CHECKS
from index.metadata import FIELDS, checked
from index.snapshot import Snapshot
from index.store import IndexFolder
from ui.footnotes import legible
from ui.library_strings import LibrarySpeech
from ui.library_uploads import FOLDER
from ui.render_parts import escaped, title
from ui.view_parts import (
    address,
    is_stated,
    labelled,
    link,
    notice,
    number,
    told,
    typed,
)

LONGEST = 1000
"""Characters of a field: no title is longer, and an address hardly ever."""

CONFIRM = "confirm-"
"""Before the name of a field: the reader says that what was inferred is right."""


def wrong_in(form: Mapping[str, str], speech: LibrarySpeech) -> dict[str, str]:
    """A sentence for each field that cannot be what it is."""
    strings, wrong = speech.own, {}
    for name in FIELDS:
        value = form.get(name, "")
        if len(value) > LONGEST:
            wrong[name] = strings.too_long.format(count=number(LONGEST))
            continue
        try:
            checked({name: value}, name)
        except InputError as error:
            wrong[name] = strings.bad_date if name == "published" else escaped(str(error))
    return wrong


def changed(document: Document, form: Mapping[str, str]) -> dict[str, str]:
    """The fields that the form says otherwise than the index does, or confirms."""
    values = {name: " ".join(form.get(name, "").split()) for name in FIELDS}
    return {
        name: value
        for name, value in values.items()
        if value != (getattr(document, name) or "")
        or (form.get(CONFIRM + name) and not is_stated(document, name))
    }


def edit_page(
    document: Document,
    form: Mapping[str, str],
    wrong: Mapping[str, str],
    fault: str,
    speech: LibrarySpeech,
) -> str:
    """The form, filled with what is known or, after a fault, with what was written."""
    strings = speech.own
    top = notice("bad", fault or strings.edit_wrong, "alert") if wrong or fault else ""
    rows = []
    for name, label in strings.fields:
        value = form.get(name, getattr(document, name) or "")
        hint = f'placeholder="{strings.date_hint}"' if name == "published" else ""
        control = typed(value, f'maxlength="{LONGEST}" dir="auto" autocomplete="off" {hint}')
        note = "" if is_stated(document, name) else strings.inferred_note
        rows.append(labelled(name, label, control, wrong.get(name, ""), note))
        if note and getattr(document, name):
            box, ticked = CONFIRM + name, " checked" if form.get(CONFIRM + name) else ""
            rows.append(
                f'<p class="tick"><input type="checkbox" id="{box}" name="{box}" value="1"{ticked}>'
                f'<label for="{box}">{strings.edit_confirm}: {label}</label></p>'
            )
    return (
        f'<p class="up">{link(address(document.id), told(title(document, speech.ask)))}</p>'
        f"<h1>{strings.edit_title}</h1>{top}"
        f'<p class="note">{escaped(legible(document.source))}</p>'
        f'<form class="editing" method="post" action="{address(document.id, "edit")}">'
        f'{"".join(rows)}<p class="note">{strings.edit_note}</p>'
        f'<p class="actions"><button class="primary">{strings.edit_save}</button>'
        f"{link(address(document.id), strings.cancel, 'button')}</p></form>"
    )


def remove_page(
    folder: IndexFolder, snapshot: Snapshot, document: Document, fault: str, speech: LibrarySpeech
) -> str:
    """What will be gone, and what stays; the way to the whole where it is a part of another."""
    strings, intake = speech.own, snapshot.intake_of(document)
    top = (
        f'<p class="up">{link(address(document.id), told(title(document, speech.ask)))}</p>'
        f"<h1>{strings.remove_title}</h1>{notice('bad', fault, 'alert') if fault else ''}"
        f'<p class="going" dir="auto"><cite>{escaped(title(document, speech.ask))}</cite><br>'
        f"<span>{escaped(legible(document.source))}</span></p>"
    )
    holder = snapshot.by_source(document.parent) if document.parent else None
    if holder:
        whole = link(address(holder.id), told(title(holder, speech.ask)))
        return f"{top}{notice('warn', f'{strings.remove_part} {whole}')}"
    sent = document.source.startswith(f"{FOLDER}/")
    stays = f"{strings.remove_sent if sent else strings.remove_stays} {strings.remove_log}"
    gone = "".join(f"<li>{item}</li>" for item in _gone(folder, snapshot, document, intake, speech))
    return (
        f"{top}<p>{strings.remove_gone}</p><ul>{gone}</ul><p>{stays}</p>"
        f'<form method="post" action="{address(document.id, "remove")}"><p class="actions">'
        f'<button class="danger">{strings.remove_yes}</button>'
        f"{link(address(document.id), strings.cancel, 'button')}</p></form>"
    )


def _gone(
    folder: IndexFolder,
    snapshot: Snapshot,
    document: Document,
    intake: Intake,
    speech: LibrarySpeech,
) -> list[str]:
    strings = speech.own
    sizes = {"count": number(len(document.text)),
             "passages": number(snapshot.passage_counts[document.id])}  # fmt: skip
    items = [strings.remove_text.format(**sizes)]
    if inside := len(snapshot.inside(document.source)):
        items.append(strings.remove_inside.format(count=number(inside)))
    if intake.kept:
        items.append(strings.remove_file)
    if checks := len(list((folder.path / CHECKS / document.id).glob("*.json"))):
        items.append(strings.remove_checks.format(count=number(checks)))
    return items
