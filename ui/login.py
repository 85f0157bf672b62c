"""The page on which one logs in, and the one on which one logs out. They need no script."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from ui.words import direction, words

STYLE = """
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif }
body { margin: 0; display: grid; place-items: center; min-height: 100vh }
main { inline-size: min(22rem, 100vw - 3rem); padding-block: 2rem }
h1 { font-size: 1.5rem; margin: 0 0 1.5rem }
label { display: block; margin-block: 1rem .25rem }
input { font: inherit; inline-size: 100%; box-sizing: border-box; padding: .6rem .7rem;
  border: 1px solid #767676; border-radius: .4rem }
button { font: inherit; font-weight: 600; margin-block-start: 1.5rem; padding: .6rem 1.4rem;
  border: 1px solid transparent; border-radius: .4rem; background: #1a4f8b; color: #fff }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
[role=alert] { border-inline-start: .25rem solid #b3261e; padding-inline-start: .75rem }
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # With no-referrer a browser sends `Origin: null` with a form, which the guard refuses.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Instead of those that the page needs (`ui.guard`): nothing is loaded, no script runs at all."""

_PAGE = Markup(
    '<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{title}</title><style>{style}</style></head>"
    "<body><main><h1>{heading}</h1>{told}{form}</main></body></html>"
)
_LOGIN = Markup(
    '<form method="post" action="/login">'
    '<label for="user">{name}</label><input id="user" name="user" value="{user}" required '
    'autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64"{first}>'
    '<label for="password">{password}</label><input id="password" name="password" required '
    'type="password" autocomplete="current-password" maxlength="1024"{second}>'
    "<button>{log_in}</button></form>"
)
_LOGOUT = Markup('<form method="post" action="/logout"><button autofocus>{log_out}</button></form>')
_FOCUS, _NOTHING = Markup(" autofocus"), Markup("")
_ALERT = Markup('<p role="alert">{told}</p>')


@dataclass(frozen=True, slots=True)
class LoginStrings:
    """What these two pages say; `ui/words/<language>/login.toml` holds it."""

    FILE: ClassVar = "login"

    name: str
    password: str
    log_in: str
    log_out: str
    logged_in: str
    wrong: str
    later: str


def login_page(language: str, user: str = "", told: str = "") -> str:
    """The form. After a failure it keeps the name and stands in the field of the password."""
    strings = words(LoginStrings, language)
    form = _LOGIN.format(
        name=strings.name,
        user=user,
        password=strings.password,
        log_in=strings.log_in,
        first=_NOTHING if user else _FOCUS,
        second=_FOCUS if user else _NOTHING,
    )
    return _page(language, strings.log_in, told, form)


def logout_page(language: str, user: str) -> str:
    strings = words(LoginStrings, language)
    form = _LOGOUT.format(log_out=strings.log_out)
    return _page(language, strings.logged_in.format(user=user), "", form)


def _page(language: str, heading: str, told: str, form: Markup) -> str:
    return _PAGE.format(
        lang=language,
        dir=direction(language),
        title=f"OnRecord: {words(LoginStrings, language).log_in}",
        style=Markup(STYLE),  # noqa: S704 - our own constant
        heading=heading,
        told=_ALERT.format(told=told) if told else "",
        form=form,
    )
