"""Update rules in one pass: equal to the reference, wherever the work is cut and however many threads share it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.autograd.modes import kernel_mode
from engine.backend.dtype import bfloat16, float16, float64
from engine.creation import tensor
from engine.kernels.cpu import optimizers, optimizers_with_moments, optimizers_with_squares
from engine.kernels.cpu.chunks import CHUNK
from engine.kernels.cpu.optimizers_around import running_average, squared_norm
from engine.kernels.cpu.optimizers_passes import LEAST_TO_UPDATE, SERIAL_UPDATE
from engine.kernels.kernel import Kernel
from engine.optim import SGD, Adagrad, Adam, AdamW, Lion, NAdam, RAdam, RMSprop
from engine.optim.flat_optimizer import FlatOptimizer

Make = Callable[[Any], FlatOptimizer]

MAKERS: dict[str, Make] = {
    "sgd": lambda members: SGD(members, lr=0.1),
    "decayed": lambda members: SGD(members, lr=0.1, weight_decay=0.1, maximize=True),
    "momentum": lambda members: SGD(members, lr=0.1, momentum=0.9),
    "nesterov": lambda members: SGD(members, lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    "dampened": lambda members: SGD(members, lr=0.1, momentum=0.9, dampening=0.5, maximize=True),
    "adam": lambda members: Adam(members, lr=0.1),
    "adam_decayed": lambda members: Adam(members, lr=0.1, weight_decay=0.1, maximize=True),
    "adamw": lambda members: AdamW(members, lr=0.1, betas=(0.5, 0.8), weight_decay=0.1),
    "amsgrad": lambda members: Adam(members, lr=0.1, amsgrad=True, weight_decay=0.1),
    "amsgradw": lambda members: AdamW(members, lr=0.1, amsgrad=True, maximize=True),
    "nadam": lambda members: NAdam(members, lr=0.1, weight_decay=0.1),
    "nadamw": lambda members: NAdam(members, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True),
    "radam": lambda members: RAdam(members, lr=0.1, betas=(0.5, 0.8), weight_decay=0.1),
    "radamw": lambda members: RAdam(members, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True),
    "rmsprop": lambda members: RMSprop(members, lr=0.1, weight_decay=0.1),
    "rmsprop_momentum": lambda members: RMSprop(members, lr=0.1, momentum=0.9, maximize=True),
    "adagrad": lambda members: Adagrad(members, lr=0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.1),
    "lion": lambda members: Lion(members, lr=0.1, weight_decay=0.1),
}
each_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)

COEFFICIENTS: dict[str, tuple[Kernel, int, tuple[float, ...]]] = {
    "descent": (optimizers.descent, 0, (1.3, 0.01, 0.9, 0.1)),
    "momentum": (optimizers.descent_with_momentum, 1, (1.3, 0.01, 0.9, 0.1, 0.9, 0.7, 1.0, 0.9)),
    "lion": (optimizers.lion, 1, (1.3, 0.0, 0.9, 0.1, 0.9, 0.1, 0.99, 0.01)),
    "moments": (
        optimizers_with_moments.moments,
        2,
        (1.3, 0.01, 0.9, 0.1, 0.9, 0.1, 0.999, 0.001, 0.1, 1.2, 1.5, 1e-8),
    ),
    "largest": (
        optimizers_with_moments.moments_with_largest,
        3,
        (1.3, 0.01, 0.9, 0.1, 0.9, 0.1, 0.999, 0.001, 0.0, 1.0, 1.5, 1e-8),
    ),
    "squares": (optimizers_with_squares.squares, 1, (1.3, 0.01, 0.9, 0.1, 0.9, 0.1, 1e-8)),
    "squares_momentum": (optimizers_with_squares.squares_with_momentum, 2, (1.3, 0.0, 1.0, 0.1, 0.9, 0.1, 1e-8, 0.9)),
}
each_kernel = pytest.mark.parametrize("rule", COEFFICIENTS)


@contextmanager
def threads(count: int) -> Iterator[None]:
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def parameters(sizes: Sequence[Any]) -> list[Any]:
    random = np.random.default_rng(0)
    return [tensor(random.normal(size=size).astype("f"), requires_grad=True) for size in sizes]


def train(make: Make, mode: str, sizes: Sequence[Any], spoil: Callable[[np.ndarray], None] | None = None) -> Any:
    """Parameters and their states after five steps, in one of which a parameter has no gradient."""
    members = parameters(sizes)
    optimizer = make(members)
    with kernel_mode(mode):
        for step in range(5):
            random = np.random.default_rng(step)
            for number, member in enumerate(members):
                gradient = random.normal(size=member.shape).astype("f")
                if spoil is not None and step == 2:
                    spoil(gradient)
                member.grad = None if (step, number) == (3, 1) else tensor(gradient)
            optimizer.step()
            assert all(part.kernel is not None for part in optimizer.prepare().parts)
    return [member.array for member in members], [
        {name: each.array for name, each in optimizer.state[member].items()} for member in members
    ]


def assert_equal_training(make: Make, sizes: Sequence[Any], spoil: Callable[[np.ndarray], None] | None = None) -> None:
    (fast, fast_states), (slow, slow_states) = (train(make, mode, sizes, spoil) for mode in ("fast", "reference"))
    for mine, right in zip(fast, slow, strict=True):
        np.testing.assert_allclose(mine, right, rtol=2e-5, atol=2e-5)
    for mine, right in zip(fast_states, slow_states, strict=True):
        assert list(mine) == list(right)
        for name in mine:
            np.testing.assert_allclose(mine[name], right[name], rtol=2e-5, atol=2e-5, err_msg=name)


@each_maker
@pytest.mark.parametrize(
    "sizes",
    [((LEAST_TO_UPDATE - 1,), (1,), (0,)), ((3,), (5, 7, 11), (SERIAL_UPDATE + CHUNK + 17,))],
    ids=["one thread", "all threads"],
)
def test_a_pass_is_the_reference(make: Make, sizes: Any) -> None:
    assert_equal_training(make, sizes)


@each_maker
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, 1e-30, 0.0])
def test_what_is_not_finite_stays_where_it_is(make: Make, value: float) -> None:
    def spoil(gradient: np.ndarray) -> None:
        gradient.reshape(-1)[::3] = value

    assert_equal_training(make, ((LEAST_TO_UPDATE,), (13,)), spoil)


@each_maker
def test_small_groups_leave_the_compiler_alone(make: Make) -> None:
    members = parameters([(LEAST_TO_UPDATE - 1,)])
    optimizer = make(members)
    members[0].grad = tensor(np.ones(LEAST_TO_UPDATE - 1, "f"))
    assert [part.kernel for part in optimizer.prepare().parts] == [None]


@pytest.mark.parametrize("dtype", [float64, float16, bfloat16], ids=str)
def test_other_types_keep_to_the_reference(dtype: Any) -> None:
    member = tensor(np.ones(LEAST_TO_UPDATE)).to(dtype).requires_grad_()
    member.grad = member.detach().clone()
    optimizer = Adam([member], lr=0.25)
    optimizer.step()
    assert [part.kernel for part in optimizer.prepare().parts] == [None]
    np.testing.assert_allclose(member.array.astype("d"), 0.75, rtol=1e-2)


def test_the_size_of_the_group_decides_not_where_its_parameters_live() -> None:
    members = parameters([(LEAST_TO_UPDATE,), (3,), (4,)])
    alias = members[1].detach()
    optimizer = Adam(members)
    for member in members:
        member.grad = tensor(np.ones(member.shape, "f"))
    parts = optimizer.prepare().parts
    assert len(parts) == 2
    assert all(part.kernel is not None for part in parts)
    optimizer.step()
    assert np.array_equal(alias.array, members[1].array)


@each_maker
def test_a_scale_is_as_if_the_gradients_were_scaled(make: Make) -> None:
    for mode in ("fast", "reference"):
        results = []
        for scale in (None, 0.25):
            members = parameters([(LEAST_TO_UPDATE,), (13,)])
            optimizer = make(members)
            for member in members:
                member.grad = tensor(np.sin(np.arange(member.array.size)).astype("f") * (1 if scale else 0.25))
            with kernel_mode(mode):
                prepared = optimizer.prepare()
                prepared.collect()
                prepared.run(scale)
            results.append([member.array for member in members])
        for one, other in zip(*results, strict=True):
            assert np.array_equal(one, other)


def arrays_of(rule: str, size: int) -> list[np.ndarray]:
    random = np.random.default_rng(size)
    states = COEFFICIENTS[rule][1]
    return [random.normal(size=size).astype("f") for _ in range(2)] + [
        random.random(size).astype("f") for _ in range(states)
    ]


def follow(rule: str, arrays: Sequence[np.ndarray]) -> None:
    kernel, _, coefficients = COEFFICIENTS[rule]
    kernel.function((arrays[0], *arrays[2:]), (arrays[1],), coefficients, None)


@given(st.sampled_from(list(COEFFICIENTS)), st.lists(st.integers(0, 700), max_size=9))
def test_each_element_is_the_same_wherever_it_lies(rule: str, cuts: list[int]) -> None:
    whole = arrays_of(rule, 700)
    apart = [each.copy() for each in whole]
    follow(rule, whole)
    edges = [0, *sorted(cuts), 700]
    for start, stop in pairwise(edges):
        follow(rule, [each[start:stop] for each in apart])
    for one, other in zip(whole, apart, strict=True):
        assert np.array_equal(one, other)


@each_kernel
def test_one_thread_and_two_give_the_same_bits(rule: str) -> None:
    results = []
    for count in (1, 2):
        arrays = arrays_of(rule, SERIAL_UPDATE + 3 * CHUNK + 5)
        with threads(count):
            follow(rule, arrays)
        results.append(arrays)
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)


@each_kernel
def test_nothing_besides_is_written(rule: str) -> None:
    arrays = arrays_of(rule, 300)
    before = [each.copy() for each in arrays]
    follow(rule, [each[7:263] for each in arrays])
    for number, (array, old) in enumerate(zip(arrays, before, strict=True)):
        assert np.array_equal(array[:7], old[:7])
        assert np.array_equal(array[263:], old[263:])
        assert (number == 1) == np.array_equal(array, old)


def norm_of(x: np.ndarray) -> float:
    total = np.full(1, np.nan)
    squared_norm.function((total,), (x,), (), np.full(squared_norm.scratch((x,), ()), 0xFF, np.uint8))
    return float(total[0])


@pytest.mark.parametrize("size", [0, 1, 17, CHUNK, CHUNK + 1, SERIAL_UPDATE - 1, SERIAL_UPDATE + 5 * CHUNK + 3])
def test_a_squared_norm_is_summed_in_float64(size: int) -> None:
    x = np.random.default_rng(size).normal(size=size).astype("f")
    results = []
    for count in (1, 2):
        with threads(count):
            results.append(norm_of(x))
    assert results[0] == results[1]
    assert results[0] == pytest.approx(float((x.astype(np.longdouble) ** 2).sum()), rel=1e-13)


def test_a_squared_norm_shows_what_is_not_finite() -> None:
    x = np.ones(SERIAL_UPDATE + 1, "f")
    x[-1] = np.inf
    assert norm_of(x) == np.inf
    x[5] = np.nan
    assert np.isnan(norm_of(x))


@pytest.mark.parametrize("share", [0.0, 1e-3, 0.25, 0.5, 0.999, 1.0])
@pytest.mark.parametrize("size", [1, 1003, SERIAL_UPDATE + CHUNK + 3])
def test_a_running_average_moves_by_a_share(share: float, size: int) -> None:
    random = np.random.default_rng(size)
    average, value = random.normal(size=size).astype("f"), random.normal(size=size).astype("f")
    expected = average.astype("d") + share * (value.astype("d") - average)
    results = []
    for count in (1, 2):
        moved = average.copy()
        with threads(count):
            running_average.function((moved,), (value,), (share,), None)
        results.append(moved)
    assert np.array_equal(results[0], results[1])
    np.testing.assert_allclose(results[0], expected, rtol=1e-6, atol=5e-7)
    if share in (0.0, 1.0):
        assert np.array_equal(results[0], value if share else average)
