"""Tensors of the meta device: shapes and types through whole steps, errors for values, and never an array."""

import copy
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.nn import losses

BATCH, FEATURES, CLASSES = 4, 6, 3
LARGE = 10**6


def meta(*shape: int, **options: Any) -> Any:
    return engine.empty(*shape, device="meta", **options)


def perceptron() -> Any:
    return nn.Sequential(nn.Flatten(), nn.Linear(FEATURES, 5), nn.ReLU(), nn.Dropout(0.2), nn.Linear(5, CLASSES))


Call = Callable[[Any, Any], tuple[Any, ...]]


def like(outputs: Any, ones: Any) -> tuple[Any, ...]:
    return (outputs, ones(BATCH, CLASSES))


def of_classes(outputs: Any, ones: Any) -> tuple[Any, ...]:
    return (outputs, ones(BATCH, dtype=engine.int64))


def pairs(outputs: Any, ones: Any) -> tuple[Any, ...]:
    return (outputs, ones(BATCH, CLASSES), ones(BATCH))


def triples(outputs: Any, ones: Any) -> tuple[Any, ...]:
    return (outputs, ones(BATCH, CLASSES), outputs.tanh())


# What each loss is called with, made by `ones` on either device.
CALLS: dict[str, Call] = {
    **dict.fromkeys(
        ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss", "SoftMarginLoss", "KLDivLoss"), like
    ),
    **dict.fromkeys(("BCEWithLogitsLoss", "HingeEmbeddingLoss", "MultiLabelSoftMarginLoss"), like),
    **dict.fromkeys(("CrossEntropyLoss", "NLLLoss", "NLLLoss2d", "MultiMarginLoss"), of_classes),
    **dict.fromkeys(("TripletMarginLoss", "TripletMarginWithDistanceLoss"), triples),
    "BCELoss": lambda outputs, ones: (outputs.sigmoid(), ones(BATCH, CLASSES)),
    "GaussianNLLLoss": lambda outputs, ones: (outputs, ones(BATCH, CLASSES), ones(BATCH, CLASSES)),
    "CosineEmbeddingLoss": pairs,
    "MarginRankingLoss": lambda outputs, ones: (outputs, ones(BATCH, CLASSES), ones(BATCH, CLASSES)),
    "MultiLabelMarginLoss": lambda outputs, ones: (outputs, ones(BATCH, CLASSES, dtype=engine.int64)),
    "LinearCrossEntropyLoss": of_classes,
    "CTCLoss": lambda outputs, ones: (
        outputs.unsqueeze(1).log_softmax(-1),
        ones(1, 2, dtype=engine.int64),
        (BATCH,),
        (2,),
    ),
}
# Which elements a loss takes from where depends on the targets' values.
READ_VALUES = ("AdaptiveLogSoftmaxWithLoss",)


@pytest.mark.filterwarnings("ignore:`NLLLoss2d` has been deprecated:FutureWarning")
@pytest.mark.parametrize("name", [name for name in losses.__all__ if name not in READ_VALUES])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_step_has_the_shapes_and_types_that_it_has_on_the_cpu(name: str, reduction: str) -> None:
    def step(device: str) -> list[Any]:
        model = perceptron().to(device)
        inputs = engine.ones(BATCH, 2, FEATURES // 2, device=device, requires_grad=True)
        outputs = model(inputs)
        options: dict[str, Any] = {"reduction": reduction}
        if (name, reduction) == ("KLDivLoss", "mean"):
            options = {"reduction": "batchmean"}
        if name == "LinearCrossEntropyLoss":
            options |= {"in_features": CLASSES, "num_classes": CLASSES}
        loss = getattr(nn, name)(**options).to(device)(*CALLS[name](outputs, partial(engine.ones, device=device)))
        loss.backward(engine.ones_like(loss))
        made = [outputs, loss, inputs.grad, *(each.grad for each in model.parameters())]
        assert all(each.device.type == device for each in made)
        return [(each.shape, each.dtype, each.requires_grad, each.is_leaf) for each in made]

    assert step("meta") == step("cpu")


def test_no_array_is_ever_made() -> None:
    """Each of these tensors would have 4 TB."""
    model = nn.Sequential(nn.Linear(LARGE, LARGE, device="meta"), nn.Tanh(), nn.LayerNorm(LARGE, device="meta"))
    inputs = meta(LARGE, LARGE, requires_grad=True)
    targets = meta(LARGE, dtype=engine.int64)
    tracemalloc.start()
    try:
        outputs = model(inputs)
        loss = nn.functional.cross_entropy(outputs, targets)
        loss.backward()
        outputs.detach().add_(1).t()[3:, ::2].mul_(2)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        engine.optim.SGD(model.parameters(), lr=0.1, momentum=0.9).step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**21
    tensors = [outputs, loss, inputs.grad, *model.parameters(), *(each.grad for each in model.parameters())]
    assert all(each.array is None for each in tensors)


def test_a_second_gradient_has_its_shape() -> None:
    weight = meta(3, 4, requires_grad=True)
    (slope,) = engine.autograd.grad([(weight.tanh() ** 2).sum()], [weight], create_graph=True)
    (curve,) = engine.autograd.grad([slope.sum()], [weight])
    assert (slope.shape, curve.shape) == ((3, 4), (3, 4))
    assert slope.requires_grad


def test_gradients_of_leaves_add_up_and_are_summed_to_the_shape_of_the_leaf() -> None:
    weight = meta(4, requires_grad=True)
    for _ in range(2):
        (weight * meta(3, 4)).sum().backward()
    assert (weight.grad.shape, weight.grad.dtype, weight.grad.device.type) == ((4,), engine.float32, "meta")
    half = meta(2, dtype=engine.float16, requires_grad=True)
    (half * meta(5, 2)).sum().backward()
    assert (half.grad.shape, half.grad.dtype) == ((2,), engine.float16)


READS: dict[str, tuple[type[Exception], str, Callable[[Any], Any]]] = {
    "item": (RuntimeError, "cannot be called on meta tensors", lambda x: x.sum().item()),
    "float": (RuntimeError, "cannot be called on meta tensors", lambda x: float(x.sum())),
    "int": (RuntimeError, "cannot be called on meta tensors", lambda x: int(x.sum())),
    "bool": (RuntimeError, "cannot be called on meta tensors", lambda x: bool(x.sum())),
    "tolist": (NotImplementedError, "Cannot copy out of meta tensor; no data!", lambda x: x.tolist()),
    "cpu": (NotImplementedError, "Cannot copy out of meta tensor; no data!", lambda x: x.cpu()),
    "to": (NotImplementedError, "Cannot copy out of meta tensor; no data!", lambda x: x.to("cpu")),
    "copy_": (NotImplementedError, "Cannot copy out of meta tensor", lambda x: engine.ones(2, 3).copy_(x)),
    "numpy": (TypeError, "can't convert meta device type tensor to numpy", lambda x: x.numpy()),
    "asarray": (TypeError, "can't convert meta device type tensor to numpy", np.asarray),
    "equal": (RuntimeError, "looks at values, which the meta device doesn't have", lambda x: x.equal(x)),
    "allclose": (RuntimeError, "looks at values, which the meta device doesn't have", lambda x: x.allclose(x)),
    "nonzero": (RuntimeError, "a shape that depends on the values of its input", lambda x: x.nonzero()),
    "mask": (RuntimeError, "a shape that depends on the values of its input", lambda x: x[x > 0]),
    "unique": (RuntimeError, "a shape that depends on the values of its input", lambda x: x.unique()),
    "contains": (RuntimeError, "cannot be called on meta tensors", lambda x: 1.0 in x),
    "index of a list": (
        RuntimeError,
        "cannot be called on meta tensors",
        lambda x: [1, 2][engine.empty((), dtype=engine.int64, device="meta")],
    ),
    "another device": (RuntimeError, r"same device, but found cpu, meta", lambda x: x + engine.ones(2, 3)),
}


@pytest.mark.parametrize("name", READS)
def test_who_asks_for_values_is_told_that_there_are_none(name: str) -> None:
    kind, message, read = READS[name]
    with pytest.raises(kind, match=message):
        read(meta(2, 3))


def test_numbers_and_dimensionless_tensors_of_the_cpu_may_join() -> None:
    assert (meta(2, 3) + engine.tensor(2.0)).device.type == "meta"
    assert (3 * meta(2, 3, dtype=engine.int32) + 0.5).dtype is engine.float32


VIEWS: dict[str, Callable[[Any], Any]] = {
    "view": lambda x: x.view(6, 4),
    "row": lambda x: x[1],
    "steps": lambda x: x[:, ::2, 1:],
    "transposed": lambda x: x.transpose(0, 2),
    "expanded": lambda x: x[:, :1].expand(2, 3, 4),
    "new dimension": lambda x: x.unsqueeze(1),
    "flat": lambda x: x.flatten(),
    "piece": lambda x: x.split(2, dim=1)[1],
    "detached": lambda x: x.detach(),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_have_the_shape_of_views_and_share_the_version(name: str) -> None:
    base, real = meta(2, 3, 4), engine.ones(2, 3, 4)
    view = VIEWS[name](base)
    assert view.shape == VIEWS[name](real).shape
    before = view._version
    base.add_(1)
    assert view._version == base._version == before + 1


def test_a_view_that_cannot_be_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"shape '\[5, 3\]' is invalid for input of size 24"):
        meta(2, 3, 4).view(5, 3)


def test_writes_into_views_leave_the_history_that_they_leave_elsewhere() -> None:
    def names(device: str) -> list[str]:
        base = engine.ones(2, 3, device=device, requires_grad=True) * 2
        other = engine.ones(3, device=device, requires_grad=True)
        base[0].mul_(other)
        base[:, 1] = other[:2]
        total = base.sum()
        total.backward()
        assert other.grad is not None
        assert other.grad.shape == (3,)
        found, nodes = [], [total.grad_fn]
        while nodes:
            node = nodes.pop()
            found.append(node.name())
            nodes += [each for each, _ in node.next_functions if each is not None]
        return found

    assert names("meta") == names("cpu")


def test_what_was_kept_and_then_written_to_is_refused() -> None:
    weight = meta(3, requires_grad=True)
    result = (weight * 1).exp()
    total = result.sum()
    result.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()


def test_leaves_are_guarded_as_elsewhere() -> None:
    weight = meta(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        weight.add_(1)
    with pytest.raises(RuntimeError, match=r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"):
        meta(3).add_(meta(2, 3))
    with pytest.raises(RuntimeError, match="can't be cast"):
        meta(3, dtype=engine.int64).add_(0.5)


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(RuntimeError, match=r"\(4, 6\).*\(5, 3\)|4x6 and 5x3"):
        meta(4, 6) @ meta(5, 3)
    with pytest.raises(RuntimeError, match=r"The size of tensor a \(3\) must match the size of tensor b \(4\)"):
        meta(2, 3) + meta(4)


def test_it_prints_copies_and_stays_where_it_is() -> None:
    tensor = meta(2, 3)
    assert repr(tensor) == "tensor(..., device='meta', size=(2, 3))"
    assert copy.deepcopy(tensor).shape == (2, 3)
    assert (tensor.clone().array, engine.zeros_like(tensor).array, tensor.to("meta")) == (None, None, tensor)
    assert engine.ones(2, 3).to("meta").array is None
