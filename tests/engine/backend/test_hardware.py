"""Facts about the machine against a second source."""

import importlib.metadata
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine.backend.hardware import (
    Gpu,
    ask_openblas,
    blas_libraries,
    host_memory,
    nvidia_gpus,
    package_versions,
    parse_gpus,
)

TWO_GPUS = """0, NVIDIA H200, 143771, 570.86.15, 9.0
1, NVIDIA GB10, [N/A], 580.95.05, 12.1
"""


def test_memory_is_what_the_system_says() -> None:
    memory = host_memory()
    assert memory.total == psutil.virtual_memory().total
    assert 0 < memory.available <= memory.total


def test_numpys_blas_comes_first_and_threads_follow_its_own_switch() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    first = blas_libraries()[0]
    assert first.name in np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    with threadpoolctl.threadpool_limits(1):
        assert blas_libraries()[0].threads == 1


def test_openblas_answers_for_itself_as_threadpoolctl_does() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    expected = {
        library["filepath"]: (library["version"], library["architecture"], library["num_threads"])
        for library in threadpoolctl.threadpool_info()
        if library["internal_api"] == "openblas"
    }
    if not expected or not Path("/proc/self/maps").exists():
        pytest.skip("NumPy does not use OpenBLAS here, or the system has no maps")
    answered = {library.path: (library.version, library.core, library.threads) for library in ask_openblas()}
    assert answered == expected


def test_gpus_are_read_from_the_drivers_table() -> None:
    assert parse_gpus(TWO_GPUS) == (
        Gpu(0, "NVIDIA H200", 143771 << 20, "570.86.15", "9.0"),
        Gpu(1, "NVIDIA GB10", None, "580.95.05", "12.1"),
    )
    assert parse_gpus("No devices were found\n") == ()


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for the driver's program is a shell script")
@pytest.mark.parametrize(
    ("script", "count"),
    [("echo '0, NVIDIA H200, 143771, 570.86.15, 9.0'", 1), ("echo broken; exit 9", 0), ("exec sleep 5", 0)],
)
def test_the_drivers_program_may_answer_fail_or_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, count: int
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert len(nvidia_gpus(timeout=0.5)) == count


def test_no_program_no_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert nvidia_gpus() == ()


def test_versions_are_told_without_an_import() -> None:
    versions = package_versions(["numpy", "no-such-package-here"])
    assert versions == {"numpy": importlib.metadata.version("numpy"), "no-such-package-here": None}
    question = (
        "import sys; from engine.backend.hardware import package_versions, nvidia_gpus, host_memory;"
        "package_versions(['mlflow', 'scipy']); host_memory(); print({'mlflow', 'scipy'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == "set()"
