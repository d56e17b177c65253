"""The one place that sets, before NumPy loads, how many threads BLAS and OpenMP start and which kernels BLAS uses."""

import math
import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.backend.control_group import control_group_limits
from engine.backend.processor import Processor, processor, usable_cores

CORE_TYPE = "OPENBLAS_CORETYPE"
BLAS_THREADS = "OPENBLAS_NUM_THREADS"
OPENMP_THREADS = "OMP_NUM_THREADS"
OPENMP_WAIT = "OMP_WAIT_POLICY"

# OpenBLAS's cores whose kernels use AVX-512.
AVX512_CORES = frozenset({"skylakex", "cooperlake", "sapphirerapids"})


@dataclass(frozen=True)
class Setting:
    """One environment variable: its value (None where it is unset), who chose it and why."""

    name: str
    value: str | None
    reason: str
    ours: bool


@dataclass(frozen=True)
class ThreadSettings:
    """What was decided: the threads that BLAS may start, each variable, and what is less than it could be.

    `too_late` names the variables of ours that a library loaded earlier has not seen; `advice` says, a sentence each,
    what the person's own environment costs.
    """

    threads: int
    settings: tuple[Setting, ...]
    too_late: tuple[str, ...]
    advice: tuple[str, ...]


@lru_cache(maxsize=1)
def configure() -> ThreadSettings:
    """Decide for this process: the first call, before NumPy loads, sets os.environ; later ones return its result."""
    return decide(os.environ)


def decide(environment: MutableMapping[str, str]) -> ThreadSettings:
    """Set in the environment what nobody has set there, and say what was decided and why."""
    machine = processor()
    settings = (
        *_thread_counts(environment, available_cores()),
        _wait_policy(environment),
        _core_type(environment, machine),
    )
    for setting in settings:
        if setting.ours and setting.value is not None:
            environment[setting.name] = setting.value
    return ThreadSettings(
        threads=_blas_threads(environment),
        settings=settings,
        too_late=_unseen(settings),
        advice=_advice(environment, machine),
    )


def available_cores() -> int:
    """Cores this process can keep busy: its affinity, and its control group's quota rounded up."""
    quota = control_group_limits().cores
    return usable_cores() if quota is None else max(1, min(usable_cores(), math.ceil(quota)))


def underrated_core(machine: Processor) -> str | None:
    """The core that OpenBLAS would take on an AVX-512 processor without asking for AVX-512; None where it asks.

    OpenBLAS looks the processor up by vendor, family and number and asks for features where its table says so or has
    no entry, so on nearly all processors (Intel since Skylake-SP, AMD since Zen 4) it finds AVX-512 by itself, and
    naming a core would only take its later kernels away. Source: OpenBLAS 0.3.31, driver/others/dynamic.c.
    """
    if not machine.has_avx512:
        return None
    if machine.vendor == "GenuineIntel" and (machine.family, machine.number) == (6, 0x66):
        return "Haswell"
    if machine.vendor == "HygonGenuine":
        return "Zen"
    if machine.vendor in ("CentaurHauls", "Shanghai"):
        return "Nehalem"
    return None


def _thread_counts(environment: MutableMapping[str, str], available: int) -> tuple[Setting, ...]:
    reason = f"cores that this process may use: {available}"
    openmp = _chosen(environment, OPENMP_THREADS) or Setting(OPENMP_THREADS, str(available), reason, ours=True)
    if blas := _chosen(environment, BLAS_THREADS):
        return openmp, blas
    if openmp.ours:
        return openmp, Setting(BLAS_THREADS, str(available), reason, ours=True)
    return openmp, Setting(BLAS_THREADS, None, f"OpenBLAS follows {OPENMP_THREADS}, which was set", ours=True)


def _wait_policy(environment: MutableMapping[str, str]) -> Setting:
    reason = "OpenMP threads that spin after their work starve BLAS's own threads"
    return _chosen(environment, OPENMP_WAIT) or Setting(OPENMP_WAIT, "PASSIVE", reason, ours=True)


def _core_type(environment: MutableMapping[str, str], machine: Processor) -> Setting:
    if chosen := _chosen(environment, CORE_TYPE):
        return chosen
    if core := underrated_core(machine):
        reason = f"the processor has AVX-512, but OpenBLAS takes it for {core}"
        return Setting(CORE_TYPE, "SkylakeX", reason, ours=True)
    return Setting(CORE_TYPE, None, "OpenBLAS finds the right kernels by itself", ours=True)


def _chosen(environment: MutableMapping[str, str], name: str) -> Setting | None:
    if not environment.get(name):
        return None
    return Setting(name, environment[name], "set in the environment", ours=False)


def _blas_threads(environment: MutableMapping[str, str]) -> int:
    """The count that OpenBLAS reads: the leading digits of its own variable, else of OpenMP's."""
    for name in (BLAS_THREADS, OPENMP_THREADS):
        count = environment.get(name, "").partition(",")[0].strip()
        if count.isdecimal() and int(count) > 0:
            return int(count)
    return available_cores()


def _unseen(settings: tuple[Setting, ...]) -> tuple[str, ...]:
    """Names of the variables set now whose reader was loaded before."""
    loaded = {"OPENBLAS": "numpy" in sys.modules, "OMP": _openmp_is_loaded()}
    return tuple(
        setting.name
        for setting in settings
        if setting.ours and setting.value is not None and loaded[setting.name.partition("_")[0]]
    )


def _openmp_is_loaded() -> bool:
    maps = Path("/proc/self/maps")
    if maps.exists():
        mapped = maps.read_text(encoding="utf-8", errors="replace")
        return any(name in mapped for name in ("libgomp", "libiomp5", "libomp"))
    return any(name in sys.modules for name in ("torch", "sklearn"))


def _advice(environment: MutableMapping[str, str], machine: Processor) -> tuple[str, ...]:
    core = environment.get(CORE_TYPE, "")
    if core and machine.has_avx512 and core.lower() not in AVX512_CORES:
        return (
            f"{CORE_TYPE}={core} in the environment keeps BLAS from using this processor's AVX-512; "
            f"without it, float32 matrix products ran 1.8 times as fast on a Zen 5 processor",
        )
    return ()
