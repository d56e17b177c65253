"""Thread settings: what somebody set stays, what is unset is decided from the machine, and BLAS obeys."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from engine.backend.processor import AVX512, Processor, processor
from engine.backend.threads import (
    BLAS_THREADS,
    CORE_TYPE,
    OPENMP_THREADS,
    OPENMP_WAIT,
    available_cores,
    decide,
    underrated_core,
)

OURS = (CORE_TYPE, BLAS_THREADS, OPENMP_THREADS, OPENMP_WAIT)
SKYLAKE = Processor("Xeon", "GenuineIntel", 6, 0x55, AVX512)


def in_a_fresh_process(program: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | variables
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_an_empty_environment_is_filled() -> None:
    environment: dict[str, str] = {}
    settings = decide(environment)
    assert environment[OPENMP_THREADS] == environment[BLAS_THREADS] == str(available_cores())
    assert environment[OPENMP_WAIT] == "PASSIVE"
    assert settings.threads == available_cores()
    assert settings.advice == ()
    assert {setting.name for setting in settings.settings} == set(OURS)
    assert all(setting.ours and setting.reason for setting in settings.settings)
    assert (CORE_TYPE in environment) == (underrated_core(processor()) is not None)


def test_what_somebody_set_stays() -> None:
    chosen = {CORE_TYPE: "Nehalem", BLAS_THREADS: "3", OPENMP_THREADS: "5", OPENMP_WAIT: "ACTIVE"}
    environment = dict(chosen)
    settings = decide(environment)
    assert environment == chosen
    assert settings.threads == 3
    assert not any(setting.ours for setting in settings.settings)
    assert settings.too_late == ()


@pytest.mark.parametrize(("given", "threads"), [("1", 1), ("7,2", 7)])
def test_blas_follows_the_openmp_count_that_somebody_set(given: str, threads: int) -> None:
    environment = {OPENMP_THREADS: given}
    settings = decide(environment)
    assert BLAS_THREADS not in environment
    assert settings.threads == threads


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


def test_numpy_loaded_before_is_said() -> None:
    program = """
import json, numpy
from engine.backend.threads import configure
print(json.dumps(configure().too_late))
"""
    assert BLAS_THREADS in json.loads(in_a_fresh_process(program))
    assert json.loads(in_a_fresh_process(program, **{BLAS_THREADS: "1"})) == []


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
