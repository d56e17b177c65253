"""Fast kernels beside the reference: from inputs and into outputs of every layout, and nothing touched besides."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from engine.autograd.dispatch import allocate, fill
from engine.autograd.tensor_base import wrap
from engine.backend.device import CPU
from engine.kernels.kernel import Kernel
from engine.tensors import Tensor
from engine.testing.checks import LOOSE, map_arrays
from engine.testing.fixed_kernels import arrays_in, check_fixed
from engine.testing.layouts import LAYOUTS, Layout
from engine.testing.row import Row, Sample

_OUTPUT_LAYOUTS: dict[str, Layout] = {"contiguous": np.array, **LAYOUTS}
_GUARD = 64
_POISONS = ({"f": np.nan, "i": -77, "u": 0xAB, "b": True}, {"f": 1e4, "i": 55, "u": 0x11, "b": False})


def check_kernels(rows: Iterable[Row], rng: np.random.Generator) -> None:
    """Every CPU kernel of the rows' op gives what the reference gives, of at least one of their samples.

    A kernel is called as in `dispatch`, with inputs of every layout, into poisoned outputs of every layout; it must
    leave alone its inputs and all memory around its outputs and its scratch, and keep no array. What a fixed one calls
    must do the same when it is called again.
    """
    rows = list(rows)
    op = rows[0].op
    kernels = op.kernels.get("cpu", ())
    accepted = dict.fromkeys(range(len(kernels)), 0)
    for row in rows:
        for dtype, inputs, attributes in _calls(row, rng):
            for number, kernel in enumerate(kernels):
                if kernel.accepts(inputs, attributes):
                    accepted[number] += 1
                    _check_call(row, dtype, kernel, inputs, attributes)
                    if kernel.fixed:
                        check_fixed(op, kernel, merged(op, inputs, attributes), inputs, attributes)
    unused = [number for number, count in accepted.items() if not count]
    assert not unused, f"CPU kernels {unused} of {op.name} accepted no sample; give the row `large` ones"


def _calls(row: Row, rng: np.random.Generator) -> Iterator[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    samples = [*row.samples(rng), *(row.large(rng) if row.large is not None else ())]
    for dtype in row.dtypes:
        for sample in samples:
            for layout in (np.array, *LAYOUTS.values(), _expanded):
                for inputs, attributes in handed_over(row.op, sample, dtype, layout):
                    yield dtype, inputs, attributes


def handed_over(op: Any, sample: Sample, dtype: str, layout: Any) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """What the op hands to its kernels, cast and promoted: heard by a kernel that accepts nothing."""
    heard: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = []

    def listen(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
        heard.append((inputs, attributes))
        return False

    def tensor(array: np.ndarray) -> Any:
        return wrap(Tensor, layout(array.astype(dtype) if array.dtype.kind == "f" else array))

    kernels = op.kernels
    op.fast(cpu=Kernel(lambda *_: None, listen))
    try:
        op(*(map_arrays(each, tensor) for each in sample.args), **sample.keywords)
    finally:
        op.kernels = kernels
        op.plans.clear()
    return heard


def _expanded(array: np.ndarray) -> np.ndarray:
    return np.broadcast_to(array[..., :1], array.shape) if array.ndim else array


def _check_call(row: Row, dtype: str, kernel: Kernel, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> None:
    values = merged(row.op, inputs, attributes)
    expected = row.op.reference(*values)
    expected = expected if isinstance(expected, tuple) else (expected,)
    told = allocate(row.op, CPU, values)
    assert [(each.shape, each.dtype) for each in told] == [(np.shape(each), each.dtype) for each in expected]
    tolerance = row.rtol * LOOSE[dtype]
    for poison in _POISONS:
        guarded = replace(kernel, function=_Guarded(kernel, poison))
        for name, layout in _OUTPUT_LAYOUTS.items():
            outputs = tuple(layout(each) for each in told)
            fill(guarded, CPU, outputs, inputs, attributes)
            _assert_equal(outputs, expected, tolerance, f"{row.name} into {name} outputs")
        for output, position in kernel.overwrites:
            shared = np.array(inputs[position], order="C")
            if (shared.shape, shared.dtype) != (told[output].shape, told[output].dtype):
                continue
            given = (*inputs[:position], shared, *inputs[position + 1 :])
            targets = tuple(shared if number == output else np.array(each) for number, each in enumerate(told))
            kernel.function(targets, given, attributes, np.empty(kernel.scratch(given, attributes), np.uint8))
            _assert_equal(targets, expected, tolerance, f"{row.name} over its input {position}")


def merged(op: Any, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> tuple[Any, ...]:
    """All arguments of an op, in order, from its inputs and its attributes."""
    values = {
        **dict(zip(op.signature.inputs, inputs, strict=True)),
        **dict(zip(op.signature.attributes, attributes, strict=True)),
    }
    return tuple(values[position] for position in range(op.arity))


def _assert_equal(found: tuple[Any, ...], expected: tuple[Any, ...], tolerance: float, what: str) -> None:
    for mine, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, right, rtol=tolerance, atol=tolerance, err_msg=what)


class _Guarded:
    """A kernel's function in a place where it can do no harm unseen."""

    def __init__(self, kernel: Kernel, poison: dict[str, Any]) -> None:
        self.kernel = kernel
        self.poison = poison

    def __call__(
        self, outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
    ) -> None:
        framed = [_framed(each) for each in outputs]
        for _, output in framed:
            output[...] = self.poison[output.dtype.kind]
        memory = np.full(scratch.size + _GUARD, 0xFF, np.uint8)
        arrays = [*[output for _, output in framed], *arrays_in(inputs), memory[: scratch.size]]
        frames = [frame.tobytes() for frame, _ in framed]
        before = [each.tobytes() for each in arrays_in(inputs)]
        holders = _holders(arrays)
        self.kernel.function(tuple(output for _, output in framed), inputs, attributes, arrays[-1])
        assert _holders(arrays) == holders, "the kernel keeps one of its arrays"
        assert [each.tobytes() for each in arrays_in(inputs)] == before, "the kernel wrote into its inputs"
        assert (memory[scratch.size :] == 0xFF).all(), "the kernel wrote behind its scratch memory"
        for (frame, output), then, target in zip(framed, frames, outputs, strict=True):
            target[...] = output
            output[...] = self.poison[output.dtype.kind]
            assert frame.tobytes() == then, "the kernel wrote outside of its outputs"


def _framed(output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Memory with a margin, and in it an array with the same shape, strides and alignment as an output."""
    lowest = sum(
        stride * (length - 1)
        for stride, length in zip(output.strides, output.shape, strict=True)
        if stride < 0 < length
    )
    highest = sum(
        stride * (length - 1)
        for stride, length in zip(output.strides, output.shape, strict=True)
        if stride > 0 < length
    )
    offset = 0 if output.flags.aligned else output.ctypes.data % output.dtype.alignment
    memory = np.full(highest - lowest + output.itemsize + 2 * _GUARD, 0xFF, np.uint8)
    start = _GUARD + offset - lowest
    return memory, np.ndarray(output.shape, output.dtype, memory, start, output.strides)


def _holders(arrays: list[np.ndarray]) -> list[tuple[int, int]]:
    """How many hold each array and the memory that it is a view of."""
    return [(sys.getrefcount(each), 0 if each.base is None else sys.getrefcount(each.base)) for each in arrays]
