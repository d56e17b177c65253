"""Models that experiments are assembled from."""

from recipes.models.mlp import MLP

__all__ = ["MLP"]
