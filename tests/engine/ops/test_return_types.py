"""Several results of one op print as PyTorch's do."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

import engine

CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "max": lambda lib, x: lib.max(x, 0),
    "min": lambda lib, x: x.min(dim=1, keepdim=True),
    "sort": lambda lib, x: x.sort(descending=True),
    "topk": lambda lib, x: x.topk(2),
    "topk of one number": lambda lib, x: x.sum().topk(1),
    "kthvalue": lambda lib, x: x.kthvalue(2),
    "median": lambda lib, x: lib.median(x, 1),
    "nanmedian": lambda lib, x: lib.nanmedian(x, 1),
    "mode": lambda lib, x: x.mode(),
    "cummax": lambda lib, x: x.cummax(0),
    "cummin": lambda lib, x: x.cummin(1),
    "aminmax": lambda lib, x: lib.aminmax(x, dim=0),
    "frexp": lambda lib, x: lib.frexp(x),
    "histogram": lambda lib, x: lib.histogram(x, 3),
    "eigh": lambda lib, x: lib.linalg.eigh(x.diag().diag()),
    "svd": lambda lib, x: lib.linalg.svd(x.diag().diag()),
    "slogdet": lambda lib, x: lib.linalg.slogdet(x),
    "lstsq": lambda lib, x: lib.linalg.lstsq(x.diag().diag(), x),
    "lu": lambda lib, x: lib.linalg.lu(x.diag().diag()),
    "lu_factor": lambda lib, x: lib.linalg.lu_factor(x.diag().diag()),
    "cholesky_ex": lambda lib, x: lib.linalg.cholesky_ex(x.diag().diag()),
    "inv_ex": lambda lib, x: lib.linalg.inv_ex(x.diag().diag()),
}
ROWS = [[4.0, 1.0, 2.0], [0.5, 9.0, 3.0], [1.0, 2.0, 16.0]]


@pytest.mark.parity
@pytest.mark.parametrize("name", CALLS)
def test_printed_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    mine = repr(CALLS[name](engine, engine.tensor(ROWS)))
    assert mine.replace("engine.", "torch.") == repr(CALLS[name](torch, torch.tensor(ROWS)))


def test_each_stands_in_a_line_of_its_own() -> None:
    found = engine.tensor([1, 3]).max(0)
    assert repr(found) == "engine.return_types.max(\nvalues=tensor(3),\nindices=tensor(1))"
    values, indices = found
    assert (values.item(), indices.item()) == (3, 1)
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)
