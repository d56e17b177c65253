"""Composing, explaining, checking and freezing configs; making objects from them without trusting them."""

from recipes.config.blame import raised
from recipes.config.catalog import Listed, list_experiments, list_groups
from recipes.config.check import check, prepare
from recipes.config.compose import Composed, compose
from recipes.config.errors import ConfigError, Problem
from recipes.config.freeze import freeze, frozen_text, thaw
from recipes.config.instantiate import instantiate
from recipes.config.masking import mask, mask_override
from recipes.config.provenance import DELETED, Explanation, Provenance, Setting
from recipes.config.source import Source
from recipes.config.targets import TargetError, resolve
from recipes.config.trust import settings_file, trusted_packages

__all__ = [
    "Composed", "compose", "prepare", "check", "ConfigError", "Problem",
    "Provenance", "Explanation", "Setting", "Source", "DELETED",
    "resolve", "TargetError", "instantiate", "trusted_packages", "settings_file",
    "mask", "mask_override", "freeze", "frozen_text", "thaw",
    "Listed", "list_experiments", "list_groups", "raised",
]  # fmt: skip
