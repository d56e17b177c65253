"""What the replays of a compiled function ran: that it was a plan, and with which kernels among its calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.dispatch import allocate, chosen
from engine.autograd.modes import ModeState
from engine.backend.device import CPU
from engine.kernels.cpu.jit import calls_of
from engine.kernels.kernel import Kernel
from engine.testing.kernels import handed_over, merged
from engine.testing.row import Row, Sample


def plan_of(compiled: Any) -> Any:
    """The one plan by which a compiled function was replayed; no recording may have been replayed without one."""
    assert compiled.reason is None, compiled.reason
    recordings = [each for kind in compiled.kinds.values() for each in kind.recordings]
    assert [each.unplanned for each in recordings if each.unplanned] == [], "a recording was replayed op by op"
    plans = [each.plan for each in recordings if each.plan is not None]
    assert compiled.replays, "no recording stood in"
    assert len(plans) == 1, f"{len(plans)} recordings were replayed"
    return plans[0]


def kernel_for(row: Row, sample: Sample, dtype: str = "float32") -> Kernel | None:
    """The kernel that a CPU computes a sample with in one type; None where the reference does."""
    ((inputs, attributes), *_) = handed_over(row.op, sample, dtype, np.array)
    return chosen(row.op, CPU, inputs, attributes, ModeState())


def assert_calls(plan: Any, kernel: Kernel, row: Row, sample: Sample, dtype: str = "float32") -> None:
    """Assert that a plan calls a kernel, or all that the kernel would call for a sample, in that order."""
    if any(each is kernel.function for function, args in plan.calls for each in (function, *args)):
        return
    ((inputs, attributes), *_) = handed_over(row.op, sample, dtype, np.array)
    outputs = allocate(row.op, CPU, merged(row.op, inputs, attributes))
    scratch = np.empty(kernel.scratch(inputs, attributes), np.uint8)
    wanted = [function for function, _ in calls_of(kernel.function, outputs, inputs, attributes, scratch)]
    called = [function for function, _ in plan.calls]
    starts = range(len(called) - len(wanted) + 1)
    assert kernel.fixed, f"the plan of {row.name} does not call {kernel.function}"
    assert any(called[start : start + len(wanted)] == wanted for start in starts), (
        f"the plan of {row.name} does not call what {kernel.function} calls"
    )


def large_samples(row: Row, each: int = 2) -> list[tuple[Kernel, Sample]]:
    """The first few large samples of a row that each of its op's kernels computes."""
    found: dict[int, list[tuple[Kernel, Sample]]] = {}
    for sample in row.large(np.random.default_rng(len(row.name))) if row.large is not None else ():
        kernel = kernel_for(row, sample)
        if kernel is not None:
            found.setdefault(id(kernel), []).append((kernel, sample))
    return [pair for pairs in found.values() for pair in pairs[:each]]


def kernel_calls(plan: Any) -> int:
    """How many of a plan's calls are of fast kernels, or of what they are made of."""

    def is_fast(each: Any) -> bool:
        return callable(each) and str(getattr(each, "__module__", "")).startswith("engine.kernels.")

    return sum(any(map(is_fast, (function, *args))) for function, args in plan.calls)
