"""What Numba is told: where to keep compiled code, how many threads to use, how to compile."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from numba import config, njit
from numba.core.cpu import ParallelOptions

_HERE = Path(__file__).parent
# Two loops over equal ranges must stay two: Numba would fuse them, not seeing that one reads what the other wrote.
# An instance, because Numba takes the entries out of a dict that it is given, and the next function would find none.
_PRANGE_ALONE = ParallelOptions(
    {
        "prange": True,
        "fusion": False,
        "comprehension": False,
        "inplace_binop": False,
        "numpy": False,
        "reduction": False,
        "setitem": False,
        "stencil": False,
    }
)
_IMPORT = re.compile(r"^from engine\.kernels\.cpu\.(\w+) import", re.MULTILINE)


def decorated(function: Callable[..., Any], parallel: bool, inline: bool, fast_math: frozenset[str]) -> Any:
    """A function as Numba compiles it, its code kept on disk under a name that all sources it may call decide."""
    folder = cache_folder(Path(function.__code__.co_filename))
    kept, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
    try:
        return njit(
            nogil=True,
            cache=folder is not None,
            parallel=_PRANGE_ALONE if parallel else False,
            error_model="numpy",
            fastmath=set(fast_math),
            inline="always" if inline else "never",
        )(function)
    finally:
        config.CACHE_DIR = kept


@lru_cache
def cache_folder(source: Path) -> Path | None:
    """Where a file's compiled code is kept: Numba asks that file alone whether it changed, not those that it calls."""
    root = cache_root()
    if root is None:
        return None
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted({Path(__file__), *_with_imports(source)}):
        digest.update(path.name.encode() + path.read_bytes())
    return root / f"{source.stem}-{digest.hexdigest()[:16]}"


def _with_imports(source: Path) -> set[Path]:
    """A file of kernels and all files of kernels that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [_HERE / f"{name}.py" for name in _IMPORT.findall(path.read_text(encoding="utf-8"))]
    return found


def cache_root() -> Path | None:
    """Where all compiled code is kept: in NUMBA_CACHE_DIR, else in the person's cache folder; None if it can't be."""
    try:
        root = Path(config.CACHE_DIR) if config.CACHE_DIR else _persons_cache() / "galley" / "kernels"
        root.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # In some containers a person has no home, or one that can't be written.
        return None
    return root if os.access(root, os.W_OK | os.X_OK) else None


def _persons_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def set_threads(count: int) -> None:
    """Let parallel loops that this Python thread launches use `count` threads, at most as many as were started."""
    numba.set_num_threads(max(1, min(count, config.NUMBA_NUM_THREADS)))


def threading_layer() -> str:
    """The kind of threads that run parallel loops: omp, tbb or workqueue; starts them where nobody has.

    Raises ValueError where the kind that somebody set is not there.
    """
    numba.get_num_threads()
    return str(numba.threading_layer())
