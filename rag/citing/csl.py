"""CSL-JSON: bibliographic records as the Citation Style Language has them (version 1.0.2).

https://docs.citationstyles.org/en/stable/specification.html, appendices III and IV. A work with a
web address is a `webpage`, any other a `document`: the index does not know of books or journals,
and does not guess.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rag.citing.fields import INFERRED, Date, Work
from rag.citing.people import Name


def csl_json(works: Sequence[Work]) -> str:
    """A JSON array of the works, which reference managers import."""
    return json.dumps([item(work) for work in works], ensure_ascii=False, indent=2) + "\n"


def item(work: Work) -> dict[str, Any]:
    """One work. An inferred date is marked `circa`, and named as inferred in the note."""
    home = "container-title" if work.url else "publisher"
    fields: dict[str, Any] = {
        "id": work.key,
        "type": "webpage" if work.url else "document",
        "author": [name_parts(name) for name in work.authors],
        "title": work.title or work.name,
        home: work.publisher,
        "issued": _date(work.issued, work.dated_by_inference),
        "accessed": _date(work.accessed),
        "URL": work.url,
        "language": work.language,
        "note": note(work),
    }
    return {key: value for key, value in fields.items() if value}


def name_parts(name: Name) -> dict[str, str]:
    """An organisation is a `literal`, so that no style turns its name round."""
    parts = {
        "literal": name.literal,
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in parts.items() if value}


def note(work: Work) -> str:
    """What no field of a reference list has a place for."""
    told = [
        f"In {work.name}" if work.inside and work.title else "",
        "Untitled; the title is the name of the file" if not work.title else "",
        INFERRED.capitalize() if work.dated_by_inference else "",
        f"SHA-256 of the file: {work.sha256}",
    ]
    return "; ".join(part for part in told if part)


def _date(date: Date | None, circa: bool = False) -> dict[str, Any] | None:
    if date is None:
        return None
    parts = [part for part in date if part is not None]
    return {"date-parts": [parts], **({"circa": True} if circa else {})}
