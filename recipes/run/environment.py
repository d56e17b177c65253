"""What a run ran on, for whoever wants to repeat it: env.json, overrides.txt and git.patch."""

import json
import os
import platform
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.backend.atomic import replace_file
from recipes.config import mask_override
from recipes.run.working_tree import WorkingTree, read_working_tree

PACKAGES = (
    "galley", "numpy", "scipy", "numba", "cupy-cuda12x", "cupy-cuda13x", "ml_dtypes", "hydra-core", "omegaconf",
    "click", "rich", "mlflow", "safetensors", "scikit-learn", "optuna", "submitit", "mpi4py", "onnx", "onnxruntime",
    "torch",
)  # fmt: skip
# Named one by one: the environment as a whole holds secrets.
VARIABLES = (
    "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "CUDA_VISIBLE_DEVICES", "CUPY_TF32", "SLURM_JOB_ID",
)  # fmt: skip


def write_environment(folder: Path, *, command: Sequence[str], overrides: Sequence[str], working: Path) -> None:
    """Write env.json and overrides.txt into the run at `folder`, and git.patch where `working` has uncommitted changes.

    Values of keys that sound secret are masked. Never raises for want of git.
    """
    tree = read_working_tree(working)
    replace_file(folder / "env.json", json.dumps(describe_environment(command, tree), indent=2) + "\n")
    replace_file(folder / "overrides.txt", "".join(f"{mask_override(override)}\n" for override in overrides))
    if tree is not None and tree.patch:
        replace_file(folder / "git.patch", tree.patch)


def describe_environment(command: Sequence[str], tree: WorkingTree | None) -> dict[str, Any]:
    """Python, machine, packages, threads, the command line and the commit, as JSON values."""
    return {
        "command": [mask_override(argument) for argument in command],
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "host": platform.node(),
        "cpu": {"model": _cpu_model(), "cores": os.cpu_count(), "usable_cores": _usable_cores()},
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "git": None if tree is None else tree.summary(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu_model() -> str:
    try:
        names = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = None
    return names[1] if names else platform.processor()


def _usable_cores() -> int | None:
    # macOS has no affinity.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
