"""A GGUF model as a LangChain chat model, run in this process by llama.cpp (xllamacpp).

No server of ours and no port: llama.cpp's server wants to listen somewhere, so it gets a Unix
socket that loses its name as soon as it is there. Nothing can connect to it.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from index.errors import InputError

CONTEXT_TOKENS = 4096
"""Prompt and answer together. Eight hits of 1,000 characters are some 2,000 tokens; the cache of
keys and values of a 1.5B model takes 115 MB at this size."""

BATCH_TOKENS = 256
"""Prompt tokens read between two looks at whether the caller still waits: some 4 s of a 1.5B model
on two busy cores. Reading is no slower than with llama.cpp's own 512."""

SEED = 1
"""Nothing is drawn at temperature 0; for a caller who asks for another, draws are repeatable."""


class ModelFault(RuntimeError):
    """llama.cpp could not load the model, or refused the request."""


class GgufChat(BaseChatModel):
    """A chat model from a GGUF file. Loads at the first call; one model is kept per process.

    Takes `response_format` (a JSON schema as OpenAI's API has it), `logprobs`, `top_logprobs`,
    `stop`, `max_tokens`, `temperature` and `timeout` (seconds) as keywords of a call. What a prompt
    has in common with the one before is not read again, unless `cache_prompt` is false. Raises
    `ModelFault`, and `TimeoutError` after `seconds`.
    """

    path: Path
    max_tokens: int = 512
    seconds: float = 60.0

    @property
    def _llm_type(self) -> str:
        return "gguf"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.path.name, "max_tokens": self.max_tokens}

    def close(self) -> None:
        """Frees the model's memory; the next call loads it again."""
        _release(self.path)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        seconds = kwargs.pop("timeout", None) or self.seconds
        request = {
            "messages": convert_to_openai_messages(messages),
            "max_tokens": self.max_tokens,
            "temperature": 0,
            "seed": SEED,
            **({"stop": stop} if stop else {}),
            **kwargs,
        }
        for answer in _answers(self.path, request, seconds):
            chunk = _chunk(answer)
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


def _chunk(answer: dict[str, Any]) -> ChatGenerationChunk:
    """One piece of llama.cpp's stream in LangChain's words."""
    choice = answer["choices"][0]
    told = {key: choice[key] for key in ("logprobs", "finish_reason") if choice.get(key)}
    if "timings" in answer:
        told["timings"] = answer["timings"]
    message = AIMessageChunk(content=choice["delta"].get("content") or "", response_metadata=told)
    return ChatGenerationChunk(message=message)


def _answers(path: Path, request: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
    """What llama.cpp streams back; closing the iterator stops its work within one batch.

    llama.cpp calls back from C++ while it works, so it works in a thread. That thread is no
    daemon: Python must not end under C++ code that is about to call it, which would abort. It ends
    by itself when the main thread does.
    """
    arrived: SimpleQueue[dict[str, Any] | Exception | None] = SimpleQueue()
    cancelled = threading.Event()

    def keep(answer: dict[str, Any]) -> bool:
        arrived.put(answer)
        return cancelled.is_set() or not threading.main_thread().is_alive()

    def work() -> None:
        try:
            server = _server(path)
            request.update(stream=True, return_progress=True)
            if not cancelled.is_set():
                refusal = server.handle_chat_completions(request, keep)
                arrived.put(refusal if isinstance(refusal, dict) else None)
        except Exception as error:  # raised again where the answers are read
            arrived.put(error)

    deadline = time.monotonic() + seconds
    threading.Thread(target=work, name=f"gguf {path.name}", daemon=False).start()
    try:
        while (answer := _next(arrived, deadline, seconds)) is not None:
            if isinstance(answer, Exception):
                raise answer
            if "error" in answer:
                raise ModelFault(str(answer["error"].get("message", answer["error"])))
            if answer["choices"] and "prompt_progress" not in answer:
                yield answer
    finally:
        cancelled.set()


def _next(
    arrived: SimpleQueue[dict[str, Any] | Exception | None], deadline: float, seconds: float
) -> dict[str, Any] | Exception | None:
    try:
        return arrived.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty as error:
        raise TimeoutError(f"no complete answer within {seconds:g} s") from error


_lock = threading.Lock()
_loaded: dict[Path, Any] = {}
"""The one model of this process. A call that still uses a model keeps it alive by itself."""


def _server(path: Path) -> Any:
    """llama.cpp with the model in memory; another model's memory is given back first."""
    with _lock:
        if path not in _loaded:
            _loaded.clear()
            _loaded[path] = _load(path)
        return _loaded[path]


def _release(path: Path) -> None:
    with _lock:
        _loaded.pop(path, None)


def _load(path: Path) -> Any:
    package = xllamacpp()
    params = package.CommonParams()
    params.model.path = str(path)
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    # What was read before is reused from the last prompt only. llama.cpp would also keep older ones
    # (8 GiB of them), and probabilities differ in the second digit with what was read together:
    # an answer would depend on the questions asked before it.
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = physical_cores()
    params.verbosity = -1  # llama.cpp would write pages about every model to stderr
    params.warmup = False
    params.offline = True
    params.ui = params.endpoint_slots = False
    params.enable_reasoning = 0  # thinking aloud takes minutes on a processor
    with tempfile.TemporaryDirectory(prefix="onrecord-") as folder:  # for its owner only
        params.hostnames = [f"{folder}/llama.sock"]
        try:
            return package.Server(params)
        except RuntimeError as error:
            raise ModelFault(f"{path}: llama.cpp cannot load this model") from error


def xllamacpp() -> Any:
    """The package, imported when a model is wanted. `InputError` if it is not installed."""
    # Threads that wait shall sleep: OpenMP's spin, and beside any busy process a token takes 1.5 s
    # in place of 0.05. Read when the library is loaded, which torch may have done (see ui.cli).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp as package
    except ImportError as error:
        raise InputError(
            "gguf: models need the package xllamacpp", "run: pip install 'onrecord[gguf]'"
        ) from error
    return package


def physical_cores() -> int:
    """Cores that this process may use, hyper-threads of one counted once: the fastest number of
    threads for llama.cpp, whose work is arithmetic and memory."""
    if not hasattr(os, "sched_getaffinity"):  # macOS, Windows: no way to ask without a package
        return max(1, (os.cpu_count() or 2) // 2)
    usable = os.sched_getaffinity(0)
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    siblings = {path.read_text() for cpu in usable if (path := Path(topology.format(cpu))).exists()}
    return len(siblings) or len(usable)
