"""Generator: where draws come from; its whole state is a seed and how many draws it gave."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import numpy as np

from engine.autograd.draw import Draw
from engine.autograd.modes import host_read, modes
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.device import device
from engine.tensors.making import as_device

FIRST_SEED = 0


class Generator:
    """Gives draws that never share numbers; one generator serves all devices (torch.Generator)."""

    def __init__(self, device: device | str = "cpu") -> None:
        self.device = as_device(device)
        self._lock = threading.Lock()
        self._seed = FIRST_SEED
        self._offset = 0

    def draw(self) -> Draw:
        """The next draw; threads may share a generator, and what runs again under `checkpoint` gets its first draws."""
        rerun = modes.state.rerun
        return self._take() if rerun is None else rerun.draw(self, self._take)

    def _take(self) -> Draw:
        with self._lock:
            offset = self._offset
            self._offset += 1
            return Draw(self, self._seed, offset)

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from a seed, of which the lower 64 bits count (torch.Generator.manual_seed)."""
        host_read("Generator.manual_seed()")
        with self._lock:
            self._seed, self._offset = int(seed) % 2**64, 0
        return self

    def seed(self) -> int:
        """Start anew from a seed that the operating system makes, and return it (torch.Generator.seed)."""
        chosen = secrets.randbits(63)
        self.manual_seed(chosen)
        return chosen

    def initial_seed(self) -> int:
        """The seed that it started from (torch.Generator.initial_seed)."""
        return self._seed

    def state_dict(self) -> dict[str, int]:
        """Seed and offset."""
        with self._lock:
            return {"seed": self._seed, "offset": self._offset}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a state; raises KeyError where seed or offset is missing."""
        host_read("Generator.load_state_dict()")
        with self._lock:
            self._seed, self._offset = int(state["seed"]), int(state["offset"])

    def get_state(self) -> Any:
        """The state as a tensor of 16 bytes (torch.Generator.get_state)."""
        state = self.state_dict()
        words = np.array([state["seed"], state["offset"]], dtype="<u8")
        return wrap(TensorBase.result_class, words.view(np.uint8))

    def set_state(self, new_state: Any) -> Generator:
        """Go on from the state of `get_state`; raises RuntimeError for anything else (torch.Generator.set_state)."""
        held = getattr(new_state, "array", None)
        if held is None or held.dtype != np.uint8 or held.shape != (16,):
            raise RuntimeError("the state of a generator is a uint8 tensor of 16 bytes, as get_state() gives it")
        seed, offset = np.ascontiguousarray(held).view("<u8").tolist()
        self.load_state_dict({"seed": seed, "offset": offset})
        return self

    def __repr__(self) -> str:
        return f"<Generator seed={self._seed} offset={self._offset}>"


default_generator = Generator()
