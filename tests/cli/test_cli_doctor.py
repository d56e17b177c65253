"""`ml doctor`: what it says is so by another way of asking."""

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.command_line import Shell

VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_CORETYPE", "GOMP_SPINCOUNT",
    "OPENBLAS_THREAD_TIMEOUT", "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "NUMBA_THREADING_LAYER_PRIORITY",
    "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "GLIBC_TUNABLES",
)  # fmt: skip


def diagnosis(shell: Shell, **variables: str) -> dict[str, Any]:
    """The JSON of a doctor in whose environment only the given variables decide."""
    environment = {name: value for name, value in shell.environment.items() if name not in VARIABLES} | variables
    command = [str(shell.script), "doctor", "--json"]
    answer = subprocess.run(command, cwd=shell.folder, env=environment, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    read: dict[str, Any] = json.loads(answer.stdout)
    return read


def test_facts_of_the_machine(shell: Shell) -> None:
    found = diagnosis(shell)
    assert found["python"] == platform.python_version()
    assert found["cores"]["logical"] == os.cpu_count()
    assert found["memory"]["total"] == psutil.virtual_memory().total
    assert found["cores"]["usable"] == len(psutil.Process().cpu_affinity())
    assert found["packages"]["click"]
    assert found["packages"]["numpy"]


def test_blas_has_the_threads_that_were_decided(shell: Shell) -> None:
    found = diagnosis(shell)
    assert found["blas"][0]["core"]
    assert found["blas"][0]["threads"] == found["threads"]["threads"]
    found = diagnosis(shell, OMP_NUM_THREADS="1")
    assert found["blas"][0]["threads"] == found["threads"]["threads"] == 1
    (setting,) = (setting for setting in found["threads"]["settings"] if setting["name"] == "OMP_NUM_THREADS")
    assert (setting["value"], setting["reason"], setting["ours"]) == ("1", "set in the environment", False)


def test_blas_core_of_the_environment_is_the_one_that_runs(shell: Shell) -> None:
    if platform.machine() != "x86_64":
        pytest.skip("Haswell is a core of x86-64")
    found = diagnosis(shell, OPENBLAS_CORETYPE="Haswell")
    assert found["blas"][0]["core"] == "Haswell"
    costly = any(feature.startswith("avx512") for feature in found["features"])
    assert any("Haswell" in line for line in found["advice"]) == costly


def test_kernels_have_the_layer_and_threads_that_were_chosen(shell: Shell, tmp_path: Path) -> None:
    folder = str(tmp_path / "kernels")
    chosen = {"NUMBA_THREADING_LAYER": "workqueue", "NUMBA_NUM_THREADS": "1", "NUMBA_CACHE_DIR": folder}
    kernels = diagnosis(shell, **chosen)["kernels"]
    assert (kernels["layer"], kernels["threads"], kernels["started"]) == ("workqueue", 1, 1)
    assert kernels["cache"] == folder
    unset = diagnosis(shell)
    assert unset["kernels"]["threads"] == unset["threads"]["kernel_threads"]
    assert unset["threads"]["too_late"] == unset["threads"]["lost"] == []


def test_kernels_that_cannot_start_or_be_kept_are_advised_on(shell: Shell) -> None:
    found = diagnosis(shell, NUMBA_THREADING_LAYER="omp2", NUMBA_CACHE_DIR=os.devnull)
    assert (found["kernels"]["layer"], found["kernels"]["cache"]) == (None, None)
    said = " ".join(found["advice"])
    assert "omp2" in said
    assert "name a folder that can be written in NUMBA_CACHE_DIR" in said


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_allocator_is_tuned_unless_somebody_did(shell: Shell) -> None:
    assert diagnosis(shell)["allocator"]["keeps_below"] >= 1 << 25
    assert diagnosis(shell, GLIBC_TUNABLES="glibc.malloc.arena_max=2")["allocator"]["keeps_below"] is None


def test_affinity_decides_how_many_cores_are_used(shell: Shell) -> None:
    if shutil.which("taskset") is None:
        pytest.skip("needs taskset")
    core = str(min(os.sched_getaffinity(0)))
    environment = {name: value for name, value in shell.environment.items() if name not in VARIABLES}
    command = ["taskset", "-c", core, str(shell.script), "doctor", "--json"]
    answer = subprocess.run(command, cwd=shell.folder, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(answer.stdout)
    assert (found["cores"]["usable"], found["threads"]["threads"]) == (1, 1)


def test_page_for_a_person_has_every_section(shell: Shell) -> None:
    answer = shell.ml("doctor")
    assert (answer.returncode, answer.stderr) == (0, "")
    headings = [line for line in answer.stdout.splitlines() if line and not line.startswith(" ")]
    sections = ["System", "Processor", "BLAS", "Threads", "Kernels", "Memory", "GPUs", "Packages", "Missing"]
    assert headings[: len(sections)] == sections
    assert f"Python {platform.python_version()}" in answer.stdout
