"""Chat models by name, and how they are asked. LangChain's `BaseChatModel` is the protocol.

Silent network: LangSmith's tracing is off whatever the environment says, no redirect is followed,
and a server on this machine is asked without a proxy. Only the named server hears a question.
Whatever a model or its package does wrong arrives as `ComposerFailed`.
"""

from __future__ import annotations

import ipaddress
import math
import re
import threading
import time
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langsmith import tracing_context

from index.errors import InputError
from rag.chat_faults import FAULT_CHARS, failure, model_name, passing
from rag.composers import ComposerFailed

Messages = Sequence[BaseMessage | tuple[str, str]]
"""LangChain's messages, or (role, text) pairs: "system", "user", "assistant"."""

TOP_TOKENS = 20
"""The most that OpenAI's API gives of the likeliest tokens at a place (its reference)."""

_OWN_TEMPERATURE = re.compile(r"o\d|gpt-5")
"""OpenAI's reasoning models refuse every temperature but their own (its API reference)."""


def open_chat(spec: str, base_url: str | None = None, seconds: float = 60.0) -> BaseChatModel:
    """The model that a spec names: `gguf:NAME_OR_PATH`, `openai:NAME`, or a name for LangChain's
    `init_chat_model`. `base_url` is the server of an `openai:` model; OpenAI's own without it.

    Loads and asks nothing yet. `InputError` where there is no such model, package or key.
    """
    kind, _, name = spec.partition(":")
    if base_url is not None and kind != "openai":
        raise InputError(
            f"the model {spec!r} takes no base URL", "leave it out, or name the model openai:NAME"
        )
    if kind == "openai" and name:
        return _openai(name, base_url, seconds)
    if kind != "gguf":
        return _known_to_langchain(spec, seconds)
    from rag.gguf import GgufChat, xllamacpp
    from rag.models import resolve

    xllamacpp()  # a missing package is told now, not as a note below an answer
    return GgufChat(path=resolve(spec).resolve(), seconds=seconds)


def _openai(name: str, base_url: str | None, seconds: float) -> BaseChatModel:
    """A model behind OpenAI's chat completions API; a server of one's own needs no key."""
    try:
        from langchain_openai import ChatOpenAI
        from openai import DefaultHttpxClient, OpenAIError
    except ImportError as error:
        raise InputError(
            "openai: models need the package langchain-openai",
            "run: pip install 'onrecord[openai]'",
        ) from error
    client = DefaultHttpxClient(
        follow_redirects=False, timeout=seconds, trust_env=not _on_this_machine(base_url)
    )
    options: dict[str, Any] = {"model": name, "base_url": base_url, "http_client": client}
    if not _OWN_TEMPERATURE.match(name):
        options["temperature"] = 0
    options |= {"timeout": seconds, "max_retries": 0, "use_responses_api": False}
    try:
        model: BaseChatModel = ChatOpenAI(**options, **_key(base_url))
    except OpenAIError as error:
        raise InputError(
            "OpenAI's models need a key", "set OPENAI_API_KEY, or name a server with --base-url"
        ) from error
    return model


def _key(base_url: str | None) -> dict[str, str]:
    """A key where none is set and the server is one's own: the client insists on having one."""
    import os

    return {"api_key": "none"} if base_url and not os.environ.get("OPENAI_API_KEY") else {}


def _on_this_machine(base_url: str | None) -> bool:
    """Checks the URL, and tells whether it leads to this machine; a proxy must not stand there."""
    if base_url is None:
        return False
    try:
        parts = urlsplit(base_url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a bracket without its other, a port that is no number
        sound = False
    if not sound:
        raise InputError(f"{base_url!r} is not the URL of a server", "write http://HOST:PORT/v1")
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _known_to_langchain(spec: str, seconds: float) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        return init_chat_model(spec, temperature=0, timeout=seconds, max_retries=0)
    except (ImportError, ValueError) as error:
        first_line = str(error).partition("\n")[0][:FAULT_CHARS]
        raise InputError(
            f"no model {spec!r} ({first_line})",
            "name gguf:NAME_OR_PATH, openai:NAME, or PROVIDER:NAME with LangChain's package for it",
        ) from error


def options_for(
    model: BaseChatModel, max_tokens: int, response_format: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The keywords of a call in the words of the model's package.

    OpenAI's own API knows `max_completion_tokens`, which LangChain sends; other servers of the kind
    know `max_tokens`. A `response_format` goes beside LangChain's own, which would refuse an answer
    cut short. Packages of other providers have no common word for either. A gguf: model reads the
    whole prompt anew, so that its answer does not depend on the prompt before.
    """
    kind = model._llm_type
    if kind == "gguf":
        wanted = {"response_format": response_format} if response_format else {}
        return {"max_tokens": max_tokens, "cache_prompt": False, **wanted}
    if kind != "openai-chat":
        return {}
    body: dict[str, Any] = {"response_format": response_format} if response_format else {}
    if getattr(model, "openai_api_base", None):
        return {"extra_body": {"max_tokens": max_tokens, "seed": 1, **body}}
    return {"max_tokens": max_tokens, "extra_body": body}


def first_token(
    model: BaseChatModel,
    messages: Messages,
    wanted: Sequence[str] = ("Yes", "No"),
    seconds: float | None = None,
    fresh: bool = False,
) -> dict[str, float]:
    """For each wanted word, the probability that the answer begins with it; they need not add to 1.

    A token counts for the word that it is, white space and case apart, or whose first letters (two
    at least) it is, and no other's ("Support" for "Supported"). A word that is not among the
    likeliest tokens has 0.

    A gguf: model reuses what it read of the prompt before, which moves probabilities by some
    hundredths; `fresh` reads all of it anew. A row of calls that starts with a fresh one gives the
    same figures whatever was asked earlier. Raises `ComposerFailed`, also where the server gives no
    probabilities.
    """
    options = options_for(model, 1) | {"logprobs": True, "top_logprobs": TOP_TOKENS}
    if seconds is not None:
        options["timeout"] = seconds
    if "cache_prompt" in options:
        options["cache_prompt"] = not fresh
    answer = _invoke(model, messages, options, seconds)
    content = (answer.response_metadata.get("logprobs") or {}).get("content")
    if not content or not content[0].get("top_logprobs"):
        raise ComposerFailed(
            f"the model {model_name(model)} gives no token probabilities",
            "use a server that gives logprobs, or let the model write (--role write)",
        )
    found = dict.fromkeys(wanted, 0.0)
    for token in content[0]["top_logprobs"]:
        if word := _word_of(token["token"], wanted):
            found[word] += math.exp(token["logprob"])
    return found


def said(model: BaseChatModel, messages: Messages, max_tokens: int, seconds: float) -> str:
    """The whole of a short answer. Raises `ComposerFailed`."""
    options = options_for(model, max_tokens) | {"timeout": seconds}
    return str(_invoke(model, messages, options, seconds).content)


def _invoke(
    model: BaseChatModel, messages: Messages, options: dict[str, Any], seconds: float | None
) -> BaseMessage:
    """One call that is not streamed, tried again after a fault that may pass."""
    for last in (False, True):
        try:
            with tracing_context(enabled=False):
                return model.invoke(list(messages), **options)
        except Exception as error:  # whatever a provider's package raises
            if last or not passing(error):
                raise failure(model, error, seconds) from error
    raise AssertionError


def _word_of(token: str, wanted: Sequence[str]) -> str | None:
    """The wanted word that a token is, or begins."""
    token = token.strip().casefold()
    if not token:
        return None
    same = [word for word in wanted if word.casefold() == token]
    begun = [word for word in wanted if token[1:] and word.casefold().startswith(token)]
    return same[0] if same else begun[0] if len(begun) == 1 else None


def streamed(
    model: BaseChatModel, messages: Messages, seconds: float, **options: Any
) -> Iterator[str]:
    """The answer in pieces as they come; closing the iterator ends the call.

    `seconds` are for the whole of it, and hold for a server that sends a byte now and then. A fault
    that may pass is tried once more, if nothing had come. Raises what `model` raises, and
    `TimeoutError`.
    """
    deadline = time.monotonic() + seconds
    for last in (False, True):
        begun = False
        try:
            for piece in _pieces(model, messages, deadline, options):
                begun = True
                yield piece
            return
        except Exception as error:  # whatever a provider's package raises
            if last or begun or not passing(error):
                raise


def _pieces(
    model: BaseChatModel, messages: Messages, deadline: float, options: dict[str, Any]
) -> Iterator[str]:
    """One call in a thread of its own, so that no read from a silent server holds the caller up.

    Tracing is a context variable: in a generator it would leak into the caller, here it cannot.
    """
    arrived: SimpleQueue[str | Exception | None] = SimpleQueue()
    cancelled = threading.Event()

    def work() -> None:
        try:
            with tracing_context(enabled=False):
                for chunk in model.stream(list(messages), **options):
                    if cancelled.is_set():
                        break
                    if chunk.text:
                        arrived.put(str(chunk.text))
            arrived.put(None)
        except Exception as error:  # raised again where the pieces are read
            arrived.put(error)

    threading.Thread(target=work, name="chat", daemon=True).start()
    try:
        while (piece := _next(arrived, deadline)) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        cancelled.set()


def _next(arrived: SimpleQueue[str | Exception | None], deadline: float) -> str | Exception | None:
    try:
        return arrived.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty as error:
        raise TimeoutError from error
