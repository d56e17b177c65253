"""What can be said of the kernels of this process: their threads, and where their compiled code is kept."""

from dataclasses import dataclass

from engine.backend.thread_count import kernel_threads


@dataclass(frozen=True)
class KernelState:
    """Numba's threading layer (None where it can't start, for this `problem`), the threads of a launch, the cache.

    `threads` of the `started` ones share a launch; `cache` is None where compiled code can't be kept.
    """

    layer: str | None
    problem: str | None
    threads: int
    started: int
    cache: str | None


def kernel_state() -> KernelState:
    """Start the threads of kernels, where nobody has, and say what became of them."""
    # Late, for start-up: Numba takes a fifth of a second.
    from numba import config

    # As above, for start-up.
    from engine.kernels.cpu.numba_options import cache_root, threading_layer

    started, root = config.NUMBA_NUM_THREADS, cache_root()
    layer = problem = None
    try:
        layer = threading_layer()
    except ValueError as error:
        problem = " ".join(str(error).split())
    return KernelState(
        layer=layer,
        problem=problem,
        threads=min(kernel_threads.count, started),
        started=started,
        cache=None if root is None else str(root),
    )
