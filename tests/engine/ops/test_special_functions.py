"""Functions made of special ops, their bounds and their in-place forms, beside SciPy, NumPy and formulas."""

import math
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special as scipy_special

import engine
from engine import special

POSITIVE = np.array([0.3, 1.0, 2.5, 7.0])


def numbers(values: object, requires_grad: bool = False) -> engine.Tensor:
    return engine.tensor(values, dtype=engine.float64, requires_grad=requires_grad)


@pytest.mark.parametrize("p", [1, 2, 5])
def test_gamma_of_several_dimensions(p: int) -> None:
    values = POSITIVE + p / 2
    expected = [scipy_special.multigammaln(value, p) for value in values]
    np.testing.assert_allclose(engine.mvlgamma(numbers(values), p).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(numbers(values).mvlgamma_(p).numpy(), expected, rtol=1e-12)


def test_orders_and_dimensions_out_of_range_are_refused() -> None:
    with pytest.raises(RuntimeError, match="-1"):
        engine.polygamma(-1, numbers(POSITIVE))
    with pytest.raises(RuntimeError, match="got 0"):
        engine.mvlgamma(numbers(POSITIVE), 0)


@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_incomplete_gamma_has_a_gradient_for_the_bound_alone(name: str) -> None:
    order, bound = numbers(POSITIVE, True), numbers(POSITIVE, True)
    share = getattr(engine, name)(order, bound)
    density = POSITIVE ** (POSITIVE - 1) * np.exp(-POSITIVE) / scipy_special.gamma(POSITIVE)
    (gradient,) = engine.autograd.grad(getattr(engine, name)(order.detach(), bound).sum(), [bound])
    np.testing.assert_allclose(gradient.numpy(), density if name == "igamma" else -density, rtol=1e-12)
    with pytest.raises(NotImplementedError, match="'input'"):
        share.sum().backward()


def test_zeta_of_numbers_and_tensors() -> None:
    bases = numbers([0.5, 1.0, 3.0], True)
    np.testing.assert_allclose(special.zeta(2, numbers(1.0)).item(), math.pi**2 / 6, rtol=1e-12)
    special.zeta(2.5, bases).sum().backward()
    expected = -2.5 * scipy_special.zeta(3.5, bases.detach().numpy())
    np.testing.assert_allclose(bases.grad.numpy(), expected, rtol=1e-12)


@given(st.lists(st.floats(-1e6, 1e6, width=32, allow_subnormal=False), min_size=1, max_size=9))
def test_a_number_is_its_mantissa_and_its_exponent(values: list[float]) -> None:
    mantissa, exponent = engine.frexp(numbers(values))
    assert exponent.dtype is engine.int32
    np.testing.assert_array_equal(engine.ldexp(mantissa, exponent).numpy(), values)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_divisor_and_multiple_make_the_product(first: int, second: int) -> None:
    divisor = engine.gcd(engine.tensor(first), engine.tensor(second))
    multiple = engine.lcm(engine.tensor(first), engine.tensor(second))
    assert divisor.item() == math.gcd(first, second)
    assert multiple.item() == math.lcm(first, second)


def test_powers_are_computed_in_double_precision() -> None:
    whole = engine.tensor([1, 2, 3])
    assert engine.float_power(whole, 0.5).dtype is engine.float64
    np.testing.assert_allclose(engine.float_power(2, whole).numpy(), [2.0, 4.0, 8.0])
    np.testing.assert_allclose(numbers([2.0, 3.0]).float_power_(2).numpy(), [4.0, 9.0])
    with pytest.raises(RuntimeError, match="float32"):
        engine.ones(2).float_power_(2)


def test_degrees_and_radians() -> None:
    turns = numbers([0.0, 90.0, -180.0])
    np.testing.assert_allclose(engine.deg2rad(turns).numpy(), [0.0, math.pi / 2, -math.pi])
    np.testing.assert_allclose(engine.rad2deg(engine.deg2rad(turns)).numpy(), turns.numpy())
    assert engine.deg2rad(engine.tensor([180])).dtype is engine.float32
    with pytest.raises(RuntimeError, match="can't be cast"):
        engine.tensor([180]).deg2rad_()


def test_a_composed_form_writes_in_place_with_its_history() -> None:
    start = numbers([0.5, 2.0], True)
    changed = start * 1.0
    assert changed.ldexp_(engine.tensor([1, 3])) is changed
    changed.sum().backward()
    np.testing.assert_array_equal(changed.detach().numpy(), [1.0, 16.0])
    np.testing.assert_array_equal(start.grad.numpy(), [2.0, 8.0])
    with pytest.raises(RuntimeError, match=r"\[2\].*\[3, 2\]"):
        numbers([0.5, 2.0]).ldexp_(engine.ones(3, 2))


def test_kinks_take_their_gradient_from_one_side() -> None:
    input, other = numbers([1.0, 2.0, math.nan, 1.0], True), numbers([1.0, 1.0, 1.0, math.nan], True)
    engine.fmax(input, other).sum().backward()
    np.testing.assert_array_equal(input.grad.numpy(), [1.0, 1.0, 0.0, 1.0])
    np.testing.assert_array_equal(other.grad.numpy(), [0.0, 0.0, 1.0, 0.0])
    zero = numbers([0.0, -0.0, 2.0], True)
    engine.copysign(zero, -1.0).sum().backward()
    np.testing.assert_array_equal(zero.grad.numpy(), [0.0, 0.0, -1.0])
    edge = numbers([0.05, 0.5, 0.95], True)
    engine.logit(edge, 0.1).sum().backward()
    np.testing.assert_allclose(edge.grad.numpy(), [0.0, 4.0, 0.0])


def test_membership_takes_numbers_on_either_side() -> None:
    assert engine.isin(engine.tensor([1, 2, 3]), 2).tolist() == [False, True, False]
    assert engine.isin(2, engine.tensor([1, 2, 3])).item() is True
    assert engine.isin(engine.tensor([1.0, math.nan]), engine.tensor([math.nan]), invert=True).tolist() == [True, True]


def test_sums_with_a_factor() -> None:
    first, second = engine.tensor([1, 2]), engine.tensor([10, 20])
    assert engine.add(first, second, alpha=2).tolist() == [21, 42]
    assert engine.sub(second, first, alpha=3).tolist() == [7, 14]
    assert engine.rsub(first, second, alpha=3).tolist() == [7, 14]
    assert engine.rsub(first, 5).tolist() == [4, 3]
    with pytest.raises(TypeError, match="int 2"):
        engine.rsub(2, first)


def test_a_number_left_of_a_comparison_turns_it_around() -> None:
    numbers_of_both_signs = engine.tensor([-1.0, 0.0, 1.0])
    assert operator.lt(0, numbers_of_both_signs).tolist() == [False, False, True]
    assert operator.ge(0, numbers_of_both_signs).tolist() == [True, True, False]
    assert operator.eq(0, numbers_of_both_signs).tolist() == [False, True, False]
    with pytest.raises(TypeError, match="int 0"):
        engine.lt(0, numbers_of_both_signs)


def test_what_needs_a_tensor_names_what_it_got() -> None:
    with pytest.raises(TypeError, match="got 2, 3"):
        engine.xlogy(2, 3)
    with pytest.raises(RuntimeError, match=r"int64.*float32"):
        engine.heaviside(engine.tensor([1]), engine.tensor([1.0]))
    with pytest.raises(RuntimeError, match="bool"):
        engine.positive(engine.tensor([True]))


def test_polynomials_of_many_degrees_at_once() -> None:
    points, degrees = np.linspace(-1, 1, 7)[:, None], np.arange(30)
    values = special.chebyshev_polynomial_t(numbers(points), engine.tensor(degrees))
    np.testing.assert_allclose(values.numpy(), np.cos(degrees * np.arccos(points)), atol=1e-12)
