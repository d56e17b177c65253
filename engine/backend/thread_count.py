"""How many threads kernels and matrix products use, asked and changed while the program runs."""

from __future__ import annotations

from typing import Any

from engine.backend.threads import configure


class ThreadCount:
    """A number of threads that is read wherever threads are about to start."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count


kernel_threads = ThreadCount(configure().kernel_threads)


def set_num_threads(count: int) -> None:
    """Let kernels and matrix products use `count` threads from now on (torch.set_num_threads).

    Kernels use no more than one a core. Raises RuntimeError for less than one thread, TypeError for no integer.
    """
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"set_num_threads expects an int, but got {type(count).__name__}")
    if count < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {count}")
    kernel_threads.count = min(count, configure().most_kernel_threads)
    _controller().limit(limits=count, user_api="blas")


def get_num_threads() -> int:
    """How many threads kernels and matrix products use: the larger number where they differ (torch.get_num_threads)."""
    blas = (library["num_threads"] for library in _controller().info() if library["user_api"] == "blas")
    return max(kernel_threads.count, *blas)


def _controller() -> Any:
    # Lazy for start-up: few programs ask. It comes with scikit-learn.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
