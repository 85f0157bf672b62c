"""Errors that people read: what went wrong, where, and the next step.

Every error a user can cause derives from `OnRecordError`; the command line prints `str(error)` on
one line and leaves with `exit_code`. Anything else that escapes is a bug and keeps its traceback.
"""


class OnRecordError(Exception):
    """Base of all errors meant for people.

    `what` names the thing and the fault, `next_step` tells what to do about it.
    """

    exit_code = 2

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f"{what}; {next_step}")
        self.what = what
        self.next_step = next_step


class InputError(OnRecordError):
    """Something the user named is missing, malformed or too large (exit code 2)."""

    exit_code = 2


class IndexStateError(OnRecordError):
    """The index is missing, locked, damaged or was made by something else (exit code 3)."""

    exit_code = 3


class IndexMissing(IndexStateError):
    """There is no index at the given folder: a usage fault, not a fault of an index."""

    exit_code = 2


class IndexLocked(IndexStateError):
    """Another process is writing to the index."""


class IndexDamaged(IndexStateError):
    """A file of the index is missing or not what the manifest says."""


class IndexMismatch(IndexStateError):
    """The index was made by another version, encoder or setting than the one asked for."""
