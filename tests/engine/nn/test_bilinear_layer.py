"""Bilinear against its formula and beside PyTorch's."""

import numpy as np
import pytest

import engine
from engine import nn
from tests.engine.nn.torch_twins import compare

RNG = np.random.default_rng(2)


def test_each_output_is_a_form_of_both_inputs() -> None:
    layer = nn.Bilinear(3, 4, 2, dtype=engine.float64)
    first, second = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 4))
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    expected = np.einsum("ni,oij,nj->no", first, weight, second) + bias
    found = layer(engine.tensor(first), engine.tensor(second))
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-12)
    assert abs(weight).max() <= 3**-0.5
    with pytest.raises(ValueError, match="in1_features=0"):
        nn.Bilinear(0, 4, 2)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_equals_its_twin(bias: bool, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = nn.Bilinear(3, 4, 2, bias), torch.nn.Bilinear(3, 4, 2, bias)
    assert repr(ours) == repr(theirs)
    compare(torch, ours, theirs, [RNG.normal(size=(2, 5, 3)), RNG.normal(size=(2, 5, 4))], dtype)
