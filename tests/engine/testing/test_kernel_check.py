"""The check of fast kernels passes right ones and fails, for the reason that counts, each kind of wrong one."""

import ctypes
from typing import Any

import numpy as np
import pytest

from engine.kernels.kernel import Kernel
from engine.testing.kernels import check_kernels
from engine.testing.row import PAIRS, Row, Sample, binary
from tests.engine.autograd.blend import LARGE, STRIDED, large_only, make_blend, strided


def check(*kernels: Kernel, large: bool = True) -> None:
    blend = make_blend()
    blend.fast(cpu=kernels)

    def draw_large(rng: np.random.Generator) -> list[Sample]:
        return [Sample(tuple(rng.normal(size=(2, 6, 8)))), Sample(tuple(rng.normal(size=(2, 40))), {"weight": 0.1})]

    check_kernels(
        [Row(blend, lambda *_: None, binary(), large=draw_large if large else None)], np.random.default_rng(3)
    )


def test_right_kernels_pass() -> None:
    check(LARGE, STRIDED)


def test_the_samples_have_what_breaks_kernels() -> None:
    seen: set[Any] = set()

    def look(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
        for each in inputs:
            if isinstance(each, np.ndarray):
                flags = each.flags
                seen.add(
                    (each.dtype.name, flags.c_contiguous, flags.aligned, min(each.strides, default=0) < 0, each.size)
                )
        return True

    check(Kernel(strided, look, strided=True))
    assert {dtype for dtype, *_ in seen} == {"float32", "float64"}
    assert {(contiguous, aligned) for _, contiguous, aligned, *_ in seen} >= {
        (True, True),
        (False, True),
        (True, False),
    }
    assert any(negative for *_, negative, _ in seen)
    assert {size for *_, size in seen} >= {int(np.prod(shape)) for pair in PAIRS for shape in pair} | {48, 40}


def test_a_kernel_that_accepts_no_sample_is_named() -> None:
    with pytest.raises(
        AssertionError, match=r"CPU kernels \[0\] of blend accepted no sample; give the row `large` ones"
    ):
        check(LARGE, STRIDED, large=False)


kept: list[Any] = []


def unfilled(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    (output,) = outputs
    last = output[(-1,) * output.ndim].copy() if output.size else None
    strided(outputs, inputs, attributes, scratch)
    if last is not None:
        output[(-1,) * output.ndim] = last


def slightly_wrong(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    np.multiply(outputs[0], 1.01, out=outputs[0])


def keeping_an_output(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    kept[:] = [outputs[0]]


def keeping_a_view_of_an_input(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    kept[:] = [inputs[0][...]]


def keeping_scratch(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    kept[:] = [scratch[:1]]


def blind_to_strides(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    """Reads elements in the order of memory, as code that only knows a pointer and a size does."""
    in_memory = tuple(np.asarray(each).ravel("K").reshape(np.shape(each)) for each in inputs)
    strided(outputs, in_memory, attributes, scratch)


def blind_to_output_strides(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    filled = np.empty(outputs[0].shape, outputs[0].dtype)
    strided((filled,), inputs, attributes, scratch)
    outputs[0].reshape(-1)[...] = filled.reshape(-1)


def writing_into_its_input(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    if isinstance(inputs[0], np.ndarray) and inputs[0].flags.writeable:
        inputs[0][...] = 0


def writing_behind_its_output(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    ctypes.memset(outputs[0].ctypes.data + outputs[0].nbytes, 0, 1)


def writing_behind_its_scratch(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    ctypes.memset(scratch.ctypes.data + scratch.nbytes + 3, 0, 1)


def trusting_scratch(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    strided(outputs, inputs, attributes, scratch)
    np.add(outputs[0], scratch[0], out=outputs[0])


def reading_after_writing(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    (output,), (first, second), (weight,) = outputs, inputs, attributes
    np.multiply(first, 1 - weight, out=output)
    np.add(output, weight * second, out=output)


WRONG: dict[str, tuple[Kernel, str]] = {
    "an element is left unfilled": (Kernel(unfilled, strided=True), "Not equal to tolerance"),
    "it is wrong by a percent": (Kernel(slightly_wrong, strided=True), "Not equal to tolerance"),
    "it keeps an output": (Kernel(keeping_an_output, strided=True), "keeps one of its arrays"),
    "it keeps a view of an input": (Kernel(keeping_a_view_of_an_input, strided=True), "keeps one of its arrays"),
    "it keeps scratch": (Kernel(keeping_scratch, scratch=lambda *_: 8, strided=True), "keeps one of its arrays"),
    "it doesn't know input strides": (Kernel(blind_to_strides, strided=True), "Not equal to tolerance"),
    "it doesn't know output strides": (Kernel(blind_to_output_strides, strided=True), "Not equal to tolerance"),
    "it writes into its input": (Kernel(writing_into_its_input, strided=True), "wrote into its inputs"),
    "it writes behind its output": (Kernel(writing_behind_its_output), "wrote outside of its outputs"),
    "it writes behind its scratch": (Kernel(writing_behind_its_scratch), "wrote behind its scratch"),
    "it reads scratch that it never wrote": (
        Kernel(trusting_scratch, scratch=lambda *_: 8, strided=True),
        "Not equal to tolerance",
    ),
    "it may not write over an input, and says so": (
        Kernel(reading_after_writing, large_only, overwrites=((0, 1),), strided=True),
        "over its input 1",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_kernels_fail(what: str, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(kept.clear)
    kernel, reason = WRONG[what]
    with pytest.raises((AssertionError, ValueError), match=reason):
        check(kernel)


def test_an_output_of_another_shape_than_the_shape_rule_tells_fails() -> None:
    blend = make_blend()
    blend.shape = lambda first, second, weight: second._replace(shape=(1, *second.shape))
    blend.fast(cpu=STRIDED)
    rows = [Row(blend, lambda *_: None, lambda rng: [Sample((rng.normal(size=3), rng.normal(size=3)))])]
    with pytest.raises(AssertionError):
        check_kernels(rows, np.random.default_rng(0))
