"""The allocator keeps what is freed, and the memory held is what the system says."""

import platform
import subprocess
import sys

import psutil
import pytest

from engine.backend.memory import configure_allocator, peak_resident_bytes, resident_bytes

GLIBC = platform.libc_ver()[0] == "glibc"

COUNT_FAULTS = """
import ctypes, resource, sys
from engine.backend.memory import configure_allocator
if "keep" in sys.argv:
    assert configure_allocator()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
size = ctypes.c_size_t(30 << 20)
def use():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = libc.malloc(size)
    ctypes.memset(block, 1, size.value)
    libc.free(ctypes.c_void_p(block))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
use()
if "keep" not in sys.argv:
    libc.mallopt(-3, 1 << 17)
print(use())
"""


def faults_of_a_second_buffer(*given: str) -> int:
    command = [sys.executable, "-c", COUNT_FAULTS, *given]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc")
def test_a_freed_buffer_is_used_again_without_page_faults() -> None:
    kept, returned = faults_of_a_second_buffer("keep"), faults_of_a_second_buffer()
    assert kept <= 2
    assert returned >= 10


def test_only_glibc_is_configured() -> None:
    question = "from engine.backend.memory import configure_allocator; print(configure_allocator())"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == str(GLIBC)
    assert isinstance(configure_allocator(), bool)


def test_resident_memory_rises_with_a_buffer_and_the_peak_stays() -> None:
    before = resident_bytes()
    assert abs(before - psutil.Process().memory_info().rss) < 16 << 20
    buffer = b"\1" * (96 << 20)
    assert resident_bytes() - before > 64 << 20
    del buffer
    assert peak_resident_bytes() >= before + (64 << 20)
