"""Exponentials, logarithms and their kin of one float32 number, written so that a loop around them is vectorised."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.jit import inlined, intrinsic

HALF, ONE, TWO = np.float32(0.5), np.float32(1), np.float32(2)
_ZERO, _QUARTER, _FOUR = np.float32(0), np.float32(0.25), np.float32(4)
_INFINITY, _NAN = np.float32(np.inf), np.float32(np.nan)
_LOWEST_NORMAL = np.finfo(np.float32).tiny
# What makes the smallest numbers normal.
_RAISE, _LOG_OF_RAISE = np.float32(2.0**23), np.float32(23 * np.log(2))
_UNIT_OF_EXPONENT = np.float32(2.0**-23)

# A float32 near 1.5 * 2^23 ends at the units: adding this rounds to a whole number and leaves it in the low bits.
_ROUNDING = np.float32(1.5 * 2**23)
_BINARY_LOGARITHM_OF_E = np.float32(1 / np.log(2))
# Two parts of log 2, of which the first leaves no rounding error when multiplied by an exponent.
_LOG_2_HIGH = np.float32(0.693145751953125)
_LOG_2_LOW = np.float32(np.log(2) - 0.693145751953125)

# Above the first, exp is infinite; below the second, two to the power of the exponent is too small to be normal.
_EXP_HIGHEST, _EXP_LOWEST = np.float32(89), np.float32(-126 * np.log(2))
_TANH_HIGHEST, _ERF_HIGHEST = np.float32(10), np.float32(3.93)

# Best approximations in the sense of Chebyshev, lowest power first: (exp(r) - 1 - r) / r² for |r| <= log(2) / 2;
_E0, _E1, _E2, _E3, _E4 = (
    np.float32(each)
    for each in (
        0.4999999701976776,
        0.1666654348373413,
        0.04166720062494278,
        0.008366547524929047,
        0.001388251665048301,
    )
)
# (log(1 + m) - m + m²/2) / m³ for m from -1/4 to 1/2;
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = (
    np.float32(each)
    for each in (
        0.3333345055580139, -0.2500009834766388, 0.19990846514701843, -0.1664724498987198,
        0.1447850465774536, -0.13162074983119965, 0.10464324057102203, -0.045079853385686874,
    )
)  # fmt: skip
# erf(x) / x as a quotient of polynomials of x², for |x| <= _ERF_HIGHEST.
_P0, _P1, _P2, _P3, _P4, _P5 = (
    np.float32(each)
    for each in (
        1.1283791065216064, 0.19078285992145538, 0.05279015004634857,
        0.003779566613957286, 0.00028480752371251583, 2.041976131295087e-06,
    )
)  # fmt: skip
_Q1, _Q2, _Q3, _Q4, _Q5 = (
    np.float32(each)
    for each in (
        0.5024096369743347, 0.11425711214542389, 0.014997350983321667, 0.0011652021203190088, 3.8004076486686245e-05,
    )
)  # fmt: skip


@intrinsic
def fused(typing_context: Any, x: Any, y: Any, z: Any) -> Any:
    """`x * y + z` rounded once, in this order whatever the compiler may reorder elsewhere."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = ir.FloatType()
        kind = ir.FunctionType(number, [number] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fma", [number], kind), args)

    return types.float32(types.float32, types.float32, types.float32), codegen


@intrinsic
def _half_power_of_two(typing_context: Any, shifted: Any) -> Any:
    """2^(n - 1) for n + _ROUNDING, n from -126, for which it is 0, to 128."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        biased = builder.add(builder.bitcast(args[0], word), word(126))
        return builder.bitcast(builder.shl(biased, word(23)), ir.FloatType())

    return types.float32(types.float32), codegen


@intrinsic
def _exponent_bits(typing_context: Any, x: Any) -> Any:
    """2^23 k as an int32, for the k by which x / 2^k lies between 3/4 and 3/2."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        three_quarters, sign_and_exponent = word(0x3F400000), word(0xFF800000)
        return builder.and_(builder.sub(builder.bitcast(args[0], word), three_quarters), sign_and_exponent)

    return types.int32(types.float32), codegen


@intrinsic
def _scaled_down(typing_context: Any, x: Any, bits: Any) -> Any:
    """The quotient x / 2^k for 2^23 k, where both numbers are normal."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        return builder.bitcast(builder.sub(builder.bitcast(args[0], word), args[1]), ir.FloatType())

    return types.float32(types.float32, types.int32), codegen


@intrinsic
def divided(typing_context: Any, x: Any, y: Any) -> Any:
    """`x / y` rounded correctly; what fast mathematics makes of a division gives NaN for 1 / infinity."""
    # Late, for start-up: this runs while Numba compiles.
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fdiv(args[0], args[1], flags=("contract",))

    return types.float32(types.float32, types.float32), codegen


@inlined
def bounded(x: Any, low: Any, high: Any) -> Any:
    """min(max(x, low), high), NaN for NaN."""
    x = low if x < low else x
    return high if x > high else x


@inlined
def _powers(x: Any) -> Any:
    """2^n / 2 and exp(r) - 1 for x = n log 2 + r, |r| <= log(2) / 2."""
    shifted = fused(x, _BINARY_LOGARITHM_OF_E, _ROUNDING)
    n = shifted - _ROUNDING
    r = fused(n, -_LOG_2_LOW, fused(n, -_LOG_2_HIGH, x))
    bend = fused(fused(fused(fused(_E4, r, _E3), r, _E2), r, _E1), r, _E0)
    return _half_power_of_two(shifted), fused(bend * r, r, r)


@inlined
def exp(x: Any) -> Any:
    """e^x within 2e-7 of itself; 0 where it is below 1.7e-38."""
    half, more = _powers(bounded(x, _EXP_LOWEST, _EXP_HIGHEST))
    half_power = fused(half, more, half)
    return half_power + half_power


@inlined
def expm1(x: Any) -> Any:
    """e^x - 1 within 3e-7 of itself."""
    half, more = _powers(bounded(x, _EXP_LOWEST, _EXP_HIGHEST))
    half_difference = fused(half, more, half - HALF)
    return half_difference + half_difference


@inlined
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x) within 3e-7 of itself; 0 where it is below 1.2e-38."""
    return divided(ONE, ONE + exp(-x))


@inlined
def tanh(x: Any) -> Any:
    """The hyperbolic tangent within 5e-7 of itself."""
    half, more = _powers(TWO * bounded(x, -_TANH_HIGHEST, _TANH_HIGHEST))
    half_difference = fused(half, more, half - HALF)
    return divided(half_difference, half_difference + ONE)


@inlined
def _log_near(m: Any, bits: Any) -> Any:
    """log((1 + m) 2^k) for m from -1/4 to 1/2 and 2^23 k."""
    k = np.float32(bits) * _UNIT_OF_EXPONENT
    high = fused(fused(fused(_L7, m, _L6), m, _L5), m, _L4)
    bend = fused(fused(fused(fused(high, m, _L3), m, _L2), m, _L1), m, _L0)
    # In this order no power of a small m is denormal, which would be slow.
    near_one = fused(m * fused(bend, m, -HALF), m, m)
    return fused(k, _LOG_2_HIGH, fused(k, _LOG_2_LOW, near_one))


@inlined
def log(x: Any) -> Any:
    """The natural logarithm within 2e-7 of itself."""
    tiny = x < _LOWEST_NORMAL
    normal = x * _RAISE if tiny else x
    bits = _exponent_bits(normal)
    y = _log_near(_scaled_down(normal, bits) - ONE, bits)
    y = y - _LOG_OF_RAISE if tiny else y
    y = y if x < _INFINITY else x
    y = -_INFINITY if x == _ZERO else y
    return _NAN if x < _ZERO else y


@inlined
def _log1p_of_positive(x: Any) -> Any:
    bits = _exponent_bits(ONE + x)
    return _log_near(_scaled_down(x, bits) + fused(_QUARTER, _scaled_down(_FOUR, bits), -ONE), bits)


@inlined
def log1p(x: Any) -> Any:
    """log(1 + x) within 3e-7 of itself."""
    y = _log1p_of_positive(x)
    y = y if x < _INFINITY else x
    y = -_INFINITY if x == -ONE else y
    return _NAN if x < -ONE else y


@inlined
def log1p_of_exp(x: Any) -> Any:
    """log(1 + e^x) within 3e-7 of itself; 0 where it is below 1.7e-38."""
    above = _ZERO if x < _ZERO else x
    return above + _log1p_of_positive(exp(-abs(x)))


@inlined
def erf(x: Any) -> Any:
    """2 / sqrt(π) times the integral of exp(-t²) from 0 to x, within 4e-7 of itself."""
    x = bounded(x, -_ERF_HIGHEST, _ERF_HIGHEST)
    z = x * x
    above = fused(fused(fused(fused(fused(_P5, z, _P4), z, _P3), z, _P2), z, _P1), z, _P0)
    below = fused(fused(fused(fused(fused(_Q5, z, _Q4), z, _Q3), z, _Q2), z, _Q1), z, ONE)
    return bounded(divided(x * above, below), -ONE, ONE)
