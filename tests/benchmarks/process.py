"""One measurement in a process of its own, in the same clean environment for all sides."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

# Whoever starts the benchmark may have tuned a library for something else: each chooses for itself here.
_TUNING = ("OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "MKL_", "BLIS_", "NUMBA_NUM_", "XLA_", "JAX_", "TORCH_")


def clean_environment(threads: int) -> dict[str, str]:
    """The caller's environment without anything that tunes a library, on `threads` threads and no GPU.

    OpenMP's count is what OpenBLAS, MKL, PyTorch and the engine follow; XLA counts the cores that it may run on.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_TUNING)}
    return kept | {"OMP_NUM_THREADS": str(threads), "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}


def use_cores(count: int) -> None:
    """Keep this process and its threads on the first `count` of its cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def measured(module: str, order: Mapping[str, Any], *, threads: int, limit: float) -> dict[str, Any]:
    """What `python -m module ORDER` prints as its last line, as JSON; {"failed": why} where it comes to no end."""
    command = [sys.executable, "-m", module, json.dumps(order)]
    code, output, error = ended(command, clean_environment(threads), limit)
    if code is None:
        return {"failed": f"no answer within {limit:.0f} s"}
    try:
        answer = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        answer = None
    if code == 0 and isinstance(answer, dict):
        return answer
    said = [line.strip() for line in error.splitlines() if line.strip()]
    return {"failed": f"exit {code}: {said[-1][:300] if said else 'without a word'}"}


def ended(command: Sequence[str], environment: Mapping[str, str], limit: float) -> tuple[int | None, str, str]:
    """A command's exit code, None where it took longer than `limit` seconds, and what it printed."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, error = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return None, "", ""
        finally:
            # With all that it started: a compiler's helpers would slow down whoever is measured next.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output, error


def wall_seconds(command: Sequence[str], environment: Mapping[str, str], limit: float) -> float | str:
    """How long a command takes from its start to its end, or why that can't be said."""
    began = time.perf_counter()
    code, _, error = ended(command, environment, limit)
    took = time.perf_counter() - began
    if code == 0:
        return took
    said = error.strip().splitlines()
    return f"exit {code}: {said[-1][:300]}" if code is not None and said else f"no answer within {limit:.0f} s"
