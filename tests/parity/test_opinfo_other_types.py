"""The first samples of each name in bfloat16, float16 and complex numbers: PyTorch's values, dtypes and shapes."""

from itertools import islice
from typing import Any

import pytest
import torch

from tests.parity.compare import Disagreement, compare, dtype_name
from tests.parity.database import entries_wanted
from tests.parity.invariants import without_signs
from tests.parity.names import label, our_function
from tests.parity.reasons import Reason, reason_for
from tests.parity.settings import seed_all
from tests.parity.tolerances import Tolerance
from tests.parity.translate import exact_sample, our_call, their_call

pytestmark = pytest.mark.parity

SAMPLES = 4
# PyTorch rounds after each of its own steps, we after each op: a last bit or two of eight and of eleven.
NEAR = {
    "bfloat16": Tolerance(4e-2, 2e-2),
    "float16": Tolerance(1e-2, 4e-3),
    "float32": Tolerance(1e-3, 1e-4),
    "float64": Tolerance(1e-7, 1e-7),
    "complex64": Tolerance(1e-3, 1e-4),
    "complex128": Tolerance(1e-7, 1e-7),
}
TYPES = (torch.bfloat16, torch.float16, torch.complex64)
DIFFERENT = {
    "sort": "its order of equal numbers is not defined, and there are many in sixteen bits",
    "argsort": "as sort",
    "topk": "as sort",
    "kthvalue": "as sort",
    "matrix_exp": "refused here in sixteen bits, where PyTorch's gives infinities for a matrix of ones",
    "nn.functional.soft_margin_loss": "exp overflows in PyTorch's float16, where the loss is 7.64",
    "nn.functional.hinge_embedding_loss": "PyTorch adds up in bfloat16",
    "complex": "there are no complex numbers of two float16 here",
    "view_as_complex": "as complex",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases = [
        (entry, dtype)
        for entry in entries_wanted(metafunc.config)
        for dtype in TYPES
        if our_function(entry) and dtype in entry.supported_dtypes("cpu") and entry.name not in DIFFERENT
    ]
    metafunc.parametrize(("entry", "dtype"), cases, ids=[f"{label(e)}-{dtype_name(d)}" for e, d in cases])


# PyTorch warns of its own old names while it draws samples.
@pytest.mark.filterwarnings("ignore")
def test_first_samples_agree(entry: Any, dtype: torch.dtype) -> None:
    function = our_function(entry)
    assert function is not None
    seed_all()
    for sample in islice(entry.sample_inputs("cpu", dtype, requires_grad=False, set_seed=False), SAMPLES):
        reason = reason_for(entry, sample)
        if reason is not None and not (dtype.is_complex and reason is Reason.COMPLEX):
            continue
        theirs_given, ours_given = their_call(sample, False), our_call(sample, False)
        try:
            theirs = entry.op(*theirs_given.args, **theirs_given.kwargs)
        except RuntimeError:
            continue
        try:
            ours = function(*ours_given.args, **ours_given.kwargs)
        except (RuntimeError, ValueError) as refusal:
            # Complex numbers exist for transforms, parts and arithmetic, and are refused by name elsewhere.
            if dtype.is_complex and "complex" in str(refusal):
                return
            raise
        visible, values = without_signs(entry.name), "empty" not in entry.name
        try:
            compare(visible(ours), visible(theirs), "result", NEAR, values=values)
        except Disagreement:
            exact = exact_sample(sample)
            if exact is None:
                raise
            call = their_call(exact, requires_grad=False)
            compare(visible(ours), visible(theirs), "result", NEAR, visible(entry.op(*call.args, **call.kwargs)))
