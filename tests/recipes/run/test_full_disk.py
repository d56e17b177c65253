"""A disk that is full in the middle of a checkpoint gives one message and leaves the checkpoint before it intact."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recipes.errors import GalleyError
from recipes.run.checkpoint import save_checkpoint
from recipes.run.checkpoint_folder import Metric
from recipes.run.checkpoint_history import load_latest

PAGE = 4096


def parts(value: float) -> dict[str, Any]:
    array = np.full((3 * PAGE) // 4, value, np.float32)
    return {"model": {"w": array}, "optimizer": {"m": array}, "loop": {"value": value}}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill_but(disk: Path, pages: int) -> None:
    free = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes((free.f_bavail - pages) * PAGE))


def test_the_checkpoint_before_survives_wherever_the_disk_ends(tiny_disk: Path) -> None:
    folder = tiny_disk / "checkpoints"
    messages = []
    for pages in range(14):
        save_checkpoint(folder, 100, parts(1.0))
        fill_but(tiny_disk, pages)
        try:
            save_checkpoint(folder, 200, parts(2.0), best=Metric("validation/loss", 1.0))
        except GalleyError as error:
            messages.append(str(error))
        latest = load_latest(folder)
        assert latest is not None
        assert (latest.refused, latest.parts["loop"]["value"]) in [((), 1.0), ((), 2.0)]
        assert not [entry for entry in folder.iterdir() if entry.name.startswith(".")]
        subprocess.run(["rm", "-r", str(folder), str(tiny_disk / "filler")], check=True)
    assert 5 < len(messages) < 14
    for message in messages:
        assert "step-00000200 could not be written: No space left on device" in message
        assert "still stands: make room" in message


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from recipes.errors import GalleyError
from recipes.run.checkpoint import save_checkpoint
folder = Path(sys.argv[1])
save_checkpoint(folder, 100, {"model": {"w": np.zeros(10)}})
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    save_checkpoint(folder, 200, {"model": {"w": np.zeros(1000)}})
except GalleyError as error:
    print(error)
"""


def test_a_limit_on_file_size_is_told_and_leaves_no_trace(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    told = subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True, text=True).stdout
    assert "step-00000200 could not be written: File too large" in told
    assert "step-00000100 still stands" in told
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["last.json", "step-00000100"]
    latest = load_latest(tmp_path)
    assert latest is not None
    assert latest.step == 100
