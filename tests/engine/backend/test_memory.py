"""The allocator keeps what is freed, and the memory held is what the system says."""

import mmap
import os
import platform
import subprocess
import sys

import psutil
import pytest

from engine.backend.memory import peak_resident_bytes, resident_bytes

GLIBC = platform.libc_ver()[0] == "glibc"

COUNT_FAULTS = """
import ctypes, resource, sys
import engine
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
if "as before" in sys.argv:
    libc.mallopt(-3, 1 << 17)
    libc.mallopt(-1, 1 << 17)
size = ctypes.c_size_t(30 << 20)
def use():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = libc.malloc(size)
    ctypes.memset(block, 1, size.value)
    libc.free(ctypes.c_void_p(block))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
use()
print(use())
"""


def faults_of_a_second_buffer(*given: str) -> int:
    command = [sys.executable, "-c", COUNT_FAULTS, *given]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc")
def test_with_the_engine_a_freed_buffer_is_used_again_without_page_faults() -> None:
    assert faults_of_a_second_buffer() <= 2
    assert faults_of_a_second_buffer("as before") >= 10


QUESTION = "from engine.backend.memory import configure_allocator; print(configure_allocator())"


def answer(**variables: str) -> str:
    command, environment = [sys.executable, "-c", QUESTION], os.environ | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_only_glibc_is_configured() -> None:
    assert ("keeps_below=None" in answer()) == (not GLIBC)


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc")
@pytest.mark.parametrize(
    ("name", "value"), [("MALLOC_TRIM_THRESHOLD_", "1000000"), ("GLIBC_TUNABLES", "glibc.malloc.arena_max=2")]
)
def test_an_allocator_that_somebody_tuned_is_left_alone(name: str, value: str) -> None:
    assert answer(**{name: value}) == f"Allocator(keeps_below=None, reason='{name} is set in the environment')\n"


def test_resident_memory_rises_with_a_buffer_and_the_peak_stays() -> None:
    before = resident_bytes()
    assert abs(before - psutil.Process().memory_info().rss) < 16 << 20
    # Not from malloc, which may have kept what earlier tests freed.
    buffer = mmap.mmap(-1, 96 << 20)
    buffer.write(b"\1" * len(buffer))
    assert resident_bytes() - before > 64 << 20
    buffer.close()
    assert peak_resident_bytes() >= before + (64 << 20)
