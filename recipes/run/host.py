"""Between tensors on their device and arrays on the host, which is what a checkpoint holds."""

from typing import Any

import numpy as np

import engine


def to_array(value: Any) -> Any:
    """A tensor's elements on the host."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def with_tensors(tree: Any) -> Any:
    """The tree with a tensor in place of each array; who loads it brings it to its device."""
    if isinstance(tree, np.ndarray):
        return engine.tensor(tree)
    if isinstance(tree, dict):
        return {key: with_tensors(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(with_tensors(value) for value in tree)
    return tree
