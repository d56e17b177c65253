"""What proves an op: rows of samples and oracles, numeric gradients, and the checks every row passes."""

from engine.testing.gradcheck import numeric_direction
from engine.testing.row import ROWS, Row, Sample, row

__all__ = ["ROWS", "Row", "Sample", "numeric_direction", "row"]
