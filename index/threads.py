"""One thread for numpy's matrix products, while somebody wants it so."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


class _OneThread:
    """A context that holds numpy's matrix products of the whole process to one thread.

    For small products (several threads would wait for each other: 0.1 ms became 8 on a busy
    machine), and for large ones that are spread over threads already. Any number of threads may be
    inside: the first one in sets the limit, the last one out takes it back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit = _controller().limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


@cache
def _controller() -> Any:
    return ThreadpoolController()  # looks through the loaded libraries, which takes a while


ONE_THREAD = _OneThread()
