"""Special functions of SciPy or CuPy by where an array lives, loaded on first use for the sake of start-up time."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np


@cache
def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


def special(array: Any) -> ModuleType:
    """The module whose erf, erfinv, gammaln and so on compute on an array; float16 comes back as float32 from it."""
    return _module("scipy.special" if isinstance(array, np.ndarray | np.generic) else "cupyx.scipy.special")
