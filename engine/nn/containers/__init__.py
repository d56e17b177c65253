"""Modules and parameters in sequences and mappings."""

from engine.nn.containers.module_dict import ModuleDict
from engine.nn.containers.module_list import ModuleList
from engine.nn.containers.parameter_dict import ParameterDict
from engine.nn.containers.parameter_list import ParameterList
from engine.nn.containers.sequential import Sequential

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
