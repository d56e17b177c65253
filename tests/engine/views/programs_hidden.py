"""Programs that write behind the back of gradients."""

from typing import Any

import numpy as np

from engine.testing.program import hidden

ONES = np.ones((3, 4))


@hidden(lambda a, b: (2 * ONES, np.zeros(4)))
def detach_then_write(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x.detach().zero_()
    return x


@hidden(lambda a, b: (3 * ONES, np.zeros(4)))
def write_without_gradients(lib: Any, a: Any, b: Any) -> Any:
    x = a * 3
    with lib.no_grad():
        x.add_(b)
    return x


@hidden(lambda a, b: (3 * ONES, np.zeros(4)))
def write_a_view_without_gradients(lib: Any, a: Any, b: Any) -> Any:
    x = a * 3
    with lib.no_grad():
        x[0].mul_(2)
    return x


@hidden(lambda a, b: (np.broadcast_to(2 * b, (3, 4)) * 1, (a + 1).sum(0) * 2))
def a_leaf_changed_without_gradients(lib: Any, a: Any, b: Any) -> Any:
    with lib.no_grad():
        a.add_(1)
    return a * b * 2


@hidden(lambda a, b: (np.broadcast_to(b, (3, 4)) * 1, 3 * b * 0 + 15.0))
def data_written_unseen(lib: Any, a: Any, b: Any) -> Any:
    x = a * b
    a.data.fill_(5.0)
    return x


@hidden(lambda a, b: (2 * ONES, np.zeros(4)))
def a_detached_copy_is_free(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    y = x.detach().clone()
    y.mul_(0)
    return x + y


@hidden(lambda a, b: (ONES * [[0], [1], [1]], np.ones(4)))
def copy_from_another_type(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[0].copy_(b.float())
    return x


@hidden(lambda a, b: (2 * b * ONES, 2 * a.sum(0)))
def walked_twice_with_a_write_between(lib: Any, a: Any, b: Any) -> Any:
    x = a * b
    y = x + b
    (first,) = lib.autograd.grad(y.sum(), b, retain_graph=True)
    x.mul_(2)
    (second,) = lib.autograd.grad(y.sum(), b, retain_graph=True)
    return x, first - second
