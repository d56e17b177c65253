"""Bilinear against its formula."""

import numpy as np
import pytest

import engine
from engine import nn

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
