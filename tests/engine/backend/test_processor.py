"""The processor's description against what the system's own files say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.backend.processor import cores, processor, usable_cores

ZEN_5 = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 26
model\t\t: 2
model name\t: AMD EPYC
physical id\t: 0
core id\t\t: 0
flags\t\t: fpu sse2 avx2 avx512f avx512dq avx512cd avx512bw avx512vl

processor\t: 1
vendor_id\t: AuthenticAMD
physical id\t: 0
core id\t\t: 0
flags\t\t: fpu sse2

processor\t: 2
vendor_id\t: AuthenticAMD
physical id\t: 0
core id\t\t: 1
flags\t\t: fpu sse2
"""
GRAVITON = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd sve\nCPU part\t: 0xd40\n\n"


def test_an_x86_processor_is_read(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(ZEN_5)
    machine = processor(tmp_path / "cpuinfo")
    assert (machine.name, machine.vendor, machine.family, machine.number) == ("AMD EPYC", "AuthenticAMD", 26, 2)
    assert {"avx2", "avx512f"} <= machine.features
    assert machine.has_avx512
    assert cores(tmp_path / "cpuinfo").physical == 2


def test_an_arm_processor_has_features_but_no_avx512(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(GRAVITON)
    machine = processor(tmp_path / "cpuinfo")
    assert machine.features == {"fp", "asimd", "sve"}
    assert not machine.has_avx512
    assert cores(tmp_path / "cpuinfo").physical is None


def test_knights_landing_has_not_all_of_avx512(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("vendor_id : GenuineIntel\nflags : avx2 avx512f avx512cd avx512pf avx512er\n")
    assert not processor(tmp_path / "cpuinfo").has_avx512


def test_a_system_without_the_file_still_has_a_name(tmp_path: Path) -> None:
    machine = processor(tmp_path / "missing")
    assert machine.name
    assert machine.features == frozenset()
    assert cores(tmp_path / "missing").logical == os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity")
def test_affinity_limits_the_usable_cores() -> None:
    assert usable_cores() == len(os.sched_getaffinity(0))
    question = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]);"
        "from engine.backend.processor import cores; print(cores().usable)"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["1"]
