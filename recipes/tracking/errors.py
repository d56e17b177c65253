"""What goes wrong between a run and its records."""

from recipes.errors import GalleyError


class TrackingError(GalleyError):
    """A metrics file that cannot be read or written, or an MLflow that was not brought up to it."""
