"""What git says of the folder that a run was started from: its commit, and how its files differ from it."""

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST_PATCH = 1_000_000
PATIENCE = 2.0

_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_DIFF = ("diff", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD")


@dataclass(frozen=True)
class WorkingTree:
    """A commit, the patch from it to the files as they are (empty where equal), and why there is none if so."""

    commit: str
    patch: bytes
    left_out: str | None = None

    def summary(self) -> dict[str, Any]:
        """What env.json says of it."""
        return {"commit": self.commit, "changed": bool(self.patch or self.left_out), "patch_left_out": self.left_out}


def read_working_tree(folder: Path, *, largest: int = LARGEST_PATCH, patience: float = PATIENCE) -> WorkingTree | None:
    """The state of the git repository around `folder`; None where there is none, no commit, or no git.

    A patch above `largest` bytes, or that takes longer than `patience` seconds, is left out. Files that git doesn't
    know are not in it.
    """
    try:
        # Both at once: each costs little but its start.
        commit, diff = _start(folder, ("rev-parse", "--verify", "HEAD")), _start(folder, _DIFF)
    except OSError:
        return None
    named = _finish(commit, 100, patience)
    patch = _finish(diff, largest, patience)
    if not named:
        return None
    name = named.decode().strip()
    if patch is None:
        reason = f"git failed, took longer than {patience:g} s or printed more than {largest:,} bytes"
        return WorkingTree(name, b"", reason)
    return WorkingTree(name, patch)


def _start(folder: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    # Without optional locks git leaves the index alone that the person may be using right now.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    return subprocess.Popen(
        ["git", *_QUIET, "-C", str(folder), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _finish(process: subprocess.Popen[bytes], largest: int, patience: float) -> bytes | None:
    """What the process printed; None where it failed, printed more than `largest` bytes or took too long."""
    timer = threading.Timer(patience, process.kill)
    timer.start()
    try:
        with process:
            assert process.stdout is not None
            output = process.stdout.read(largest + 1)
            if len(output) > largest:
                process.kill()
    finally:
        timer.cancel()
    return output if process.returncode == 0 and len(output) <= largest else None
