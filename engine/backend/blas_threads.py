"""How many threads matrix products use, asked and changed while the program runs."""

from __future__ import annotations

from typing import Any


def set_num_threads(count: int) -> None:
    """Let matrix products use `count` threads from now on; raises RuntimeError below one (torch.set_num_threads)."""
    if count < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {count}")
    _controller().limit(limits=count, user_api="blas")


def get_num_threads() -> int:
    """How many threads matrix products use (torch.get_num_threads)."""
    return max((library["num_threads"] for library in _controller().info() if library["user_api"] == "blas"), default=1)


def _controller() -> Any:
    # Lazy for start-up: few programs ask. It comes with scikit-learn.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
