"""What stands once on the page for all answers, as HTML: keys, the form of a check, a field for
what cannot be copied, and the words that the scripts need. Nothing here comes from a document."""

from __future__ import annotations

from rag.ledger_rows import MOST_NOTE
from ui.strings import Strings

MOST_INITIALS = 16
"""Characters that the form takes; `rag.ledger_rows` has the same bound."""


def tools(strings: Strings) -> str:
    said = {
        "copied": strings.copied,
        "refused": strings.copy_refused,
        "taking": strings.taking,
        "silent": strings.no_reply,
    }
    data = "".join(f' data-{name}="{words}"' for name, words in said.items())
    return (
        f'<p class="unseen-label" id="said" role="status"{data}></p>'
        f"{_keys(strings)}{_check_form(strings)}{_copy_field(strings)}"
    )


def _keys(strings: Strings) -> str:
    """The keys, and the switch that WCAG 2.1.4 asks for."""
    rows = "".join(f"<div><dt>{key}</dt><dd>{does}</dd></div>" for key, does in strings.keys_list)
    return (
        f'<details class="keys"><summary>{strings.keys}</summary>'
        f'<label><input type="checkbox" name="keys" autocomplete="off" checked>'
        f"<span>{strings.keys_on}</span></label>"
        f'<dl>{rows}</dl><p class="note">{strings.keys_note}</p></details>'
    )


def _check_form(strings: Strings) -> str:
    return (
        f'<template id="check-form"><form class="check-form" data-confirmed="'
        f'{strings.confirm_legend}" data-rejected="{strings.reject_legend}"><fieldset>'
        f'<legend></legend><label><span>{strings.initials}</span><input name="who" required '
        f'maxlength="{MOST_INITIALS}" autocomplete="off" spellcheck="false"></label>'
        f'<label class="why"><span>{strings.check_note}</span>'
        f'<textarea name="note" rows="2" maxlength="{MOST_NOTE}"></textarea></label>'
        f'<p class="fault" role="alert"></p><p><button type="submit" class="save">{strings.save}'
        f'</button><button type="button" class="cancel">{strings.cancel}</button></p>'
        f"</fieldset></form></template>"
    )


def _copy_field(strings: Strings) -> str:
    return (
        f'<template id="copy-field"><div class="copy-field"><label><span>{strings.copy_field}'
        f'</span><textarea rows="5" readonly></textarea></label>'
        f'<button type="button" class="cancel">{strings.cancel}</button></div></template>'
    )
