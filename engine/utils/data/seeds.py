"""Where a sampler's or loader's seed comes from when it is not given."""

from __future__ import annotations

import numpy as np

from engine.backend import philox
from engine.tensors.generator import Generator, default_generator


def chosen_seed(seed: int | None, generator: Generator | None) -> int:
    """The seed that was given, else 63 bits drawn from the generator, by default the default one."""
    if seed is not None:
        return int(seed)
    draw = (generator or default_generator).draw()
    return int(philox.bits64(np, draw.seed, draw.offset, 1)[0]) >> 1
