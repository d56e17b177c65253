"""Programs that write into a view or its base and use the other."""

from typing import Any

from engine.testing.program import program


@program
def write_a_row_then_use_the_base(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[1].mul_(b)
    return x * x


@program
def write_the_base_then_use_a_row(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    row = x[1]
    x.mul_(b)
    return row * row, x


@program
def write_both_in_turn(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    row = x[0]
    row.mul_(3)
    x.add_(b)
    row.mul_(b)
    return row.sin(), x.cos()


@program
def chain_of_views(lib: Any, a: Any, b: Any) -> Any:
    x = a.clone()
    x.t()[1:3].reshape(2, 3)[0, 1:].mul_(b[:2])
    return x * x


@program
def write_a_view_of_a_view_then_read_the_middle(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    middle = x[:, 1:]
    inner = middle[1]
    inner.mul_(b[1:])
    return middle * middle, inner, x


@program
def overlapping_views(lib: Any, a: Any, b: Any) -> Any:
    x = a.clone()
    left, right = x[:, :3], x[:, 1:]
    left.mul_(b[:3])
    right.mul_(b[1:])
    return left * right, x


@program
def sibling_views_see_each_other(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    first, second = x.view(12), x.t()
    first[3:7].mul_(b)
    return second * second


@program
def diagonal_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.diagonal(1).mul_(b[:3])
    return x * x


@program
def every_second_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[::2, 1::2].add_(b[::2])
    return x * x


@program
def unsqueezed_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.unsqueeze(1).squeeze(1).mul_(b)
    return x.sin()


@program
def permuted_base_viewed_flat(lib: Any, a: Any, b: Any) -> Any:
    x = a.t().clone()
    x.t().view(12)[:4].mul_(b)
    return x * x


@program
def narrow_and_select_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.narrow(1, 1, 2).mul_(b[:2])
    x.select(0, 2).add_(b)
    return x * x


@program
def unfolded_windows_read_after_a_write(lib: Any, a: Any, b: Any) -> Any:
    x = b * 1
    windows = x.unfold(0, 2, 1)
    x[1:3].mul_(a[0, :2])
    return windows * windows


@program
def a_view_from_before_the_base_had_a_history(lib: Any, a: Any, b: Any) -> Any:
    x = lib.zeros(3, 4, dtype=lib.float64)
    row = x[1]
    x.add_(a)
    return row * row


@program
def a_history_written_into_a_plain_base_through_a_view(lib: Any, a: Any, b: Any) -> Any:
    x = lib.zeros(3, 4, dtype=lib.float64)
    x[1].add_(b)
    x[2] = a[0]
    return x * x


@program
def zero_in_a_graph(lib: Any, a: Any, b: Any) -> Any:
    x = a * b
    x[0].zero_()
    return x * x


@program
def fill_with_a_tensor(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[:, 0].fill_(b[1])
    return x * x


@program
def broadcast_in_place(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x += b
    x *= b
    return x


@program
def masked_fill_in_place(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.t().masked_fill_(lib.tensor([[True], [False], [True], [False]]), 2.0)
    return x * x


@program
def scatter_in_place(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.scatter_(1, lib.tensor([[0, 2], [3, 1]]), b.reshape(2, 2))
    x.scatter_add_(0, lib.tensor([[0, 0, 0, 2]]), b.reshape(1, 4))
    return x * x


@program
def index_add_and_copy_in_place(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.index_add_(0, lib.tensor([2, 2]), a[:2], alpha=2)
    x.index_copy_(1, lib.tensor([1]), b[:3].reshape(3, 1))
    x.index_fill_(0, lib.tensor([0]), 3.0)
    return x * x


@program
def sigmoid_in_place_keeps_what_it_wrote(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.sigmoid_()
    return x * b


@program
def in_place_on_a_row_that_keeps_its_output(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[1].exp_()
    return x * x


@program
def versions_count_writes(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    row, flat = x[0], x.detach()
    row.mul_(b)
    flat.add_(1)
    x.t().mul_(2)
    return x, lib.tensor([float(each._version) for each in (x, row, flat)], dtype=lib.float64)


@program
def an_unneeded_factor_may_change(lib: Any, a: Any, b: Any) -> Any:
    factor = lib.ones(4, dtype=lib.float64)
    x = a * 2
    x.mul_(factor * 3)
    factor.zero_()
    return x * b


@program
def expanded_view_read_after_a_write(lib: Any, a: Any, b: Any) -> Any:
    x = b * 1
    wide = x.expand(3, 4)
    x.mul_(2)
    return wide * a


@program
def expanded_to_the_same_shape_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x.expand(3, 4).mul_(b)
    return x * x


@program
def second_order_through_a_write(lib: Any, a: Any, b: Any) -> Any:
    x = a * a
    x[1].mul_(b * b)
    (slope,) = lib.autograd.grad((x * x).sum(), a, create_graph=True)
    return slope


@program
def a_write_into_what_came_out_of_a_view(lib: Any, a: Any, b: Any) -> Any:
    x = a.reshape(4, 3).t() * 1
    y = x.contiguous()
    y[0].mul_(b)
    return x * y


@program
def reshape_that_copies_is_no_view(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    copied = x.t().reshape(12)
    copied.mul_(2)
    return x * b, copied


@program
def quotient_written_over(lib: Any, a: Any, b: Any) -> Any:
    x = a / (b * b + 1)
    x.add_(a)
    return x


@program
def fresh_results_made_without_gradients_are_written(lib: Any, a: Any, b: Any) -> Any:
    c = lib.arange(12, dtype=lib.float64)
    with lib.no_grad():
        x = c.take(lib.tensor([0, 1, 2, 3]))
        y = c[:4].roll(1)
        z = c[:4].repeat(3, 1)
        u = c.topk(4)[0]
        v = c.view(3, 4).t().reshape(12)
    return x.mul_(b), y.mul_(b), z.mul_(a), u.mul_(b), v.mul_(a.reshape(12))
