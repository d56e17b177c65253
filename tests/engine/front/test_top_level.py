"""The top level's own forms of layers, losses and methods, beside the rooms that they come from and beside PyTorch."""

import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.nn import functional as F
from engine.testing import assert_close

REDUCTIONS = ("none", "mean", "sum")


def drawn(*shape: int) -> Tensor:
    return engine.from_numpy(np.random.default_rng(sum(shape)).normal(size=shape))


def test_methods_in_place_are_functions() -> None:
    names = [name for name in dir(engine) if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name)]
    assert len(names) > 50
    assert all(callable(getattr(engine, name)) for name in names)
    tensor = engine.tensor([-1.0, 4.0])
    assert engine.relu_(tensor) is tensor
    assert engine.sqrt_(tensor).tolist() == [0, 2]
    assert engine.clamp_(tensor, max=1).tolist() == [0, 1]
    assert engine.celu_(tensor) is engine.selu_(tensor) is engine.threshold_(tensor, 0.5, 3) is tensor


def test_questions() -> None:
    assert engine.is_nonzero(engine.tensor(2))
    assert not engine.is_complex(engine.ones(1))
    assert engine.is_same_size(engine.ones(2, 1), engine.zeros(2, 1))
    assert engine.is_signed(engine.tensor(1, dtype=engine.int8))
    assert not engine.can_cast(engine.float32, engine.int64)
    assert engine.can_cast(engine.int64, engine.uint8)
    assert engine.typename(engine.nn.Linear) == "engine.nn.layers.linear.Linear"
    assert engine.typename(engine.nn.Linear(1, 1)) == engine.typename(engine.nn.Linear)
    assert engine.typename([1]) == "list"
    assert engine.typename(engine.ones(1)) == engine.ones(1).type()


LOSSES: dict[str, tuple[Callable[[], tuple[Any, ...]], dict[str, Any]]] = {
    "binary_cross_entropy_with_logits": (lambda: (drawn(3, 4), drawn(4, 3).t().sigmoid()), {}),
    "cosine_embedding_loss": (lambda: (drawn(3, 4), drawn(4, 3).t(), engine.tensor([1, -1, 1])), {"margin": 0.2}),
    "hinge_embedding_loss": (lambda: (drawn(4), engine.tensor([1, -1, 1, -1])), {"margin": 0.5}),
    "kl_div": (lambda: (drawn(3, 4), drawn(4, 3).t().sigmoid()), {}),
    "margin_ranking_loss": (lambda: (drawn(3), drawn(2, 3)[0], engine.tensor([1, -1, 1])), {"margin": 0.1}),
    "poisson_nll_loss": (lambda: (drawn(5), drawn(5).abs()), {"log_input": True, "full": False, "eps": 1e-8}),
    "triplet_margin_loss": (lambda: (drawn(3, 4), drawn(4, 3).t(), drawn(3, 2, 4)[:, 0]), {"swap": True}),
}


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_reduced_by_number(name: str, number: int) -> None:
    arguments, options = LOSSES[name]
    ours = getattr(engine, name)(*arguments(), reduction=number, **options)
    assert_close(ours, getattr(F, name)(*arguments(), reduction=REDUCTIONS[number], **options))


def test_connectionist_loss_is_reduced_by_number() -> None:
    scores, targets = drawn(6, 2, 4).log_softmax(2), engine.tensor([[1, 2], [3, 1]])
    for number, name in enumerate(REDUCTIONS):
        ours = engine.ctc_loss(scores, targets, [6, 5], [2, 1], reduction=number)
        assert_close(ours, F.ctc_loss(scores, targets, [6, 5], [2, 1], reduction=name))
    with pytest.raises(ValueError, match="3 is not a valid number"):
        engine.ctc_loss(scores, targets, [6, 5], [2, 1], reduction=3)


def test_layers_have_their_own_order_of_arguments() -> None:
    table, input = drawn(5, 3), drawn(4, 3, 5)
    assert_close(engine.embedding(table, engine.tensor([1, 1, 4])), table[[1, 1, 4]])
    weight, bias, mean, var = drawn(3), drawn(1, 3)[0], drawn(2, 3)[0], drawn(3).abs()
    ours = engine.batch_norm(input, weight, bias, mean, var, False, 0.1, 1e-5, True)
    assert_close(ours, F.batch_norm(input, mean, var, weight, bias))
    assert_close(
        engine.instance_norm(input, weight, bias, None, None, True, 0.1, 1e-5, True),
        F.instance_norm(input, weight=weight, bias=bias),
    )
    values, places = engine.adaptive_max_pool1d(input, 2)
    assert_close(values, input.gather(2, places))
    image, grid = drawn(1, 2, 3, 3), drawn(1, 2, 2, 2)
    assert_close(
        engine.grid_sampler(image, grid, 1, 2, False),
        F.grid_sample(image, grid, "nearest", "reflection", align_corners=False),
    )
    assert_close(engine.frobenius_norm(input, (1, 2)), input.square().sum((1, 2)).sqrt())
    assert_close(engine.norm_except_dim(input, 2, 1), input.square().sum((0, 2), keepdim=True).sqrt())
    with pytest.raises(RuntimeError, match="3 dimensions"):
        engine.frobenius_norm(input, (0, 1, 2))


def test_rows_of_a_table_are_shortened() -> None:
    table = engine.ones(3, 4)
    engine.embedding_renorm_(table, engine.tensor([0, 2]), 1.0, 2.0)
    np.testing.assert_allclose(table.norm(dim=1), [1, 2, 1], rtol=1e-6)


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout"])
def test_dropout(name: str) -> None:
    input = engine.ones(40, 50, 2)
    dropped = getattr(engine, name)(input, 0.25, True)
    common = dropped.flatten().mode().values
    assert (dropped == common).float().mean().item() == pytest.approx(0.75, abs=0.05)
    if "feature" in name:
        assert_close(dropped[..., 0], dropped[..., 1])
    assert_close(getattr(engine, name)(input, 0.25, False), input)
    assert getattr(engine, name + "_")(input, 0.25, True) is input
    assert input.min() < 1


def test_range_ends_with_its_end() -> None:
    with pytest.warns(UserWarning, match="deprecated"):
        assert engine.range(0, 3).tolist() == [0.0, 1.0, 2.0, 3.0]
    with pytest.warns(UserWarning, match="deprecated"):
        assert engine.range(1, 0, -0.3, dtype=engine.float64).shape == (4,)
    with pytest.warns(UserWarning, match="deprecated"), pytest.raises(RuntimeError, match="from 0 to 3 by -1"):
        engine.range(0, 3, -1)


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads(Path(__file__).parents[3].joinpath("pyproject.toml").read_text())["project"]
    assert engine.__version__ == engine.version.__version__ == project["version"]


@pytest.mark.parametrize("name", [*LOSSES, "embedding", "batch_norm", "grid_sampler", "conv_tbc"])
def test_names_of_arguments(name: str) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError) as refusal:
        getattr(torch, name)()
    wanted = set(inspect.signature(getattr(engine, name)).parameters)
    given = str(refusal.value)
    assert all(word.strip('",') in wanted for word in given.split(":")[1].split()), given
