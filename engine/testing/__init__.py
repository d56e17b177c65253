"""What proves results: assert_close as in torch.testing, rows of samples and oracles, numeric gradients, and checks."""

from engine.testing.closeness import assert_close
from engine.testing.gradcheck import numeric_direction
from engine.testing.row import ROWS, Row, Sample, row

__all__ = ["ROWS", "Row", "Sample", "assert_close", "numeric_direction", "row"]
