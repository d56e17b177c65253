"""gradcheck passes what is right and finds each way to be wrong."""

from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd import Function, gradcheck, gradgradcheck
from engine.autograd.gradcheck import GradcheckError


def point(seed: int, *shape: int, kind: str = "float64") -> Any:
    generator = np.random.default_rng(seed)
    array = generator.standard_normal(shape)
    if kind == "complex128":
        array = array + 1j * generator.standard_normal(shape)
    return engine.tensor(array, requires_grad=True)


class Wrong(Function):
    """Twice the input; the gradient of element 1 is too large by what it is told."""

    @staticmethod
    def forward(ctx: Any, x: Any, error: float) -> Any:
        ctx.error = error
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        right = g * 2
        return right + right * engine.tensor([0.0, ctx.error, 0.0], dtype=g.dtype), None


@pytest.mark.parametrize("fast", [False, True])
def test_right_gradients_pass(fast: bool) -> None:
    def function(x: Any, y: Any, factor: float) -> Any:
        return x.exp()[:, None] * y * factor, (x * x).sum(), y.argmax()

    inputs = (point(0, 3), point(1, 3, 2), 2.0)
    assert gradcheck(function, inputs, fast_mode=fast)
    assert gradgradcheck(function, inputs, fast_mode=fast)
    assert gradgradcheck(function, inputs, fast_mode=fast, gen_non_contig_grad_outputs=True)


@pytest.mark.parametrize("fast", [False, True])
def test_complex_gradients_pass(fast: bool) -> None:
    z = point(0, 3, kind="complex128")
    assert gradcheck(lambda z: (z * z * z.conj(), z.abs()), z, fast_mode=fast)
    assert gradgradcheck(lambda z: z * z * z, z, fast_mode=fast)


@pytest.mark.parametrize("fast", [False, True])
def test_a_wrong_gradient_is_found_and_named(fast: bool) -> None:
    x = point(0, 3)
    with pytest.raises(GradcheckError, match="output 1 with respect to input 0"):
        gradcheck(lambda x: (x, Wrong.apply(x, 0.5)), x, fast_mode=fast)
    assert not gradcheck(lambda x: Wrong.apply(x, 0.5), x, fast_mode=fast, raise_exception=False)
    assert gradcheck(lambda x: Wrong.apply(x, 1e-7), x, fast_mode=fast)


def test_the_largest_difference_is_told() -> None:
    with pytest.raises(
        GradcheckError, match=r"largest difference is 1;.* 1 of 9 entries differ, the first at \[1, 1\]"
    ):
        gradcheck(lambda x: Wrong.apply(x, 0.5), point(0, 3))


def test_a_wrong_second_gradient_is_found() -> None:
    class Half(Function):
        """x², whose gradient has no history in x."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.x = x.detach()
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * ctx.x * g

    assert gradcheck(Half.apply, point(0, 3))
    with pytest.raises(GradcheckError, match="output 0 with respect to input 0"):
        gradgradcheck(Half.apply, point(0, 3))


def test_gradients_that_differ_from_walk_to_walk_are_found() -> None:
    walks = []

    class Nervous(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            walks.append(1)
            return g * (2 + 1e-6 * len(walks))

    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(Nervous.apply, point(0, 2))
    walks.clear()
    assert gradcheck(Nervous.apply, point(0, 2), nondet_tol=1e-3)


def test_inputs_are_looked_at() -> None:
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda x: x, engine.ones(2))
    with pytest.warns(UserWarning, match="Input #0 .* not a double precision"):
        gradcheck(lambda x: x * 2, engine.ones(2, requires_grad=True), eps=1e-2)
    expanded = engine.ones(1, dtype=engine.float64).expand(3).detach().requires_grad_()
    with pytest.raises(RuntimeError, match="stride 0"):
        gradcheck(lambda x: x, expanded)
    with pytest.raises(NotImplementedError, match="check_forward_ad=True"):
        gradcheck(lambda x: x, point(0, 2), check_forward_ad=True)


def test_a_function_without_gradient_has_differences_of_zero() -> None:
    assert gradcheck(
        lambda x: (x * 2, x.detach().round()), engine.tensor([0.2, 0.7], dtype=engine.float64).requires_grad_()
    )
    with pytest.raises(GradcheckError, match="output 0"):
        gradcheck(lambda x: x.detach() * 2, point(0, 2))
