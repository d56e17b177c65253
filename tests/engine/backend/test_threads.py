"""Thread settings: what somebody set stays, what is unset is decided from the machine, and BLAS obeys."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from engine.backend.blas_core import CORE_TYPE, underrated_core
from engine.backend.processor import AVX512, Processor, processor, usable_cores
from engine.backend.threads import (
    BLAS_THREADS,
    BLAS_WAIT,
    KERNEL_THREADS,
    OPENMP_SPINS,
    OPENMP_THREADS,
    OPENMP_WAIT,
    THREADING_LAYER,
    THREADING_LAYERS,
    available_cores,
    decide,
)

OURS = (
    OPENMP_THREADS, BLAS_THREADS, KERNEL_THREADS, OPENMP_WAIT, OPENMP_SPINS, BLAS_WAIT, CORE_TYPE, THREADING_LAYER,
    THREADING_LAYERS,
)  # fmt: skip
SKYLAKE = Processor("Xeon", "GenuineIntel", 6, 0x55, AVX512)


def in_a_fresh_process(program: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | variables
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_an_empty_environment_is_filled() -> None:
    environment: dict[str, str] = {}
    settings = decide(environment)
    assert environment[OPENMP_THREADS] == environment[BLAS_THREADS] == str(available_cores())
    assert (environment[OPENMP_SPINS], environment[BLAS_WAIT]) == ("4000", "4")
    assert environment[THREADING_LAYERS].split()[0] == "omp"
    assert not {OPENMP_WAIT, KERNEL_THREADS, THREADING_LAYER} & environment.keys()
    assert settings.threads == settings.kernel_threads == available_cores()
    assert settings.advice == ()
    assert tuple(setting.name for setting in settings.settings) == OURS
    assert all(setting.ours and setting.reason for setting in settings.settings)
    assert (CORE_TYPE in environment) == (underrated_core(processor()) is not None)


def test_what_somebody_set_stays() -> None:
    chosen = {
        CORE_TYPE: "Nehalem", BLAS_THREADS: "3", OPENMP_THREADS: "5", OPENMP_WAIT: "ACTIVE", OPENMP_SPINS: "7",
        BLAS_WAIT: "20", KERNEL_THREADS: "2", THREADING_LAYER: "workqueue",
    }  # fmt: skip
    environment = dict(chosen)
    settings = decide(environment)
    assert environment == chosen
    assert (settings.threads, settings.kernel_threads) == (3, 2)
    assert not any(setting.ours for setting in settings.settings)
    assert settings.too_late == ()


def test_a_wait_policy_that_somebody_set_is_not_overruled() -> None:
    environment = {OPENMP_WAIT: "ACTIVE"}
    decide(environment)
    assert OPENMP_SPINS not in environment


@pytest.mark.parametrize(("given", "threads"), [("1", 1), ("7,2", 7)])
def test_blas_and_kernels_follow_the_openmp_count_that_somebody_set(given: str, threads: int) -> None:
    environment = {OPENMP_THREADS: given}
    settings = decide(environment)
    assert BLAS_THREADS not in environment
    assert settings.threads == threads
    assert settings.kernel_threads == min(threads, usable_cores())


def test_a_second_call_changes_nothing() -> None:
    environment: dict[str, str] = {}
    first = decide(environment)
    filled = dict(environment)
    assert decide(environment).threads == first.threads
    assert environment == filled


@pytest.mark.parametrize(
    ("vendor", "family", "number", "core"),
    [
        ("GenuineIntel", 6, 0x55, None),
        ("GenuineIntel", 6, 0x8F, None),
        ("GenuineIntel", 6, 0x66, "Haswell"),
        ("AuthenticAMD", 25, 0x11, None),
        ("AuthenticAMD", 26, 2, None),
        ("HygonGenuine", 24, 4, "Zen"),
        ("CentaurHauls", 6, 0x47, "Nehalem"),
    ],
)
def test_processors_that_openblas_underrates(vendor: str, family: int, number: int, core: str | None) -> None:
    machine = replace(SKYLAKE, vendor=vendor, family=family, number=number)
    assert underrated_core(machine) == core
    assert underrated_core(replace(machine, features=frozenset({"avx2"}))) is None


@pytest.mark.skipif(not processor().has_avx512, reason="the processor has no AVX-512")
def test_a_lesser_core_in_the_environment_is_pointed_out() -> None:
    (sentence,) = decide({CORE_TYPE: "Haswell"}).advice
    assert "OPENBLAS_CORETYPE=Haswell" in sentence
    assert decide({CORE_TYPE: "SkylakeX"}).advice == ()


def test_a_process_that_decides_first_comes_in_time_and_decides_once() -> None:
    program = """
import json, os
from engine.backend.threads import BLAS_THREADS, configure
first = configure()
os.environ[BLAS_THREADS] = "99"
print(json.dumps([first.too_late, configure() is first]))
"""
    assert json.loads(in_a_fresh_process(program)) == [[], True]


IMPORTED_LATE = """
import json, warnings
import numpy
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import engine
    import engine.nn
from engine.backend.threads import configure
print(json.dumps([configure().too_late, [[each.filename, str(each.message)] for each in caught]]))
"""


def test_numpy_loaded_before_is_said_once_to_whom_it_costs() -> None:
    too_late, caught = json.loads(in_a_fresh_process(IMPORTED_LATE, **{BLAS_THREADS: "2"}))
    assert BLAS_WAIT in too_late
    ((where, sentence),) = caught
    assert where == "<string>"
    assert "NumPy was imported before engine" in sentence
    assert f"import engine first, or set {BLAS_WAIT}=4" in sentence


@pytest.mark.parametrize("given", [{BLAS_THREADS: "1"}, {BLAS_THREADS: "2", BLAS_WAIT: "4"}])
def test_nothing_is_said_where_nothing_is_lost(given: dict[str, str]) -> None:
    assert json.loads(in_a_fresh_process(IMPORTED_LATE, **given))[1] == []


@pytest.mark.skipif(available_cores() < 2, reason="one core has nobody to wait for")
def test_blas_threads_sleep_after_a_product() -> None:
    """The time that all threads spend while the process sleeps."""
    program = """
import engine, numpy, time
matrix = numpy.ones((700, 700), "float32")
def after_a_product():
    matrix @ matrix
    before = time.process_time()
    time.sleep(0.05)
    return time.process_time() - before
spent = [after_a_product() for _ in range(10)]
print(min(spent), max(spent))
"""
    assert float(in_a_fresh_process(program).split()[0]) < 0.005
    assert float(in_a_fresh_process(program, **{BLAS_WAIT: "28"}).split()[1]) > 0.01


def test_blas_runs_as_decided() -> None:
    program = """
import json
from engine.backend.threads import configure
settings = configure()
from engine.backend.hardware import blas_libraries
library = blas_libraries()[0]
print(json.dumps([settings.threads, library.name, library.threads, library.core]))
"""
    threads, name, loaded, core = json.loads(in_a_fresh_process(program))
    assert loaded == threads
    if name == "openblas" and processor().has_avx512:
        assert core.lower() in ("skylakex", "cooperlake", "sapphirerapids")
    assert json.loads(in_a_fresh_process(program, **{OPENMP_THREADS: "1"}))[2] == 1
