"""Programs that write by `x[...] = y`."""

from typing import Any

from engine.testing.program import program


@program
def set_a_row(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[1] = b * 3
    return x * x


@program
def set_a_number(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[1, 2:] = 5.0
    return x * x


@program
def set_with_broadcasting(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[:, 1:3] = b[:2]
    return x * x


@program
def set_everything(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[...] = b
    return x * x


@program
def set_by_a_mask(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    mask = lib.tensor([True, False, True])
    x[mask] = b
    return x * x


@program
def set_a_number_by_a_mask(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[x > 0] = 1.5
    return x * x


@program
def set_by_positions(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[[2, 0], [1, 3]] = b[:2]
    return x * x


@program
def set_columns_by_positions(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[:, lib.tensor([3, 1])] = b[1:3]
    return x * x


@program
def add_at_positions_without_repetition(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[lib.tensor([2, 0])] += b
    return x * x


@program
def put_with_accumulation(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x.index_put_((lib.tensor([0, 0, 1]),), b, accumulate=True)
    return x * x


@program
def add_to_a_row(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[1] += b
    return x * x


@program
def swap_rows(lib: Any, a: Any, b: Any) -> Any:
    x = a * 2
    x[[0, 1]] = x[[1, 0]]
    return x * a


@program
def set_elements_one_by_one(lib: Any, a: Any, b: Any) -> Any:
    x = lib.zeros(4, dtype=lib.float64)
    for place in range(4):
        x[place] = b[place] * a[0, place]
    return x * x


@program
def set_with_a_leading_one(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[0] = (b * b).reshape(1, 4)
    return x * x


@program
def one_value_set_by_a_mask_of_rows(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[a[:, 0] > 0] = b[:1]
    return x * x


@program
def a_value_of_another_type_set_by_a_mask(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[a > 0] = lib.tensor(2)
    return x * x * b


@program
def a_number_copied(lib: Any, a: Any, b: Any) -> Any:
    x = a * 1
    x[1].copy_(2)
    return x * b
