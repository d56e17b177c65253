"""backward and grad: where gradients start, for whole graphs or for chosen tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.node import Edge
from engine.autograd.retained import retain_gradient
from engine.autograd.tensor_base import TensorBase
from engine.autograd.walker import walk


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of leaves, or of `inputs` alone (torch.autograd.backward)."""
    roots = _roots(_listed(tensors), _listed(grad_tensors), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        walk(roots, keep, create_graph)
        return
    wanted = _listed(inputs)
    if not wanted:
        raise RuntimeError("backward(): `inputs` is empty; leave it out for the gradients of all leaves")
    targets = [_edge(each, "inputs") for each in wanted]
    for each in wanted:
        retain_gradient(each)
    walk(roots, keep, create_graph, targets, accumulate=True)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` for each of `inputs`, leaving `.grad` alone (torch.autograd.grad).

    Raises RuntimeError for an input that was not used, unless `allow_unused`.
    """
    roots = _roots(_listed(outputs), _listed(grad_outputs), create_graph)
    wanted = _listed(inputs)
    if not wanted:
        raise ValueError("grad(): `inputs` is empty; give the tensors whose gradients are wanted")
    edges = [_edge(each, "inputs") for each in wanted]
    keep = create_graph if retain_graph is None else retain_graph
    found = walk(roots, keep, create_graph, edges)
    results = [found.get(edge) for edge in edges]
    for position, result in enumerate(results):
        if result is None and materialize_grads:
            results[position] = wanted[position].new_zeros(wanted[position].shape)
        elif result is None and not allow_unused:
            raise RuntimeError(
                f"input {position} of shape {list(wanted[position].shape)} appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior."
            )
    return tuple(results)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, TensorBase) else [value]


def _edge(tensor: Any, role: str) -> Edge:
    tensor.refresh()
    if not tensor.requires_grad:
        raise RuntimeError(f"one of the {role}, of shape {list(tensor.shape)}, does not require grad")
    return tensor.node, tensor.output_index


def _roots(tensors: list[Any], gradients: list[Any], create_graph: bool) -> list[tuple[Edge, Any]]:
    if not tensors:
        raise RuntimeError("gradients need at least one tensor to start from, none was given")
    if gradients and len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    roots: list[tuple[Edge, Any]] = []
    for tensor, gradient in zip(tensors, gradients or [None] * len(tensors), strict=True):
        tensor.refresh()
        if not tensor.requires_grad:
            raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
        if gradient is None:
            if tensor.as_spec.size != 1:
                raise RuntimeError(
                    f"grad can be implicitly created only for scalar outputs, this one has shape {list(tensor.shape)}"
                )
            gradient = tensor.new_ones(tensor.shape)
        elif gradient.shape != tensor.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output has a shape of {list(gradient.shape)} "
                f"and output has a shape of {list(tensor.shape)}."
            )
        roots.append(((tensor.node, tensor.output_index), gradient if create_graph else gradient.detach()))
    return roots
