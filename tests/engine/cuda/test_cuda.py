"""The checks of `device="cuda"`, a process each: over the double of CuPy, and on a GPU where there is one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.backend.namespace import cuda_device_count

ROOT = Path(__file__).parents[3]
CHECKS = sorted((Path(__file__).parent / "checks").glob("checks_*.py"))


def run(checks: Path, **environment: str) -> None:
    command = [sys.executable, "-m", "pytest", str(checks), "-q", "-p", "no:cacheprovider", "-m", "", "--tb=short"]
    process = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, f"{process.stdout[-6000:]}\n{process.stderr[-2000:]}"


@pytest.mark.parametrize("checks", CHECKS, ids=lambda path: path.stem)
def test_over_the_double(checks: Path) -> None:
    run(checks, PYTHONPATH=str(ROOT / "tests/doubles"))


@pytest.mark.gpu
@pytest.mark.parametrize("checks", CHECKS, ids=lambda path: path.stem)
def test_on_a_gpu(checks: Path) -> None:
    if cuda_device_count() == 0:
        pytest.skip("no CUDA device, or no CuPy")
    run(checks)
