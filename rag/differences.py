"""Where documents differ in number, date or polarity on the same thing, and where they contradict
what a question takes for granted."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import Claim, Difference


def differences(question: str, claims: Sequence[Claim]) -> tuple[Difference, ...]:
    """What the claims of an answer say differently of one subject, the earliest first."""
    return ()
