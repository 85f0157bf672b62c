"""Which of the found documents a question names: by author, publisher or the acronym of either.

"In Malinowski's view", "according to the Harbour Board", "HRW's 2026 essay": who asks what a source
says wants that source's words, not those of another on the same subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from index.documents import Document

_WORD = re.compile(r"[^\W_]+")


def named(question: str, documents: Iterable[Document]) -> frozenset[str]:
    """Ids of the documents whose author or publisher the question names; none where it names all.

    A person may go by the last name alone, an organisation by its initials.
    """
    listed = {document.id: document for document in documents}
    words = _WORD.findall(question)
    found = frozenset(
        id_ for id_, document in listed.items() if any(_stands(n, words) for n in _names(document))
    )
    return found if len(found) < len(listed) else frozenset()


def _stands(name: tuple[str, ...], words: list[str]) -> bool:
    size = len(name)
    return any(tuple(words[i : i + size]) == name for i in range(len(words) - size + 1))


@lru_cache(1 << 10)
def _names(document: Document) -> tuple[tuple[str, ...], ...]:
    """How a document's author and publisher may be called, as words."""
    names: set[tuple[str, ...]] = set()
    for whole in (document.author, document.publisher):
        for one in re.split(r",| and |;", whole or ""):
            words = tuple(_WORD.findall(one))
            capitals = tuple(word for word in words if word[0].isupper())
            if not capitals:
                continue
            names.add(capitals)
            if len(capitals) > 1:
                names |= {capitals[-1:] if one in (document.author or "") else capitals}
            if len(capitals) > 2:
                names.add(("".join(word[0] for word in capitals),))
    return tuple(names)
