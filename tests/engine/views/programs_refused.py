"""Programs that PyTorch refuses."""

from typing import Any

from engine.testing.program import refused


@refused("a leaf Variable that requires grad is being used in an in-place operation.")
def leaf_written(lib: Any, a: Any, b: Any) -> Any:
    a.add_(1)


@refused("a view of a leaf Variable that requires grad is being used in an in-place operation.")
def view_of_a_leaf_written(lib: Any, a: Any, b: Any) -> Any:
    a[0].add_(1)


@refused("a view of a leaf Variable that requires grad is being used in an in-place operation.")
def leaf_set(lib: Any, a: Any, b: Any) -> Any:
    a[0] = 1.0


@refused("a leaf Variable that requires grad is being used in an in-place operation.")
def leaf_set_by_a_mask(lib: Any, a: Any, b: Any) -> Any:
    a[a > 0] = 1.0


@refused("unsupported operation: more than one element of the written-to tensor refers to a single memory location.")
def expanded_written(lib: Any, a: Any, b: Any) -> Any:
    (b * 1).expand(3, 4).add_(1)


@refused("one of the variables needed for gradient computation has been modified by an inplace operation")
def kept_then_changed(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    y = x * x
    x.add_(1)
    return y


@refused("one of the variables needed for gradient computation has been modified by an inplace operation")
def kept_then_changed_through_a_view(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    y = x.exp()
    y[0].mul_(2)
    return y


@refused("one of the variables needed for gradient computation has been modified by an inplace operation")
def kept_then_changed_through_detach(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    y = x.exp()
    y.detach().zero_()
    return y


@refused("Output 0 of")
def split_piece_written(lib: Any, a: Any, b: Any) -> Any:
    first, _ = (a * 1).split(2, 1)
    first.mul_(2)


@refused("Output 1 of")
def unbound_row_written(lib: Any, a: Any, b: Any) -> Any:
    (a * 1).unbind(0)[1].mul_(2)


@refused("Output 0 of")
def view_of_a_piece_written(lib: Any, a: Any, b: Any) -> Any:
    (a * 1).chunk(2, 1)[0].t().mul_(2)


@refused("A view was created in no_grad mode and is being modified inplace with grad mode enabled.")
def no_grad_view_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    with lib.no_grad():
        row = x[0]
    row.mul_(2)


@refused("result type")
def type_that_does_not_fit(lib: Any, a: Any, b: Any) -> Any:
    lib.ones(3, dtype=lib.int64).mul_(1.5)


@refused("output with shape [4] doesn't match the broadcast shape [3, 4]")
def result_that_does_not_fit(lib: Any, a: Any, b: Any) -> Any:
    (b * 1).add_(a)


@refused("Index put requires the source and destination dtypes match")
def put_of_another_type(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[[0, 1]] = b.float()


@refused("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2, 4]")
def put_of_another_shape(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[[0, 1]] = b[:3]


@refused("The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 0.")
def set_of_another_shape(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[0] = b[:3]


@refused("index 5 is out of bounds for dimension 0 with size 3", IndexError)
def set_out_of_range(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[5] = 1.0


@refused("step must be greater than zero", ValueError)
def set_backwards(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[::-1] = b


@refused("A view was created in no_grad mode and is being modified inplace with grad mode enabled.")
def piece_written_although_the_base_has_no_history(lib: Any, a: Any, b: Any) -> Any:
    rows = lib.ones(3, 4, dtype=lib.float64).unbind(0)
    rows[0].mul_(b)


@refused("view size is not compatible with input tensor's size and stride")
def view_against_the_strides(lib: Any, a: Any, b: Any) -> Any:
    a.t().view(12)


@refused("Can't detach views in-place.")
def view_detached_in_place(lib: Any, a: Any, b: Any) -> Any:
    (a * 1)[0].detach_()


@refused(
    "The shape of the mask [4] at index 0 does not match the shape of the indexed tensor [3, 4] at index 0", IndexError
)
def mask_of_another_shape(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[b > 0] = 1.0


@refused("too many indices for tensor of dimension 1", IndexError)
def too_many_indices(lib: Any, a: Any, b: Any) -> Any:
    (b * 1)[0, 1] = 1.0


@refused("Output 0 of")
def many_pieces_read_after_a_write(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    first, second = x.split(2, 1)
    x.mul_(b)
    rows = x.unbind(0)
    return first * second, rows[2] * rows[0]


@refused("one of the variables needed for gradient computation has been modified by an inplace operation")
def set_a_row_of_a_row_with_itself(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[0] = x[1] * x[0]
    x[1] = x[0] * b
    return x


@refused("one of the variables needed for gradient computation has been modified by an inplace operation")
def multiplied_by_itself_in_place(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x *= x
    return x


@refused("A view was created in no_grad mode and its base or another view of its base has been modified inplace")
def no_grad_view_read_after_a_write(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    with lib.no_grad():
        row = x[0]
    x.mul_(2)
    return row * 2


@refused("a leaf Variable that requires grad is being used in an in-place operation.")
def leaf_set_at_positions(lib: Any, a: Any, b: Any) -> Any:
    b[lib.tensor([0, 2])] = 1.0


@refused("a view of a leaf Variable that requires grad is being used in an in-place operation.")
def expanded_leaf_written(lib: Any, a: Any, b: Any) -> Any:
    b.expand(3, 4).add_(1)


@refused("Output 0 of")
def piece_used_after_its_base_was_written_unseen(lib: Any, a: Any, b: Any) -> Any:
    first, _ = a.split(2, 1)
    with lib.no_grad():
        a.mul_(2)
    return first * 2


@refused("Output 0 of")
def piece_used_a_second_time_after_its_base_was_written(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    first, _ = x.split(2, 1)
    x.mul_(2)
    try:
        first * 2
    except RuntimeError:
        return first * 2


@refused("A view was created in no_grad mode")
def view_made_without_gradients_of_a_later_leaf(lib: Any, a: Any, b: Any) -> Any:
    x = a.detach().clone()
    first, _ = x.unbind(1)[:2]
    first.requires_grad_()
    first.mul_(2)
