"""The one place that decides, before NumPy loads, how many threads BLAS and kernels use and how they wait."""

import math
import os
import sys
import warnings
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.backend.blas_core import CORE_TYPE, advice_on_core, underrated_core
from engine.backend.control_group import control_group_limits
from engine.backend.processor import Processor, processor, usable_cores

BLAS_THREADS = "OPENBLAS_NUM_THREADS"
BLAS_WAIT = "OPENBLAS_THREAD_TIMEOUT"
OPENMP_THREADS = "OMP_NUM_THREADS"
OPENMP_WAIT = "OMP_WAIT_POLICY"
OPENMP_SPINS = "GOMP_SPINCOUNT"
KERNEL_THREADS = "NUMBA_NUM_THREADS"
THREADING_LAYER = "NUMBA_THREADING_LAYER"
THREADING_LAYERS = "NUMBA_THREADING_LAYER_PRIORITY"

# A spin takes about 45 ns, on Zen 5 as on Intel's processors since Skylake: 0.2 ms in all.
SPINS = "4000"
# OpenBLAS's threads look for work for 2**4 cycles, the least that it takes, instead of 2**26.
BLAS_EXPONENT = "4"


@dataclass(frozen=True)
class Setting:
    """One environment variable: its value (None where it is unset), who chose it and why."""

    name: str
    value: str | None
    reason: str
    ours: bool


@dataclass(frozen=True)
class ThreadSettings:
    """What was decided: the threads that BLAS and the kernels use, each variable, and what is less than it could be.

    Numba starts `most_kernel_threads`; kernels may use that many and no more.
    `too_late` names the variables of ours that a library loaded earlier has not seen, `lost` says what that costs here;
    `advice` says what the person's own environment costs. A sentence each.
    """

    threads: int
    kernel_threads: int
    most_kernel_threads: int
    settings: tuple[Setting, ...]
    too_late: tuple[str, ...]
    lost: tuple[str, ...]
    advice: tuple[str, ...]


@lru_cache(maxsize=1)
def configure() -> ThreadSettings:
    """Decide for this process: the first call, before NumPy loads, sets os.environ; later ones return its result."""
    return decide(os.environ)


def warn_of_losses() -> None:
    """Say, to whoever imports the caller, what it costs that a library was loaded before its variables were set."""
    for sentence in configure().lost:
        warnings.warn(sentence, stacklevel=3)


def decide(environment: MutableMapping[str, str]) -> ThreadSettings:
    """Set in the environment what nobody has set there, and say what was decided and why."""
    machine, available = processor(), available_cores()
    settings = (
        *_thread_counts(environment, available),
        *_openmp_waiting(environment),
        _blas_waiting(environment),
        _core_type(environment, machine),
        *_threading_layer(environment),
    )
    for setting in settings:
        if setting.ours and setting.value is not None:
            environment[setting.name] = setting.value
    threads = _count(environment, (BLAS_THREADS, OPENMP_THREADS), available)
    most_kernel_threads = _count(environment, (KERNEL_THREADS,), usable_cores())
    kernel_threads = min(_count(environment, (KERNEL_THREADS, OPENMP_THREADS), available), most_kernel_threads)
    too_late = _unseen(settings)
    return ThreadSettings(
        threads=threads,
        kernel_threads=kernel_threads,
        most_kernel_threads=most_kernel_threads,
        settings=settings,
        too_late=too_late,
        lost=tuple(_lost(too_late, threads, kernel_threads)),
        advice=advice_on_core(environment.get(CORE_TYPE, ""), machine),
    )


def available_cores() -> int:
    """Cores this process can keep busy: its affinity, and its control group's quota rounded up."""
    quota = control_group_limits().cores
    return usable_cores() if quota is None else max(1, min(usable_cores(), math.ceil(quota)))


def _thread_counts(environment: MutableMapping[str, str], available: int) -> Iterator[Setting]:
    reason = f"cores that this process may use: {available}"
    openmp = _chosen(environment, OPENMP_THREADS) or Setting(OPENMP_THREADS, str(available), reason, ours=True)
    follows = Setting(BLAS_THREADS, None, f"OpenBLAS follows {OPENMP_THREADS}, which was set", ours=True)
    yield openmp
    yield _chosen(environment, BLAS_THREADS) or (
        Setting(BLAS_THREADS, str(available), reason, ours=True) if openmp.ours else follows
    )
    # Numba starts as many threads as there are cores; how many of them a kernel uses can be changed at any time.
    yield _chosen(environment, KERNEL_THREADS) or Setting(
        KERNEL_THREADS, None, f"kernels follow {OPENMP_THREADS}", ours=True
    )


def _openmp_waiting(environment: MutableMapping[str, str]) -> Iterator[Setting]:
    """How OpenMP's threads wait for the next kernel: busily for about 0.2 ms, then asleep.

    On a Zen 5 processor a launch took 1.2 µs with threads that were still awake and 45 µs with threads asleep. On a
    busy machine, where a thread may wait for a core, the others spin for nothing as long as they may: 8 ms a launch by
    default, 0.2 ms so.
    """
    policy, spins = _chosen(environment, OPENMP_WAIT), _chosen(environment, OPENMP_SPINS)
    yield policy or Setting(OPENMP_WAIT, None, f"{OPENMP_SPINS} says it more finely", ours=True)
    if policy and not spins:
        yield Setting(OPENMP_SPINS, None, f"{OPENMP_WAIT}, which was set, decides", ours=True)
        return
    reason = "kernels' threads stay awake just long enough for the next kernel"
    yield spins or Setting(OPENMP_SPINS, SPINS, reason, ours=True)


def _blas_waiting(environment: MutableMapping[str, str]) -> Setting:
    """OpenBLAS's threads sleep at once: by themselves they would keep a core busy for 25 ms."""
    reason = "BLAS's threads that spin after a product starve the kernels' threads"
    return _chosen(environment, BLAS_WAIT) or Setting(BLAS_WAIT, BLAS_EXPONENT, reason, ours=True)


def _core_type(environment: MutableMapping[str, str], machine: Processor) -> Setting:
    if chosen := _chosen(environment, CORE_TYPE):
        return chosen
    if core := underrated_core(machine):
        reason = f"the processor has AVX-512, but OpenBLAS takes it for {core}"
        return Setting(CORE_TYPE, "SkylakeX", reason, ours=True)
    return Setting(CORE_TYPE, None, "OpenBLAS finds the right kernels by itself", ours=True)


def _threading_layer(environment: MutableMapping[str, str]) -> Iterator[Setting]:
    layer = _chosen(environment, THREADING_LAYER)
    yield layer or Setting(THREADING_LAYER, None, f"{THREADING_LAYERS} says it, with a way out", ours=True)
    if not layer:
        reason = "OpenMP launches fastest; Numba's own threads where it is missing"
        yield _chosen(environment, THREADING_LAYERS) or Setting(
            THREADING_LAYERS, "omp tbb workqueue", reason, ours=True
        )


def _chosen(environment: MutableMapping[str, str], name: str) -> Setting | None:
    if not environment.get(name):
        return None
    return Setting(name, environment[name], "set in the environment", ours=False)


def _count(environment: MutableMapping[str, str], names: tuple[str, ...], available: int) -> int:
    """The count that a library reads: the leading digits of the first variable that has some."""
    for name in names:
        count = environment.get(name, "").partition(",")[0].strip()
        if count.isdecimal() and int(count) > 0:
            return int(count)
    return available


def _unseen(settings: tuple[Setting, ...]) -> tuple[str, ...]:
    """Names of the variables set now whose reader was loaded before; Numba reads its own anew."""
    openmp = _openmp_is_loaded()
    loaded = {"OPENBLAS": "numpy" in sys.modules, "OMP": openmp, "GOMP": openmp, "NUMBA": False}
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


def _lost(too_late: tuple[str, ...], threads: int, kernel_threads: int) -> Iterator[str]:
    """What the variables that came too late cost; a single thread has nobody to wait for."""
    remedy = "import engine first, or set {}={} in the environment"
    if CORE_TYPE in too_late:
        yield (
            "NumPy was imported before engine: its matrix products do without this processor's AVX-512, at about "
            f"half the speed; {remedy.format(CORE_TYPE, 'SkylakeX')}"
        )
    if BLAS_WAIT in too_late and threads > 1:
        yield (
            "NumPy was imported before engine: for 25 ms after each of its matrix products, BLAS's threads take the "
            "cores from the kernels that follow, which then run at half the speed; "
            f"{remedy.format(BLAS_WAIT, BLAS_EXPONENT)}"
        )
    if BLAS_THREADS in too_late and usable_cores() > threads:
        yield (
            f"NumPy was imported before engine: BLAS started a thread for each of {usable_cores()} cores where the "
            f"process may keep {threads} busy; {remedy.format(BLAS_THREADS, threads)}"
        )
    if OPENMP_SPINS in too_late and kernel_threads > 1:
        yield (
            "OpenMP was loaded before engine: its threads stay awake for milliseconds after each kernel and take "
            f"the cores from BLAS; {remedy.format(OPENMP_SPINS, SPINS)}"
        )
