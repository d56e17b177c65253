"""What load_state_dict says, word for word beside PyTorch."""

from typing import Any

import pytest

from engine import nn
from engine.creation import zeros

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def refusal(library: Any, make: Any) -> str:
    model = library.Sequential(library.Linear(2, 3), library.BatchNorm1d(3))
    state = dict(model.state_dict())
    del state["0.bias"], state["1.running_mean"]
    state["0.weight"], state["head.weight"] = make(3, 3), make(1)
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(state)
    return str(caught.value)


def test_all_that_is_wrong_is_told_as_in_torch() -> None:
    assert refusal(nn, zeros) == refusal(torch.nn, torch.zeros).replace("torch.Size(", "").replace("])", "]")


def test_the_keys_returned_are_torchs() -> None:
    ours = nn.Linear(2, 3).load_state_dict({"weight": zeros(3, 2), "extra": zeros(1)}, strict=False)
    theirs = torch.nn.Linear(2, 3).load_state_dict({"weight": torch.zeros(3, 2), "extra": torch.zeros(1)}, strict=False)
    assert (ours.missing_keys, ours.unexpected_keys) == (theirs.missing_keys, theirs.unexpected_keys)
    assert repr(ours) == repr(theirs)
