"""A recorded function gives what the function gives, or says why it is not recorded."""

import warnings
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor, tensor
from engine.capture.compiled import KINDS, REMEMBERED


def leaf(shape: tuple[int, ...], seed: int) -> Tensor:
    return tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True)


def data(shape: tuple[int, ...], seed: int) -> Tensor:
    return tensor(np.random.default_rng(seed).normal(size=shape))


class Regression:
    """A function of two parameters with a loss and a backward."""

    def __init__(self) -> None:
        self.weight = leaf((4, 3), 0)
        self.bias = leaf((3,), 1)

    def __call__(self, inputs: Tensor, targets: Tensor) -> Tensor:
        error = (inputs @ self.weight + self.bias).tanh() - targets
        loss = (error * error).mean()
        loss.backward()
        return loss.detach()

    def gradients(self) -> list[Any]:
        found = [each.grad.numpy().copy() for each in (self.weight, self.bias)]
        self.weight.grad = self.bias.grad = None
        return found


def test_loss_and_gradients_are_those_of_the_function() -> None:
    eager, recorded = Regression(), Regression()
    step = engine.compile(recorded)
    for seed in range(4):
        inputs, targets = data((5, 4), seed), data((5, 3), seed + 10)
        np.testing.assert_array_equal(step(inputs, targets).numpy(), eager(inputs, targets).numpy())
        for ours, right in zip(recorded.gradients(), eager.gradients(), strict=True):
            np.testing.assert_array_equal(ours, right)
    assert step.replays == 3


def test_gradients_add_up_over_replays() -> None:
    eager, recorded = Regression(), Regression()
    step = engine.compile(recorded)
    for seed in range(4):
        inputs, targets = data((5, 4), seed), data((5, 3), seed + 10)
        step(inputs, targets), eager(inputs, targets)
    assert step.replays == 2, "one recording without gradients, one onto gradients"
    for ours, right in zip(recorded.gradients(), eager.gradients(), strict=True):
        np.testing.assert_array_equal(ours, right)


def test_parameters_are_read_as_they_are_at_each_call() -> None:
    model = Regression()
    step = engine.compile(model)
    inputs, targets = data((5, 4), 0), data((5, 3), 1)
    first = step(inputs, targets)
    model.gradients()
    with engine.no_grad():
        model.weight.add_(1.0)
    second = step(inputs, targets)
    assert step.replays == 1
    model.gradients()
    np.testing.assert_array_equal(second.numpy(), model(inputs, targets).numpy())
    assert float(first) != float(second)


def test_other_shapes_and_numbers_get_recordings_of_their_own() -> None:
    @engine.compile
    def scaled(x: Tensor, by: float) -> Tensor:
        return x * by

    for shape in ((2,), (3,), (2,)):
        for by in (2.0, 3.0):
            np.testing.assert_array_equal(scaled(engine.ones(shape), by).numpy(), np.full(shape, by, "float32"))
    assert scaled.replays == 2


def test_many_shapes_keep_few_recordings_and_each_result_is_its_own() -> None:
    plain, replayed = Regression(), Regression()
    run = engine.compile(replayed)
    lengths = np.random.default_rng(2).integers(1, 60, 300)
    for seed, length in enumerate(map(int, lengths)):
        inputs, targets = data((length, 4), seed), data((length, 3), seed + 1)
        assert run(inputs, targets).item() == plain(inputs, targets).item()
        np.testing.assert_equal(replayed.gradients(), plain.gradients())
        assert len(run.kinds) <= KINDS
        assert len(run.remembered) <= REMEMBERED
    assert run.replays + run.recorded + run.crowded == len(lengths)
    assert run.reason is None


def test_a_shape_that_comes_back_makes_the_one_that_was_not_used_for_longest_go() -> None:
    double = engine.compile(lambda x: x * 2)
    for length in range(1, KINDS + 1):
        double(engine.ones(length))
    double(engine.ones(1))
    assert (double.recorded, double.replays, double.crowded) == (KINDS, 1, 0)
    for _ in range(3):
        double(engine.ones(99))
    assert (double.recorded, double.replays, double.crowded) == (KINDS + 1, 2, 1)
    double(engine.ones(1))
    assert (double.replays, double.crowded) == (3, 1)
    double(engine.ones(2))
    assert (double.replays, double.crowded) == (3, 2)


def test_a_shape_that_comes_once_in_a_while_is_not_recorded_over_and_over() -> None:
    double = engine.compile(lambda x: x * 2)
    for _ in range(3):
        for length in range(1, KINDS + REMEMBERED + 10):
            np.testing.assert_array_equal(double(engine.ones(length)).numpy(), np.full(length, 2, "float32"))
    assert double.recorded == KINDS
    assert double.replays == 2 * KINDS


def test_results_are_the_callers_own() -> None:
    double = engine.compile(lambda x: x * 2)
    results = [double(engine.ones(2) * value) for value in range(4)]
    assert [each.tolist() for each in results] == [[0.0, 0.0], [2.0, 2.0], [4.0, 4.0], [6.0, 6.0]]


def test_writes_into_buffers_are_replayed() -> None:
    total = engine.zeros(2)

    @engine.compile
    def add(x: Tensor) -> Tensor:
        total.add_(x)
        return total * 1

    assert [add(engine.ones(2)).tolist() for _ in range(4)] == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]
    assert add.replays == 3


def test_a_write_into_a_view_reaches_its_base() -> None:
    @engine.compile
    def mark(x: Tensor) -> Tensor:
        y = x * 1
        y[0].add_(5)
        return y

    for value in (1.0, 2.0, 3.0):
        assert mark(engine.ones(2, 2) * value).tolist() == [[value + 5] * 2, [value] * 2]
    assert mark.replays == 2


def test_dropout_draws_afresh_and_as_it_would_without_recording() -> None:
    def step(x: Tensor) -> Tensor:
        return engine.nn.functional.dropout(x, 0.5)

    recorded = engine.compile(step)
    x = engine.ones(64)
    engine.manual_seed(3)
    ours = [recorded(x).tolist() for _ in range(4)]
    engine.manual_seed(3)
    assert ours == [step(x).tolist() for _ in range(4)]
    assert recorded.replays == 3
    assert ours[1] != ours[2]


@pytest.mark.parametrize(
    "read", [lambda x: x.sum().item(), lambda x: bool(x.sum() > 0), lambda x: x.numpy(), lambda x: float(x[0])]
)
def test_reading_a_value_stays_eager_with_one_warning(read: Any) -> None:
    @engine.compile
    def branch(x: Tensor) -> Tensor:
        read(x)
        return x * 2 if float(x[0]) > 0 else x * 3

    with pytest.warns(RuntimeWarning, match=r"branch runs without its recording: .*test_compile\.py:\d+"):
        assert branch(engine.ones(2)).tolist() == [2.0, 2.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert branch(-engine.ones(2)).tolist() == [-3.0, -3.0]


def test_a_result_that_wants_a_backward_of_its_own_stays_eager() -> None:
    weight = leaf((2,), 0)
    with pytest.warns(RuntimeWarning, match="requires grad"):
        result = engine.compile(lambda x: x * weight)(engine.ones(2, dtype=engine.float64))
    result.sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [1.0, 1.0])


def test_what_the_function_names_around_it_is_guarded() -> None:
    def make() -> tuple[Any, Any]:
        factor = 2.0

        @engine.compile
        def scaled(x: Tensor) -> Tensor:
            return x * factor

        def change(value: float) -> None:
            nonlocal factor
            factor = value

        return scaled, change

    scaled, change = make()
    assert scaled(engine.ones(1)).tolist() == [2.0]
    change(5.0)
    assert scaled(engine.ones(1)).tolist() == [5.0]
    change(2.0)
    assert scaled(engine.ones(1)).tolist() == [2.0]
    assert scaled.replays == 1


def test_train_and_eval_are_two_recordings() -> None:
    layer = engine.nn.Dropout(0.5)
    run = engine.compile(lambda x: layer(x))
    x = engine.ones(64)
    run(x)
    layer.eval()
    assert run(x).tolist() == x.tolist()
    layer.train()
    assert run(x).tolist() != x.tolist()


def test_a_flag_that_is_turned_off_is_seen() -> None:
    model = Regression()
    step = engine.compile(model)
    inputs, targets = data((5, 4), 0), data((5, 3), 1)
    step(inputs, targets)
    model.gradients()
    model.bias.requires_grad_(False)
    step(inputs, targets)
    assert model.bias.grad is None
    assert model.weight.grad is not None


def test_verify_finds_a_function_that_changes_its_mind() -> None:
    answers = iter([1.0, 1.0, 2.0])
    fickle = engine.compile(lambda x: x * next(answers), verify=True)
    fickle(engine.ones(1)), fickle(engine.ones(1))
    with pytest.raises(RuntimeError, match=r"differs at op 0: it was .*1\.0.* and is .*2\.0"):
        fickle(engine.ones(1))


def test_a_program_prints_its_ops() -> None:
    run = engine.compile(lambda x: (x * 2).exp())
    run(engine.ones(2))
    (kind,) = run.kinds.values()
    assert str(kind.recordings[0].program) == "%1 = mul(%0, 2)\n%2 = exp(%1)"


def test_running_statistics_move_as_they_do_without_recording() -> None:
    def after_four(run: Any, layer: Any) -> list[list[float]]:
        for seed in range(4):
            run(data((5, 3), seed))
        return [layer.running_mean.tolist(), layer.running_var.tolist()]

    one, other = (engine.nn.BatchNorm1d(3, dtype=engine.float64) for _ in range(2))
    recorded = engine.compile(lambda x: one(x).detach())
    assert after_four(recorded, one) == after_four(other, other)
    assert recorded.replays == 3


def test_gradients_are_of_the_leaf_though_another_tensor_over_its_memory_comes_first() -> None:
    weight = engine.tensor([1.0, 2.0], requires_grad=True)
    seen = weight.detach()

    def step() -> None:
        (weight * (seen + 1)).sum().backward()

    compiled = engine.compile(step)
    for call in range(1, 4):
        compiled()
        np.testing.assert_array_equal(weight.grad.numpy(), call * np.array([2.0, 3.0]))
    assert seen.grad is None


def test_two_leaves_over_one_memory_have_gradients_of_their_own() -> None:
    weight = engine.tensor([1.0, 2.0], requires_grad=True)
    twin = weight.detach().requires_grad_()

    def step() -> None:
        (weight * 2 + twin * 3).sum().backward()

    compiled = engine.compile(step)
    for call in range(1, 4):
        compiled()
        np.testing.assert_array_equal(weight.grad.numpy(), [2.0 * call] * 2)
        np.testing.assert_array_equal(twin.grad.numpy(), [3.0 * call] * 2)


def test_gradients_dropped_first_are_recorded_once_a_state() -> None:
    weight = engine.tensor([1.0, 2.0], requires_grad=True)
    optimizer = engine.optim.SGD([weight], lr=0.1)

    def by_hand() -> None:
        weight.grad = None
        (weight * weight).sum().backward()

    def by_the_optimizer() -> None:
        optimizer.zero_grad()
        (weight * weight).sum().backward()

    for step in (by_hand, by_the_optimizer):
        weight.grad = None
        compiled = engine.compile(step)
        for _ in range(5):
            compiled()
            np.testing.assert_array_equal(weight.grad.numpy(), [2.0, 4.0])
        assert compiled.replays == 3


def test_a_gradient_that_is_read_is_the_one_of_the_call() -> None:
    weight = engine.tensor([1.0, 2.0], requires_grad=True)
    compiled = engine.compile(lambda: weight.grad * 2)
    for value in (1.0, 2.0, 3.0):
        weight.grad = engine.tensor([value, value])
        np.testing.assert_array_equal(compiled().numpy(), [2 * value] * 2)


@pytest.mark.parametrize("needed", [True, False])
def test_a_flag_that_is_set_runs_eagerly(needed: bool) -> None:
    def flip(x: Any) -> Any:
        x.requires_grad_(needed)
        return x.detach() * 2

    compiled = engine.compile(flip)
    with pytest.warns(RuntimeWarning, match="changes the history of a tensor from outside"):
        compiled(engine.tensor([1.0], requires_grad=not needed))
    again = engine.tensor([1.0], requires_grad=not needed)
    compiled(again)
    assert again.requires_grad == needed


def test_a_gradient_with_a_history_runs_eagerly() -> None:
    weight = engine.tensor([2.0], requires_grad=True)
    compiled = engine.compile(lambda: (weight**3).sum().backward(create_graph=True))
    with pytest.warns(RuntimeWarning, match="a gradient that requires grad itself"):
        compiled()
    assert engine.autograd.grad(weight.grad.sum(), weight)[0].item() == 12.0


def test_what_an_op_saved_for_backward_is_of_the_replay() -> None:
    weight = engine.tensor(np.ones(200), requires_grad=True)
    norm = engine.nn.BatchNorm1d(4).double()

    def drop(x: Any) -> Any:
        y = engine.nn.functional.dropout(weight * x, 0.5)
        y.sum().backward()
        return y.detach()

    def normalise(x: Any) -> Any:
        return engine.autograd.grad((norm(x) ** 3).sum(), x)[0]

    compiled = engine.compile(drop)
    for _ in range(3):
        weight.grad = None
        kept = compiled(engine.tensor(np.ones(200))).numpy()
        np.testing.assert_array_equal(weight.grad.numpy(), kept)
    assert compiled.replays == 2
    compiled = engine.compile(normalise)
    for seed in range(3):
        values = np.random.default_rng(seed).normal(size=(6, 4))
        right = normalise(engine.tensor(values, requires_grad=True))
        np.testing.assert_array_equal(compiled(engine.tensor(values, requires_grad=True)).numpy(), right.numpy())
    assert compiled.replays == 2


def test_a_history_written_into_a_tensor_from_outside_runs_eagerly() -> None:
    weight, held = engine.tensor([2.0], requires_grad=True), engine.tensor([1.0])
    compiled = engine.compile(lambda: held.mul_(weight).detach())
    with pytest.warns(RuntimeWarning, match="changes the history of a tensor from outside"):
        compiled()
    compiled()
    held.sum().backward()
    assert held.item() == weight.grad.item() == 4.0


def test_tensors_without_values_run_as_they_are() -> None:
    recorded = engine.compile(lambda x: x * 2)
    with pytest.warns(RuntimeWarning, match="meta"):
        assert recorded(engine.empty(2, 3, device="meta")).shape == (2, 3)
