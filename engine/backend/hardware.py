"""Facts about the machine that `ml doctor` and the record of a run show: memory, BLAS, GPUs and packages."""

import ctypes
import importlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

GPU_FIELDS = ("index", "name", "memory.total", "driver_version", "compute_cap")


@dataclass(frozen=True)
class HostMemory:
    """Bytes of memory that the machine has and that a process could get now."""

    total: int
    available: int


@dataclass(frozen=True)
class BlasLibrary:
    """A BLAS that is loaded: its kernels' core and its threads; None where it does not tell."""

    name: str
    version: str | None
    core: str | None
    threads: int | None
    path: str


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU as its driver names it; memory in bytes, None where the driver does not tell."""

    index: int
    name: str
    memory: int | None
    driver: str
    compute_capability: str


def host_memory() -> HostMemory:
    """The machine's memory, without regard to limits of a control group."""
    # Imported where it is used: start-up has no use for it.
    import psutil

    memory = psutil.virtual_memory()
    return HostMemory(total=int(memory.total), available=int(memory.available))


def blas_libraries() -> tuple[BlasLibrary, ...]:
    """The BLAS libraries that this process has loaded, NumPy's first; NumPy is imported for it.

    Asks threadpoolctl where it is installed, else OpenBLAS itself; a BLAS that neither knows goes by the name that
    NumPy was built with.
    """
    # Late, for start-up: which BLAS NumPy uses is only known once it is loaded.
    import numpy as np

    found = _ask_threadpoolctl() if importlib.util.find_spec("threadpoolctl") else ask_openblas()
    if not found:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return (BlasLibrary(built["name"], built.get("version"), core=None, threads=None, path=""),)
    bundled = Path(np.__file__).parent.parent / "numpy.libs"
    return tuple(sorted(found, key=lambda library: not Path(library.path).is_relative_to(bundled)))


def ask_openblas(maps: Path = Path("/proc/self/maps")) -> list[BlasLibrary]:
    """The OpenBLAS libraries mapped into this process, by their own answers; none where the system keeps no maps."""
    if not maps.exists():
        return []
    mapped = {line.split(maxsplit=5)[5].strip() for line in maps.read_text().splitlines() if "openblas" in line}
    return [library for path in sorted(mapped) if (library := _openblas(path))]


def nvidia_gpus(timeout: float = 5.0) -> tuple[Gpu, ...]:
    """The NVIDIA GPUs that nvidia-smi lists; none where it is missing, fails or takes longer than `timeout` seconds."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, f"--query-gpu={','.join(GPU_FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return parse_gpus(answer.stdout)


def parse_gpus(answer: str) -> tuple[Gpu, ...]:
    """The GPUs in nvidia-smi's comma-separated answer, a line each; lines of another form are left out."""
    rows = ([field.strip() for field in line.split(",")] for line in answer.splitlines())
    return tuple(
        Gpu(int(index), name, int(memory) << 20 if memory.isdecimal() else None, driver, capability)
        for index, name, memory, driver, capability in (row for row in rows if len(row) == len(GPU_FIELDS))
        if index.isdecimal()
    )


def package_versions(names: Iterable[str]) -> dict[str, str | None]:
    """The installed version of each distribution, None for one that is missing; nothing is imported."""
    return {name: _version(name) for name in names}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _ask_threadpoolctl() -> list[BlasLibrary]:
    threadpoolctl = importlib.import_module("threadpoolctl")
    return [
        BlasLibrary(
            name=library["internal_api"],
            version=library.get("version"),
            core=library.get("architecture"),
            threads=library["num_threads"],
            path=library["filepath"],
        )
        for library in threadpoolctl.threadpool_info()
        if library["user_api"] == "blas"
    ]


def _openblas(path: str) -> BlasLibrary | None:
    """What one OpenBLAS says of itself; its builds differ in the names of their functions."""
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return None
    for form in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
        if hasattr(library, form.format("get_corename")):
            core, config = (_text(library, form.format(question)) for question in ("get_corename", "get_config"))
            threads = int(library[form.format("get_num_threads")]())
            words = config.split()
            return BlasLibrary("openblas", words[1] if len(words) > 1 else None, core, threads, path)
    return None


def _text(library: ctypes.CDLL, function: str) -> str:
    ask = library[function]
    ask.restype = ctypes.c_char_p
    return (ask() or b"").decode()
