"""What goes wrong with a chat model, in words for people.

The packages of the providers raise errors of their own classes, which are not there when the
package is not; so an error is told by its name and by its HTTP status.
"""

from __future__ import annotations

from langchain_core.language_models.chat_models import BaseChatModel

from index.errors import InputError
from rag.composers import ComposerFailed

FAULT_CHARS = 200
"""A server's own words in an error; some send whole pages."""


def model_name(model: BaseChatModel) -> str:
    """How people know the model."""
    path = getattr(model, "path", None)
    if path is not None:
        return str(path.stem)
    return str(getattr(model, "model_name", None) or getattr(model, "model", "without a name"))


def status_of(error: Exception) -> int | None:
    """The HTTP status of a refusal; every provider's package keeps it under this name."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _named(error: Exception, *names: str) -> bool:
    """Whether it is one of these kinds. The packages of OpenAI, Anthropic and others are made by
    one generator and share these names, but no class."""
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _timed_out(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or _named(error, "APITimeoutError", "TimeoutException")


def _unreachable(error: Exception) -> bool:
    return isinstance(error, ConnectionError) or _named(
        error, "APIConnectionError", "TransportError"
    )


def passing(error: Exception) -> bool:
    """Whether the same call may go well the next time."""
    return not _timed_out(error) and (_unreachable(error) or (status_of(error) or 0) >= 500)


def failure(model: BaseChatModel, error: Exception, seconds: float | None = None) -> ComposerFailed:
    """What went wrong with a model, in words for people."""
    if isinstance(error, ComposerFailed):
        return error
    name = f"the model {model_name(model)}"
    where = getattr(model, "openai_api_base", None)
    if isinstance(error, InputError):
        return ComposerFailed(error.what, error.next_step)
    if _timed_out(error):
        given = seconds or getattr(model, "seconds", None) or getattr(model, "request_timeout", 0)
        return ComposerFailed(
            f"{name} did not answer within {given:g} s",
            "raise model_seconds, or take a smaller model",
        )
    if _unreachable(error):
        return ComposerFailed(
            f"{name} cannot be reached" + (f" at {where}" if where else ""),
            "start its server, or correct the base URL",
        )
    said = " ".join(str(error).split())[:FAULT_CHARS]
    if status := status_of(error):
        return ComposerFailed(
            f"{name} answered with HTTP {status} ({said})", "see its server's log"
        )
    if isinstance(error, ValueError):  # what came back could not be read
        return talks_nonsense(model, f"{type(error).__name__}: {said}")
    return ComposerFailed(f"{name} failed ({type(error).__name__}: {said})", "try another model")


def talks_nonsense(model: BaseChatModel, why: str) -> ComposerFailed:
    """It answers, and not what it was asked for."""
    return ComposerFailed(
        f"the model {model_name(model)} talks nonsense ({why})", "try another model"
    )
