"""What a run is told from outside: the seed of its draws, and whether a third of the samples is enough."""

import os
import random

import numpy as np
import torch

# `make parity SEED=7 THIRD=1`
SEED = int(os.environ.get("SEED") or 0)
EVERY = 3 if os.environ.get("THIRD") else 1


def seed_all() -> None:
    """Start every source of random numbers that PyTorch's samples draw from."""
    torch.manual_seed(SEED)
    np.random.seed(SEED)
    random.seed(SEED)
