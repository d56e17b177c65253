"""Module and what it is made of: registration, the tree, hooks, state, conversion and text."""

from engine.nn.module.module import Module
from engine.nn.module.state import IncompatibleKeys
from engine.nn.module.text import failed_module

__all__ = ["IncompatibleKeys", "Module", "failed_module"]
