"""What `ml doctor` finds out: facts of the machine, and what is missing with the way to get it."""

import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from engine.backend.control_group import control_group_limits
from engine.backend.hardware import (
    BlasLibrary,
    Gpu,
    HostMemory,
    blas_libraries,
    host_memory,
    nvidia_gpus,
    package_versions,
)
from engine.backend.memory import Allocator, configure_allocator
from engine.backend.processor import Cores, cores, processor
from engine.backend.threads import ThreadSettings, configure
from engine.kernels.cpu.state import KernelState, kernel_state
from recipes.run.environment import PACKAGES

# Beginnings of the names of processor features that array kernels are written for.
VECTOR_FEATURES = ("sse4", "avx", "fma", "f16c", "amx", "asimd", "sve", "bf16", "i8mm")
EXTRAS = {
    "cuda": "GPUs are not used without it",
    "parity": "only the tests that compare with PyTorch need it",
    "dev": "only the tests and checks need it",
}


@dataclass(frozen=True)
class Missing:
    """Something that isn't here: what, what that means, how to get it, and whether Galley can't do without."""

    what: str
    why: str
    remedy: str
    required: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """Everything that `ml doctor` shows; sizes in bytes, None where the system does not tell."""

    galley: str | None
    python: str
    executable: str
    system: str
    processor: str
    features: tuple[str, ...]
    cores: Cores
    core_limit: float | None
    blas: tuple[BlasLibrary, ...]
    threads: ThreadSettings
    kernels: KernelState
    memory: HostMemory
    allocator: Allocator
    memory_limit: int | None
    gpus: tuple[Gpu, ...]
    cuda_devices: int
    packages: dict[str, str | None]
    missing: tuple[Missing, ...]
    advice: tuple[str, ...]


def diagnose() -> Diagnosis:
    """Look at this machine and this environment; threads are set as for a training."""
    threads = configure()
    # After threads are set, as in the start-up of a training: it loads NumPy.
    from engine.backend.namespace import cuda_device_count

    machine, limits, gpus, kernels = processor(), control_group_limits(), nvidia_gpus(), kernel_state()
    wanted = dict(_requirements())
    versions = package_versions([*PACKAGES, *wanted])
    return Diagnosis(
        galley=versions["galley"],
        python=platform.python_version(),
        executable=sys.executable,
        system=platform.platform(),
        processor=machine.name,
        features=tuple(name for name in sorted(machine.features) if name.startswith(VECTOR_FEATURES)),
        cores=cores(),
        core_limit=limits.cores,
        blas=blas_libraries(),
        threads=threads,
        kernels=kernels,
        memory=host_memory(),
        allocator=configure_allocator(),
        memory_limit=limits.memory,
        gpus=gpus,
        cuda_devices=cuda_device_count(),
        packages=versions,
        missing=tuple(_missing(versions, wanted, bool(gpus))),
        advice=(*threads.advice, *threads.lost, *_advice_on_kernels(kernels)),
    )


def plain(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as JSON values."""
    return asdict(diagnosis)


def _requirements() -> Iterator[tuple[str, str]]:
    """The packages that Galley's own metadata names, each with its extra; "" is what everybody needs."""
    try:
        declared = requires("galley") or []
    except PackageNotFoundError:
        return
    for requirement in declared:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"""extra\s*==\s*["']([\w-]+)""", requirement)
        if name:
            yield name[0], extra[1] if extra else ""


def _missing(versions: dict[str, str | None], wanted: dict[str, str], has_gpu: bool) -> Iterator[Missing]:
    if versions["galley"] is None:
        remedy = "Install it from its folder: pip install --editable ."
        yield Missing("galley", "it runs from a folder without being installed, so its needs are not known", remedy)
    absent = [(name, extra) for name, extra in wanted.items() if versions[name] is None]
    for name, extra in absent:
        if not extra:
            yield Missing(name, "Galley needs it", "Get it: pip install galley", required=True)
    for extra, why in EXTRAS.items():
        names = [name for name, own in absent if own == extra]
        if names and (extra != "cuda" or has_gpu):
            yield Missing(", ".join(names), why, f"Get it: pip install 'galley[{extra}]'")
    if shutil.which("git") is None:
        yield Missing("git", "runs don't record the commit they came from", "Get it from your system's packages")


def _advice_on_kernels(kernels: KernelState) -> Iterator[str]:
    if kernels.problem:
        yield f"kernels can't start: {kernels.problem}; NUMBA_THREADING_LAYER=workqueue needs nothing else"
    if kernels.layer == "workqueue":
        yield "kernels launch their threads faster with OpenMP: install libgomp (Debian: libgomp1)"
    if kernels.cache is None:
        yield "kernels are compiled anew in each process: name a folder that can be written in NUMBA_CACHE_DIR"
