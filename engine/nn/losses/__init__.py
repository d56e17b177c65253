"""Losses as modules: regression, classification, binary."""

from engine.nn.losses.binary import BCELoss, BCEWithLogitsLoss, SoftMarginLoss
from engine.nn.losses.classification import CrossEntropyLoss, KLDivLoss, NLLLoss
from engine.nn.losses.regression import (
    GaussianNLLLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    PoissonNLLLoss,
    SmoothL1Loss,
)

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
]
