"""Where figures were taken: processor, memory, versions, and what the environment says."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.process import ROOT, clean_environment

_PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "torch", "jax", "jaxlib")
_TOLD = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX")


def facts(threads: int) -> dict[str, Any]:
    """What a reader needs to judge the figures; `environment` is what each measured process was given."""
    given = clean_environment(threads)
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
        "compiler": _said("g++", "--version").partition("\n")[0] or None,
        "commit": _said("git", "rev-parse", "HEAD") or None,
        "environment": {name: given.get(name) for name in _TOLD},
        "load": os.getloadavg()[0],
    }


def lines(machine: dict[str, Any]) -> list[str]:
    """The same for a person."""
    installed = ", ".join(f"{name} {found}" for name, found in machine["versions"].items() if found)
    return [
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB",
        machine["system"],
        f"Python {machine['python']}, {installed}; {machine['compiler'] or 'no C++ compiler'}",
        f"load when it began: {machine['load']:.1f}; commit {(machine['commit'] or 'unknown')[:12]}",
    ]


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    if table.exists():
        pairs = (line.partition(":") for line in table.read_text().splitlines())
        fields = {key.strip(): value.strip() for key, _, value in pairs}
        wide = " with AVX-512" if "avx512f" in fields.get("flags", "").split() else ""
        if "model name" in fields:
            return f"{fields['model name']} (family {fields.get('cpu family')}, model {fields.get('model')}){wide}"
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
