"""backward and grad: where gradients start, for whole graphs or for chosen tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.autograd.graph import GradientEdge
from engine.autograd.node import Edge
from engine.autograd.retained import retain_gradient
from engine.autograd.stacking import stacked
from engine.autograd.tensor_base import TensorBase
from engine.autograd.walker import walk


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of leaves, or of `inputs` alone (torch.autograd.backward).

    `grad_variables` is the old name of `grad_tensors`.
    """
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`."
            )
        grad_tensors = grad_variables
    roots = _roots(_listed(tensors), _listed(grad_tensors), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        walk(roots, keep, create_graph)
        return
    wanted = _listed(inputs)
    if not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty; leave it out for all leaves")
    targets = [_edge(each) for each in wanted]
    for each in wanted:
        if isinstance(each, TensorBase):
            retain_gradient(each)
    walk(roots, keep, create_graph, targets, accumulate=True)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of `outputs` for each of `inputs`, leaving `.grad` alone (torch.autograd.grad).

    A tuple, or a dict where `inputs` is one. Raises RuntimeError for an input that was not used, unless `allow_unused`
    (then its gradient is None) or `materialize_grads` (then it is zeros). With `is_grads_batched` the first dimension
    of `grad_outputs` counts gradients that are carried back one after another, and stacked again.
    """
    if is_grads_batched:
        options = {"create_graph": create_graph, "allow_unused": allow_unused, "materialize_grads": materialize_grads}
        return _one_by_one(outputs, inputs, _listed(grad_outputs), retain_graph, options)
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    roots = _roots(_listed(outputs), _listed(grad_outputs), create_graph)
    wanted = _listed(inputs)
    if not wanted:
        raise RuntimeError("grad requires non-empty inputs: give the tensors whose gradients are wanted")
    edges = [_edge(each) for each in wanted]
    found = walk(roots, create_graph if retain_graph is None else retain_graph, create_graph, edges)
    results = [found.get(edge) for edge in edges]
    for position, result in enumerate(results):
        if result is None and materialize_grads:
            results[position] = wanted[position].new_zeros(wanted[position].shape)
        elif result is None and not allow_unused:
            raise RuntimeError(
                f"One of the differentiated Tensors (input {position}{_shape_of(wanted[position])}) appears to not "
                "have been used in the graph. Set allow_unused=True if this is the desired behavior."
            )
    if isinstance(inputs, Mapping):
        return dict(zip(inputs, results, strict=True))
    return tuple(results)


def _one_by_one(outputs: Any, inputs: Any, batches: list[Any], retain_graph: bool | None, options: Any) -> Any:
    if not batches or any(each is None or not each.shape for each in batches):
        raise RuntimeError("grad(): is_grads_batched=True needs grad_outputs with a first dimension that counts them")
    wanted, count = _listed(inputs), batches[0].shape[0]
    rows = []
    for row in range(count):
        keep = True if row < count - 1 else retain_graph
        rows.append(grad(outputs, wanted, [each[row] for each in batches], keep, **options))
    results = [None if column[0] is None else stacked(column) for column in zip(*rows, strict=True)]
    return dict(zip(inputs, results, strict=True)) if isinstance(inputs, Mapping) else tuple(results)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return list(value.values())
    single = isinstance(value, TensorBase | GradientEdge)
    return list(value) if isinstance(value, Iterable) and not single else [value]


def _edge(tensor: Any) -> Edge:
    if isinstance(tensor, GradientEdge):
        return tensor.node, tensor.output_nr
    tensor.refresh()
    if not tensor.requires_grad:
        raise RuntimeError(
            f"One of the differentiated Tensors does not require grad: the one{_shape_of(tensor)} among the inputs"
        )
    return tensor.node, tensor.output_index


def _shape_of(tensor: Any) -> str:
    return "" if isinstance(tensor, GradientEdge) else f" of shape {list(tensor.shape)}"


def _roots(tensors: list[Any], gradients: list[Any], create_graph: bool) -> list[tuple[Edge, Any]]:
    if not tensors:
        raise RuntimeError("gradients need at least one tensor to start from, none was given")
    if gradients and len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    roots: list[tuple[Edge, Any]] = []
    for position, (tensor, gradient) in enumerate(zip(tensors, gradients or [None] * len(tensors), strict=True)):
        if isinstance(tensor, GradientEdge):
            edge, gradient = _edge(tensor), _of_an_edge(gradient)
        else:
            tensor.refresh()
            if not tensor.requires_grad:
                raise RuntimeError(f"element {position} of tensors does not require grad and does not have a grad_fn")
            edge, gradient = (tensor.node, tensor.output_index), _first_gradient(tensor, gradient)
        roots.append((edge, gradient if create_graph else gradient.detach()))
    return roots


def _of_an_edge(gradient: Any) -> Any:
    if gradient is None:
        raise RuntimeError("a GradientEdge has no shape to make a gradient of ones for: give its gradient")
    return gradient


def _first_gradient(tensor: Any, gradient: Any) -> Any:
    if gradient is None:
        if tensor.as_spec.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs, this one has shape {list(tensor.shape)}"
            )
        if tensor.dtype.is_complex:
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {tensor.dtype}")
        return tensor.new_ones(tensor.shape)
    if gradient.shape != tensor.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output has a shape of {list(gradient.shape)} "
            f"and output has a shape of {list(tensor.shape)}."
        )
    if tensor.dtype.is_complex != gradient.dtype.is_complex:
        raise RuntimeError(
            f"For complex Tensors, both grad_output and output are required to have the same dtype. grad_output has "
            f"{gradient.dtype} and output has {tensor.dtype}."
        )
    return gradient
