"""A real Chromium for tests, and a tab of it that tells what it asked for and complained of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}

expect.set_options(timeout=30_000)  # machines are shared


@contextmanager
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium, or name it in $CHROMIUM")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)


@contextmanager
def watched(
    browser: Browser, url: str, complaints: tuple[str, ...] = (), **context: Any
) -> Iterator[Page]:
    """A tab at an address of ours. Afterwards: no request left the loopback, and no error was told
    but those that hold one of the `complaints`."""
    requests: list[str] = []
    errors: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        expected = any(complaint in message.text for complaint in complaints)
        if message.type in ("error", "warning") and not expected:
            errors.append(message.text)

    def note(request: Request) -> None:
        requests.append(request.url)

    opened = browser.new_context(**{"viewport": WIDE, **context})
    tab = opened.new_page()
    tab.on("request", note)
    tab.on("console", hear)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(url)
    yield tab
    opened.close()
    origin = "/".join(url.split("/")[:3])
    assert errors == [], errors
    assert requests
    assert [r for r in requests if not r.startswith((f"{origin}/", "data:", "blob:"))] == []


def violations(page: Page) -> dict[str, Any]:
    """What axe-core finds wrong with the page as it is, in light and dark, wide and on a phone."""
    before, found = page.viewport_size, {}
    for scheme in ("dark", "light"):
        for size in (PHONE, WIDE):
            # Without motion: colours that are on their way from light to dark are neither.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size(size)  # type: ignore[arg-type]
            told = Axe().run(page).response["violations"]
            for rule in told:
                found[f"{rule['id']} {scheme} {size['width']}"] = rule["nodes"]
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(before)  # type: ignore[arg-type]
    return found
