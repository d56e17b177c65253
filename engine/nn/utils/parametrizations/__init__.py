"""Parametrizations ready to use: weight, spectral and orthogonal (torch.nn.utils.parametrizations)."""

from engine.nn.utils.parametrizations.lengths import weight_norm
from engine.nn.utils.parametrizations.orthogonality import orthogonal
from engine.nn.utils.parametrizations.spectrum import spectral_norm

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]
